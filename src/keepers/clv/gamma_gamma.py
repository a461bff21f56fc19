"""Gamma-Gamma: what a customer spends on one occasion, once their few occasions are weighed against everybody's.

Each occasion's value of a customer is Gamma(p) with the customer's own rate ν, and ν varies between customers as
Gamma(q) with rate v. So the mean of n occasions, m, has with s = n·m the log-density

    −ln B(pn, q) − pn · ln(1 + v/s) − q · ln(1 + s/v) − ln m        (equation 1a of the note, rearranged)

which needs no difference of large numbers. The model assumes that how much a customer spends on one occasion says
nothing about how often they come; `frequency_dependence` tests that.

Source: Fader and Hardie (2013), "The Gamma-Gamma model of monetary value"; Fader, Hardie and Lee (2005), "RFM and CLV".
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numba import njit
from numpy.typing import ArrayLike
from scipy.special import betainc, gammaincinv

from keepers.clv.histories import Floats
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.numerics import lanes
from keepers.clv.numerics.chance import Stream
from keepers.clv.numerics.special import digamma_steps, log_betas, trigamma, trigammas
from keepers.clv.predicting import predictive_kernels
from keepers.clv.spend import InvalidSpendError, Spend
from keepers.clv.spending.dependence import FrequencyDependence, dependence_in_words, dependence_of
from keepers.core.told import Told

if TYPE_CHECKING:
    from keepers.clv.model import Future
    from keepers.clv.predicting.predictive_kernels import Draws

NAME = "gamma-gamma"
PARAMETER_NAMES = ("p", "q", "v")
_USUAL_SHAPE = 3.0  # p and q of retailers lie around this; the prior is centred here and is wide
_PRIOR_SPREAD = 1.5
_LANES = 64
LEAST_Q = 1.25  # the mean over customers is p·v/(q − 1): nearer to 1 a handful of customers decides it


@dataclass(frozen=True, slots=True)
class Parameters:
    """p: shape of order values [–]; q: shape of the rates between customers [–]; v: their scale [money]."""

    p: float
    q: float
    v: float

    def as_array(self) -> Floats:
        """(3,) p, q, v."""
        return np.array([self.p, self.q, self.v])

    @classmethod
    def from_array(cls, values: ArrayLike) -> Self:
        """From (3,) p, q, v."""
        p, q, v = np.asarray(values, dtype=np.float64)
        return cls(float(p), float(q), float(v))


def log_likelihood(parameters: Parameters, spend: Spend) -> float:
    """Natural log-likelihood of the usable rows, summed over customers (published form, with the −ln m term)."""
    return likelihood(spend.usable()).value(np.log(parameters.as_array()))


def fit(spend: Spend) -> Fit[Parameters]:
    """Maximum-likelihood parameters from the usable rows (at least one occasion, mean above zero).

    Warnings say how many customers were left out, whether spend goes with frequency, and whether the tail is so heavy
    that means are infinite (q ≤ 1).

    Raises:
        InvalidSpendError: fewer than 3 usable customers.
    """
    usable = spend.usable()
    if usable.customers < 3:
        raise InvalidSpendError(
            f"Only {usable.customers:.0f} customers have an order value above zero; the spend model needs at least 3. "
            "Check the amount column, or value orders without money.",
        )
    optimum = maximise(likelihood, usable, start=_start(usable), rough=usable)
    parameters = Parameters.from_array(np.exp(optimum.log_parameters))
    return fit_of(
        NAME,
        parameters,
        optimum,
        names=PARAMETER_NAMES,
        customers=usable.customers,
        time_unit_days=1.0,
        warnings=_warnings(parameters, spend, usable),
    )


def posterior(
    fit: Fit[Parameters], spend: Spend, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of (p, q, v) given the usable rows, under wide scale-free priors (v in units of the median mean value)."""
    usable = spend.usable()
    money = float(np.median(usable.mean_order_value))
    centre = np.log(np.array([_USUAL_SHAPE, _USUAL_SHAPE, money]))
    prior = Prior(
        centre=centre, spread=np.full(3, _PRIOR_SPREAD), about=(("what customers spend on an order", (0, 1, 2)),)
    )
    return sample_posterior(
        likelihood, usable, prior=prior, start=fit.log_parameters, draws=draws, generator=generator, method=method
    )


def expected_order_value(parameters: Parameters, spend: Spend) -> Floats:
    """Expected value of each customer's next occasion: p (v + n·m) / (pn + q − 1) (equation 5).

    A mean of the customer's own occasions and everybody's, weighed by how much each tells. A customer without
    occasions gets everybody's mean; a mean below zero (more returned than bought) counts as zero.

    Returns:
        (n,) [money]; nan where the mean is infinite under the model, that is where pn + q ≤ 1 (heavy tails).
    """
    p, q, v = parameters.as_array()
    total = _total(spend)
    denominator = p * spend.orders + q - 1.0
    finite = denominator > 0
    return np.where(finite, p * (v + total) / np.where(finite, denominator, 1.0), np.nan)


def with_finite_means(draws: Floats) -> Floats:
    """Draws of (p, q, v) whose mean order value exists: a tail heavier than `LEAST_Q` is made as light as that.

    The rates' median, and so what the usual customer spends, stays as it was drawn. Used for values, never for the fit.

    Args:
        draws: (draws, 3) p, q, v.
    """
    p, q, v = draws.T
    lighter = np.maximum(q, LEAST_Q)
    kept_median = np.exp(np.log(gammaincinv(lighter, 0.5)) - np.log(np.maximum(gammaincinv(q, 0.5), 1e-30)))
    return np.column_stack([p, lighter, np.where(q < LEAST_Q, v * kept_median, v)])


def draw_values(
    parameters: Parameters,
    spend: Spend,
    margin: Floats,
    future: "Future",
    *,
    horizon: float,
    discount_rate: float,
    stream: Stream,
    period_value: "Draws",
    residual_value: "Draws",
) -> None:
    """Fill (replicates, n) with the discounted margins of random futures, each customer at a rate drawn for them."""
    total = _total(spend)
    predictive_kernels.values(
        future.orders,
        future.later_orders,
        future.active,
        future.later_active,
        parameters.p,
        np.asarray(parameters.q + parameters.p * spend.orders, dtype=np.float64),
        parameters.v + total,
        margin,
        float(discount_rate),
        float(horizon),
        stream,
        period_value,
        residual_value,
    )


def log_density(parameters: Parameters, spend: Spend, later: Spend) -> Floats:
    """(n,) log-density of what each customer's later paid occasions were worth together, given their history.

    What a model of spend is chosen by: 0 where nothing was paid later. Given the history a customer's rate is Gamma
    with shape q + pn and rate v + n·m, and the sum of k later values Gamma with shape pk at that rate.

    Args:
        parameters: fitted before the later occasions.
        spend: (n,) the customers' history.
        later: (n,) their later occasions with a value above zero.
    """
    p, q, v = parameters.as_array()
    shape, rate = q + p * spend.orders, v + _total(spend)
    count = np.maximum(later.orders, 1).astype(np.float64)
    total = np.where(later.orders > 0, count * later.mean_order_value, rate)
    level = -log_betas(p * count, shape) - np.log(total)
    density = level - shape * np.log1p(total / rate) - p * count * np.log1p(rate / total)
    return np.asarray(np.where(later.orders > 0, density, 0.0))


def simulate(parameters: Parameters, orders: ArrayLike, generator: np.random.Generator) -> Spend:
    """Draw customers with the given numbers of occasions: their mean order values under the model."""
    count = np.atleast_1d(np.asarray(orders)).astype(np.int64)
    rate = generator.gamma(parameters.q, 1.0 / parameters.v, len(count))
    total = generator.gamma(parameters.p * np.maximum(count, 1), 1.0 / rate)
    return Spend.of(np.where(count > 0, total / np.maximum(count, 1), np.nan), count)


def frequency_dependence(parameters: Parameters, spend: Spend) -> FrequencyDependence:
    """Test that spend on an occasion does not go with the number of occasions (on at most 20,000 rows)."""

    def place(rows: Spend) -> Floats:
        count = rows.orders.astype(np.float64)
        total = count * rows.mean_order_value
        chance = betainc(parameters.p * count, parameters.q, total / (total + parameters.v))
        return np.asarray(chance, dtype=np.float64)

    return dependence_of(spend.usable(), place)


def likelihood(spend: Spend) -> Likelihood:
    """The log-likelihood of usable rows in (ln p, ln q, ln v), with exact gradient and Hessian.

    Only v meets single rows; p and q meet the few distinct numbers of occasions. So one pass over the rows with one
    logarithm each gives everything.
    """
    many = np.bincount(spend.orders, weights=spend.weight)
    distinct = np.flatnonzero(many).astype(np.float64)
    mass, count = many[many > 0], spend.orders.astype(np.float64)
    total = count * spend.mean_order_value
    log_total = np.log(total)
    log_money = float((spend.weight * log_total).sum() - (mass * np.log(distinct)).sum())

    def together(at: Floats) -> tuple[float, Floats, Floats]:
        p, q, v = np.exp(at)
        up, orders_logs, share, orders_share, bend, orders_bend = _sums(total, log_total, count, spend.weight, v)
        shape, tail = p * distinct, np.full_like(distinct, q)
        level = float((mass * log_betas(shape, tail)).sum())
        slope_p = p * (float((mass * distinct * digamma_steps(shape, tail)).sum()) - orders_logs)
        slope_q = q * (float((mass * digamma_steps(tail, shape)).sum()) - up)
        slope = np.array([slope_p, slope_q, q * share - p * orders_share])
        both = trigammas(shape + q)
        curved = np.zeros((3, 3))
        curved[0, 0] = slope_p + p * p * float((mass * distinct**2 * (both - trigammas(shape))).sum())
        curved[1, 1] = slope_q + q * q * float((mass * (both - trigamma(q))).sum())
        curved[2, 2] = -(p * orders_bend + q * bend)
        curved[0, 1] = curved[1, 0] = p * q * float((mass * distinct * both).sum())
        curved[0, 2] = curved[2, 0] = -p * orders_share
        curved[1, 2] = curved[2, 1] = q * share
        return -level - p * orders_logs - q * up - log_money, slope, curved

    return Likelihood(lambda at: together(at)[0], lambda at: together(at)[:2], lambda at: together(at)[2], together)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _sums(total: Floats, log_total: Floats, count: Floats, weight: Floats, v: float) -> Floats:
    """Weighted sums of ln(1 + s/v), n·ln(1 + v/s), s/(s + v), n·v/(s + v), s·v/(s + v)² and n times that.

    Of the two logarithms the smaller is ln(1 + r) with r ≤ 1, and the larger that plus |ln(s/v)|: nothing cancels. 64
    rows side by side, each with sums of its own, so that the processor works several in one instruction.
    """
    sums, log_v = np.zeros(6 * _LANES), np.log(v)
    for first in range(0, len(total), _LANES):
        for i in range(min(_LANES, len(total) - first)):
            s, n, w = total[first + i], count[first + i], weight[first + i]
            per, apart = 1.0 / (s + v), log_total[first + i] - log_v
            smaller = lanes.log1p(min(s, v) / max(s, v))
            rest, mine = v * per, w * s * per
            sums[i] += w * (smaller + max(apart, 0.0))
            sums[_LANES + i] += w * n * (smaller + max(-apart, 0.0))
            sums[2 * _LANES + i] += mine
            sums[3 * _LANES + i] += w * n * rest
            sums[4 * _LANES + i] += mine * rest
            sums[5 * _LANES + i] += n * mine * rest
    found: Floats = sums.reshape(6, _LANES).sum(axis=1)
    return found


def _total(spend: Spend) -> Floats:
    """(n,) what each customer has spent, never below zero [money]."""
    return np.asarray(np.where(spend.orders > 0, spend.orders * np.maximum(spend.mean_order_value, 0.0), 0.0))


def _start(usable: Spend) -> Floats:
    money = float(np.exp(np.average(np.log(usable.mean_order_value), weights=usable.weight)))
    start: Floats = np.log(np.array([_USUAL_SHAPE, _USUAL_SHAPE, money]))
    return start


def _warnings(parameters: Parameters, spend: Spend, usable: Spend) -> list[str]:
    told = []
    left_out = spend.customers - usable.customers
    if left_out > 0:
        words = (
            "%(left_out)s of %(customers)s customers have no occasion or no order value above zero; the spend model "
            "learns from the others."
        )
        told.append(Told.of(words, left_out=f"{left_out:.0f}", customers=f"{spend.customers:.0f}"))
    if parameters.q <= 1:
        words = (
            "A few customers spend so much that the mean order value has no finite expectation (q = %(q)s, not above "
            "1). Values of customers with few orders are not to be relied on; look for wholesale customers or wrong "
            "amounts, and value those apart."
        )
        told.append(Told.of(words, q=f"{parameters.q:.2f}"))
    return [*told, *dependence_in_words(frequency_dependence(parameters, usable))]
