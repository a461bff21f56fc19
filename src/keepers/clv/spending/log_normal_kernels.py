"""Compiled loop of the log-normal spend model: what random futures are worth."""

import math

from numba import njit

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import chance
from keepers.clv.numerics.chance import Stream
from keepers.clv.predicting.predictive_kernels import Draws

_ONE_BY_ONE = 25  # more occasions than this are drawn as one sum


@njit(cache=True, nogil=True)
def values(
    orders: Integers,
    later_orders: Integers,
    active: Floats,
    later_active: Floats,
    centre: Floats,
    spread: Floats,
    own_spread: float,
    zeros: Floats,
    rest: Floats,
    margin: Floats,
    discount_rate: float,
    horizon: float,
    stream: Stream,
    period_value: Draws,
    residual_value: Draws,
) -> None:
    """Fill (replicates, n) discounted margins, within the horizon and up to the value cap.

    A customer's mean logarithm is N(centre, spread²) and their chance of an occasion worth nothing Beta(zeros, rest).
    An order comes at any moment of the active time with equal chance: it is discounted by the mean factor of that time.
    """
    beyond = math.exp(-discount_rate * horizon)
    for replicate in range(orders.shape[0]):
        for i in range(orders.shape[1]):
            count, later = orders[replicate, i], later_orders[replicate, i]
            period_value[replicate, i] = 0.0
            residual_value[replicate, i] = 0.0
            if count + later == 0:
                continue
            mean = centre[i] + spread[i] * chance.normal(stream)
            nothing = chance.beta(zeros[i], rest[i], stream) if zeros[i] > 0.0 else 0.0
            value = 0.0
            if count > 0:
                total = _sum(count, mean, own_spread, nothing, stream)
                value = margin[i] * total * _discount(discount_rate * active[replicate, i])
                period_value[replicate, i] = value
            if later > 0:
                factor = beyond * _discount(discount_rate * later_active[replicate, i])
                value += margin[i] * _sum(later, mean, own_spread, nothing, stream) * factor
            residual_value[replicate, i] = value


@njit(cache=True, nogil=True)
def _sum(count: int, mean: float, own_spread: float, nothing: float, stream: Stream) -> float:
    """What `count` occasions are worth together: one by one, or of many by the sum's own mean and variance (Fenton)."""
    total = 0.0
    if count <= _ONE_BY_ONE:
        for _ in range(count):
            if nothing <= 0.0 or chance.uniform(stream) >= nothing:
                total += math.exp(mean + own_spread * chance.normal(stream))
        return total
    paid = count * (1.0 - nothing)
    paid += math.sqrt(count * nothing * (1.0 - nothing)) * chance.normal(stream)
    if paid <= 0.0:
        return 0.0
    square = own_spread * own_spread
    variance = math.log1p(math.expm1(square) / paid)
    scatter = math.sqrt(variance) * chance.normal(stream) - 0.5 * variance
    return paid * math.exp(mean + 0.5 * square + scatter)


@njit(cache=True, nogil=True)
def _discount(length: float) -> float:
    """Mean of e^-z for z from 0 to `length`."""
    return 1.0 if length < 1e-12 else -math.expm1(-length) / length
