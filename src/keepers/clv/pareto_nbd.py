"""Pareto/NBD: customers buy at random at their own rate until, unseen, they leave for good.

While a customer, purchases are Poisson with rate λ ~ Gamma(r, α); the time as a customer is exponential with dropout
rate μ ~ Gamma(s, β); λ and μ are independent. r and s have no unit, α and β are in the histories' time unit. The firm
sees only how often, how lately and for how long: `(repeat_orders, age_at_last_order, age)`.

Papers: Schmittlein, Morrison and Colombo (1987), "Counting your customers", Management Science 33; Fader and Hardie
(2005), "A note on deriving the Pareto/NBD model", equations 13 (likelihood), 37 (P(alive)), 41 (conditional
expectation); Fader, Hardie and Lee (2005), "RFM and CLV", for the discounted expectation.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from keepers.clv.histories import Floats, Histories, Integers, of_each
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.inference.prior_words import ORDERS_AND_STAY
from keepers.clv.model import Future
from keepers.clv.numerics.chance import stream_of
from keepers.clv.numerics.quadrature import NODES, ORDERS, WEIGHTS
from keepers.clv.numerics.special import rising
from keepers.clv.pareto import future_kernels as ahead
from keepers.clv.pareto import kernels
from keepers.clv.predicting.questions import must_be_chance

NAME = "pareto-nbd"
PARAMETER_NAMES = ("r", "alpha", "s", "beta")
_PRIOR_SPREAD = np.array([1.0, 1.5, 1.0, 1.5])
_DISCOUNTED_TO_NOTHING = 40.0
_LOWER = np.tril_indices(4)


@dataclass(frozen=True, slots=True)
class Parameters:
    """r, alpha [time unit]: Gamma of purchase rates; s, beta [time unit]: Gamma of dropout rates."""

    r: float
    alpha: float
    s: float
    beta: float

    def as_array(self) -> Floats:
        """(4,) r, alpha, s, beta."""
        return np.array([self.r, self.alpha, self.s, self.beta])

    @classmethod
    def from_array(cls, values: Floats) -> Self:
        """The parameters from (4,) r, alpha, s, beta."""
        r, alpha, s, beta = (float(value) for value in values)
        return cls(r, alpha, s, beta)


def log_likelihood(parameters: Parameters, histories: Histories) -> Floats:
    """(n,) natural logarithm of each history's likelihood (Fader and Hardie 2005, equation 13, without 2F1)."""
    return _by_row(parameters, histories)[0]


def fit(histories: Histories) -> Fit[Parameters]:
    """Maximum-likelihood parameters; no prior bends them."""
    distinct, _ = histories.distinct()
    optimum = maximise(likelihood, distinct, start=_typical(distinct), rough=distinct.condensed())
    return fit_of(
        NAME,
        Parameters.from_array(np.exp(optimum.log_parameters)),
        optimum,
        names=PARAMETER_NAMES,
        customers=histories.customers,
        time_unit_days=histories.time_unit_days,
    )


def posterior(
    fit: Fit[Parameters], histories: Histories, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of (r, alpha, s, beta) given the histories, under the weak `prior` on the data's own time scale."""
    distinct, _ = histories.distinct()
    return sample_posterior(
        likelihood,
        distinct,
        prior=prior(distinct),
        start=fit.log_parameters,
        draws=draws,
        generator=generator,
        method=method,
    )


def prior(histories: Histories) -> Prior:
    """The weak prior of `posterior`: shapes around 1 (a factor of 3 either way), rates around the mean age (4.5)."""
    scale = _time_scale(histories)
    return Prior(np.log([1.0, scale, 1.0, scale]), _PRIOR_SPREAD, ORDERS_AND_STAY)


def probability_alive(parameters: Parameters, histories: Histories, *, after: float = 0.0) -> Floats:
    """(n,) P(still a customer `after` [time unit] from now | history) (equation 37, and its survival from there)."""
    _, alive = _by_row(parameters, histories)
    return np.asarray(alive * _stays(parameters, histories, after))


def expected_orders(
    parameters: Parameters,
    histories: Histories,
    *,
    horizon: float,
    start: float = 0.0,
    intensity: float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """(n,) expected orders from `start` to `start + horizon` [time unit] from now (equation 41); 0 if horizon is 0.

    Stable also at s = 1, where the textbook form divides by zero. A mean over those who left and those who stayed:
    for most customers neither. `alive` (n,) is P(alive) now, where it is known already.
    """
    rate_now = _rate_now(parameters, histories, start, alive) * intensity
    beta = parameters.beta + histories.age + start
    stretch = np.log1p(horizon / beta)
    return np.asarray(rate_now * beta * stretch * _mean_exponential((1.0 - parameters.s) * stretch))


def discounted_expected_orders(
    parameters: Parameters,
    histories: Histories,
    *,
    horizon: float,
    discount_rate: float,
    start: float = 0.0,
    intensity: float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """(n,) the same with each order discounted to now by e^(-discount_rate · time), rate per time unit.

    With a long horizon this is the DERT of Fader, Hardie and Lee (2005).
    """
    ages, place = np.unique(histories.age, return_inverse=True)
    lasting = _discounted_stay(parameters.beta + ages + start, parameters.s, horizon, discount_rate)
    now = _rate_now(parameters, histories, start, alive) * intensity * np.exp(-discount_rate * start)
    return np.asarray(now * lasting[place])


def order_count_pmf(
    parameters: Parameters,
    histories: Histories,
    *,
    horizon: float,
    up_to: int,
    intensity: Floats | float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """(n, up_to + 1) P(k orders within the horizon [time unit] | history), k = 0 … up_to."""
    first, place = histories.by_orders_and_age()
    shape, alpha, beta = _given_alive(parameters, histories.at(first))
    given_alive = np.empty((len(first), up_to + 1))
    ahead.count_pmf(shape, alpha / of_each(intensity, first), parameters.s, beta, float(horizon), given_alive)
    alive = probability_alive(parameters, histories) if alive is None else alive
    pmf = given_alive[place] * alive[:, None]
    pmf[:, 0] += 1.0 - alive
    return np.asarray(pmf)


def next_order_time(
    parameters: Parameters, histories: Histories, *, probability: float = 0.5, horizon: float
) -> Floats:
    """(n,) time by which the next order has come with the given probability, *if still a customer now* [time unit].

    The order competes with leaving; nan where it does not reach that probability within the horizon.
    """
    must_be_chance(probability)
    kinds, place = _kinds(histories)
    shape, alpha, beta = _given_alive(parameters, kinds)
    times = np.empty(len(kinds))
    ahead.next_order(shape, alpha, parameters.s, beta, float(probability), float(horizon), times)
    return np.asarray(times[place])


def remaining_lifetime(
    parameters: Parameters,
    histories: Histories,
    *,
    probability: float = 0.5,
    horizon: float = math.inf,
    alive: Floats | None = None,
) -> Floats:
    """(n,) time until which the customer stays with the given probability [time unit]: the median by default.

    0 where that probability is not reached even now; inf where it is
    longer than the horizon.
    """
    must_be_chance(probability)
    alive = probability_alive(parameters, histories) if alive is None else alive
    with np.errstate(over="ignore", divide="ignore"):
        longer = np.expm1(np.maximum(np.log(alive / probability), 0.0) / parameters.s)
    life = (parameters.beta + histories.age) * longer
    return np.asarray(np.where(life > horizon, np.inf, life))


def sample_future(
    parameters: Parameters,
    histories: Histories,
    probability_alive: Floats,
    *,
    horizon: float,
    value_cap: float,
    intensity: Floats | float,
    replicates: int,
    generator: np.random.Generator,
) -> Future:
    """Random futures of each history: who is alive, then rates given alive, then leaving and orders."""
    shape, alpha, beta = _given_alive(parameters, histories)
    size = (replicates, len(histories))
    future = Future(np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64), np.zeros(size), np.zeros(size))
    ahead.futures(
        shape,
        alpha / intensity,
        parameters.s,
        beta,
        probability_alive,
        float(horizon),
        float(value_cap),
        stream_of(generator),
        future.orders,
        future.later_orders,
        future.active,
        future.later_active,
    )
    return future


def simulate(parameters: Parameters, *, age: Floats, generator: np.random.Generator) -> Histories:
    """Random histories of customers whose first order lies `age` (n,) [time unit] back."""
    ages = np.asarray(age, dtype=np.float64)
    rate = generator.gamma(parameters.r, 1 / parameters.alpha, len(ages))
    dropout = np.maximum(generator.gamma(parameters.s, 1 / parameters.beta, len(ages)), 1e-290)
    active = np.minimum(generator.exponential(1.0, len(ages)) / dropout, ages)
    orders = generator.poisson(rate * active)
    latest = generator.random(len(ages)) ** (1 / np.maximum(orders, 1))
    return Histories.of(orders, np.where(orders > 0, active * latest, 0.0), ages)


def likelihood(histories: Histories) -> Likelihood:
    """The summed log-likelihood of the logarithms of (r, alpha, s, beta), with exact gradient and Hessian."""
    x, t_x, age, weight = histories.repeat_orders, histories.age_at_last_order, histories.age, histories.weight
    most = int(x.max(initial=0))

    def value(at: Floats) -> float:
        return float((weight * log_likelihood(Parameters.from_array(np.exp(at)), histories)).sum())

    def gradient(at: Floats) -> tuple[float, Floats]:
        found = kernels.sums(np.exp(at), rising(np.exp(at[0]), most), x, t_x, age, weight, kernels.SLOPES)
        return float(found[0]), found[1:]

    def together(at: Floats) -> tuple[float, Floats, Floats]:
        found = kernels.sums(np.exp(at), rising(np.exp(at[0]), most), x, t_x, age, weight, kernels.BENDS)
        bend = np.empty((4, 4))
        bend[_LOWER] = found[5:]
        bend.T[_LOWER] = found[5:]
        return float(found[0]), found[1:5], bend

    return Likelihood(value, gradient, lambda at: together(at)[2], together)


def _by_row(parameters: Parameters, histories: Histories) -> tuple[Floats, Floats]:
    logs = rising(parameters.r, int(histories.repeat_orders.max(initial=0)))[0]
    found = np.empty((2, len(histories)))
    kernels.rows(
        parameters.as_array(),
        logs,
        histories.repeat_orders,
        histories.age_at_last_order,
        histories.age,
        found[0],
        found[1],
    )
    return found[0], found[1]


def _typical(histories: Histories) -> Floats:
    """Log parameters to start from, on the data's own scale: mean rate as seen, half gone after a mean age."""
    scale = _time_scale(histories)
    mean_orders = float(np.average(histories.repeat_orders, weights=histories.weight))
    return np.log([1.0, scale / (mean_orders + 0.1), 1.0, scale])


def _time_scale(histories: Histories) -> float:
    """The mean age, or a day where nobody has one."""
    mean_age = float(np.average(histories.age, weights=histories.weight))
    return mean_age if mean_age > 0 else 1.0 / histories.time_unit_days


def _stays(parameters: Parameters, histories: Histories, time: float) -> Floats:
    return np.asarray(np.exp(-parameters.s * np.log1p(time / (parameters.beta + histories.age))))


def _rate_now(parameters: Parameters, histories: Histories, start: float, alive: Floats | None) -> Floats:
    """Expected orders per time unit at `start` from now."""
    if alive is None:
        alive = probability_alive(parameters, histories)
    purchase_rate = (parameters.r + histories.repeat_orders) / (parameters.alpha + histories.age)
    return np.asarray(alive * _stays(parameters, histories, start) * purchase_rate)


def _given_alive(parameters: Parameters, histories: Histories) -> tuple[Floats, Floats, Floats]:
    """Three columns: r + x, α + T and β + T."""
    return (
        np.asarray(parameters.r + histories.repeat_orders, dtype=np.float64),
        parameters.alpha + histories.age,
        parameters.beta + histories.age,
    )


def _kinds(histories: Histories) -> tuple[Histories, Integers]:
    """The histories that differ in what counts for those still customers: repeat orders and age, not the last order."""
    same = Histories(
        histories.repeat_orders, np.zeros(len(histories)), histories.age, histories.weight, histories.time_unit_days
    )
    return same.distinct()


def _mean_exponential(end: Floats) -> Floats:
    """Mean of e^z for z from 0 to `end`: expm1(end)/end, 1 at 0."""
    safe = np.where(end == 0.0, 1.0, end)
    return np.asarray(np.where(end == 0.0, 1.0, np.expm1(safe) / safe))


def _discounted_stay(beta: Floats, s: float, horizon: float, discount_rate: float) -> Floats:
    """∫ e^(-δt) (β/(β+t))^s dt from 0 to the horizon, by row of β, over log(β + t)."""
    end = min(horizon, _DISCOUNTED_TO_NOTHING / discount_rate) if discount_rate > 0 else horizon
    stretch = np.log1p(end / beta)
    panels = int(np.ceil(max(float(stretch.max(initial=0.0)), 1e-9) / 1.5)) + 1
    rule = len(ORDERS) - 1
    total = np.zeros_like(beta)
    for panel in range(panels):
        u = stretch[:, None] * ((panel + NODES[rule]) / panels)
        time = beta[:, None] * np.expm1(u)
        total += (np.exp((1.0 - s) * u - discount_rate * time) * WEIGHTS[rule]).sum(axis=1)
    return np.asarray(total * stretch * beta / panels)
