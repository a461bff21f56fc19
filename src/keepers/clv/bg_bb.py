"""BG/BB: customers who may order once at each of fixed occasions: a yearly appeal, a weekly box, a monthly event.

While a customer, somebody orders at each opportunity with their own chance p, which varies as Beta(α, β); before each
opportunity they leave for good with their own chance θ, which varies as Beta(γ, δ). After x orders in n opportunities,
the last at opportunity t_x, a history has the likelihood

    B(α+x, β+n−x)/B(α, β) · B(γ, δ+n)/B(γ, δ)  +  Σ_m B(α+x, β+m−x)/B(α, β) · B(γ+1, δ+m)/B(γ, δ),   t_x ≤ m < n

"still there", and "gone after m opportunities". All terms are positive and added in logarithms, so nothing cancels.

Time is counted in opportunities: `occasions.Occasions` makes the histories. A time between two opportunities is as at
the earlier one: a horizon of 2.5 holds two.

Paper: Fader, Hardie and Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting", Marketing
Science 29, equations 5–14.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, roots_jacobi

from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.inference.prior_words import ORDERS_AND_STAY
from keepers.clv.model import Future
from keepers.clv.numerics.special import digamma_steps, log_betas
from keepers.clv.occasions import Occasions
from keepers.clv.predicting.questions import must_be_chance

NAME = "bg-bb"
PARAMETER_NAMES = ("alpha", "beta", "gamma", "delta")
_PRIOR_SPREAD = 2.0
_NODES = 48
_FAR = 1_000  # opportunities looked at where the horizon is infinite


@dataclass(frozen=True, slots=True)
class Parameters:
    """The chance to order varies as Beta(alpha, beta) between customers, the chance to leave as Beta(gamma, delta).

    alpha: first shape of the chance to order at an opportunity [–]
    beta: second shape of it [–]; alpha / (alpha + beta) is its mean
    gamma: first shape of the chance to leave before an opportunity [–]
    delta: second shape of it [–]; gamma / (gamma + delta) is its mean
    """

    alpha: float
    beta: float
    gamma: float
    delta: float

    def as_array(self) -> Floats:
        """(4,) alpha, beta, gamma, delta."""
        return np.array([self.alpha, self.beta, self.gamma, self.delta])

    @classmethod
    def from_array(cls, values: ArrayLike) -> Self:
        """From (4,) alpha, beta, gamma, delta."""
        alpha, beta, gamma, delta = (float(value) for value in np.asarray(values, dtype=np.float64))
        return cls(alpha, beta, gamma, delta)


def log_likelihood(parameters: Parameters, histories: Histories) -> Floats:
    """Natural log-likelihood of each history (n,)."""
    terms = _Terms.of(histories)
    return terms.added(terms.logs(parameters.as_array()))


def fit(histories: Histories) -> Fit[Parameters]:
    """Maximum-likelihood parameters, with the exact gradient; equal histories count once with their weights."""
    distinct, _ = histories.distinct()
    optimum = maximise(likelihood, distinct, start=prior(histories).centre)
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
    """Draws of (alpha, beta, gamma, delta) given the histories."""
    distinct, _ = histories.distinct()
    return sample_posterior(
        likelihood,
        distinct,
        prior=prior(histories),
        start=fit.log_parameters,
        draws=draws,
        generator=generator,
        method=method,
    )


def prior(histories: Histories) -> Prior:
    """Wide priors on the log parameters, centred on shapes of 1; δ twice that, so that few leave at once."""
    Occasions.check(histories)
    return Prior(centre=np.log([1.0, 1.0, 1.0, 2.0]), spread=np.full(4, _PRIOR_SPREAD), about=ORDERS_AND_STAY)


def likelihood(histories: Histories) -> Likelihood:
    """The log-likelihood in (ln α, ln β, ln γ, ln δ), with its exact gradient."""
    Occasions.check(histories)
    terms = _Terms.of(histories)

    def value(at: Floats) -> float:
        return float(histories.weight @ terms.added(terms.logs(np.exp(at))))

    def gradient(at: Floats) -> tuple[float, Floats]:
        parameters = np.exp(at)
        logs = terms.logs(parameters)
        rows = terms.added(logs)
        share = np.exp(logs - rows[terms.row]) * histories.weight[terms.row]
        return float(histories.weight @ rows), parameters * (terms.slopes(parameters) @ share)

    return Likelihood(value, gradient)


def probability_alive(parameters: Parameters, histories: Histories, *, after: float = 0.0) -> Floats:
    """P(still a customer at the `after`-th opportunity from now), (n,) [0–1].

    Now (`after` 0) it is the chance to have been one at the last opportunity, 1 for whoever ordered then; BTYD's
    P(alive at n + 1) is `after=1`.
    """
    kinds, place = histories.distinct()
    further = math.floor(after)
    return np.asarray((_alive_now(parameters, kinds) * _kept(parameters, kinds, further)[:, further])[place])


def expected_orders(
    parameters: Parameters,
    histories: Histories,
    *,
    horizon: float,
    start: float = 0.0,
    intensity: float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """Expected orders at the opportunities after `start`, up to `start + horizon` from now, (n,) [occasions].

    `intensity` i turns the chance p of each opportunity into 1 − (1 − p)^i, which stays a chance.
    """
    return discounted_expected_orders(
        parameters, histories, horizon=horizon, discount_rate=0.0, start=start, intensity=intensity, alive=alive
    )


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
    """The same, each order discounted to now at the continuous rate per opportunity (the paper's DERT)."""
    kinds, place = histories.distinct()
    first, last = math.floor(start), math.floor(start + horizon + 1e-9)
    ahead = np.arange(first + 1, last + 1)
    kept = _kept(parameters, kinds, last)[:, first + 1 :] @ np.exp(-discount_rate * ahead)
    found = kept * _order_chance(parameters, kinds, intensity)
    now = _alive_now(parameters, kinds)[place] if alive is None else alive
    return np.asarray(found[place] * now)


def order_count_pmf(
    parameters: Parameters, histories: Histories, *, horizon: float, up_to: int, intensity: Floats | float = 1.0
) -> Floats:
    """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon."""
    kinds, place = histories.distinct()
    further = math.floor(horizon + 1e-9)
    kept = _kept(parameters, kinds, further)
    leaves = np.append(kept[:, :-1] - kept[:, 1:], kept[:, -1:], axis=1)  # exactly 0, 1 … opportunities as a customer
    alive = _alive_now(parameters, kinds)
    pmf = np.zeros((len(kinds), up_to + 1))
    for opportunities in range(further + 1):
        pmf += leaves[:, [opportunities]] * _orders_of(parameters, kinds, opportunities, up_to, intensity)
    pmf *= alive[:, None]
    pmf[:, 0] += 1 - alive
    return np.asarray(pmf[place])


def next_order_time(
    parameters: Parameters, histories: Histories, *, probability: float = 0.5, horizon: float
) -> Floats:
    """Opportunity by which the next order has come with the given probability, if still a customer; nan beyond horizon.

    (n,), a whole number of opportunities from now; the order competes with leaving.
    """
    must_be_chance(probability)
    kinds, place = histories.distinct()
    most = min(math.floor(horizon + 1e-9), _FAR)
    a, b = _order_shapes(parameters, kinds)
    kept = _kept(parameters, kinds, most)
    waited = np.cumprod(
        np.append(
            np.ones((len(kinds), 1)), (b[:, None] + np.arange(most)) / ((a + b)[:, None] + np.arange(most)), axis=1
        ),
        axis=1,
    )
    first = kept[:, 1:] * (waited[:, :-1] - waited[:, 1:])
    reached = np.cumsum(first, axis=1) >= probability
    time = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan) if most else np.full(len(kinds), np.nan)
    return np.asarray(time[place])


def remaining_lifetime(
    parameters: Parameters, histories: Histories, *, probability: float = 0.5, horizon: float = math.inf
) -> Floats:
    """Last opportunity at which the customer is still one with the given probability, (n,); inf beyond the horizon."""
    must_be_chance(probability)
    kinds, place = histories.distinct()
    most = int(min(horizon, _FAR))
    chance = _alive_now(parameters, kinds)[:, None] * _kept(parameters, kinds, most)
    count = (chance >= probability).sum(axis=1)
    return np.where(count > most, np.inf, np.maximum(count - 1.0, 0.0))[place]


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
    """Random futures: alive with `probability_alive` (n,), then both chances given alive, then orders.

    `intensity`: for all, or (n,) one multiplier a customer.
    """
    size = (replicates, len(histories))
    near, far = math.floor(horizon + 1e-9), math.floor(value_cap + 1e-9)
    a, b = _order_shapes(parameters, histories)
    chance = generator.beta(np.broadcast_to(a, size), np.broadcast_to(b, size))
    chance = -np.expm1(intensity * np.log1p(-np.minimum(chance, 1 - 1e-16)))
    there = generator.random(size) < probability_alive
    lasted = np.where(there, _opportunities(parameters, histories, size, far, generator), 0)
    active = np.minimum(lasted, near)
    later = lasted - active
    return Future(
        orders=generator.binomial(active, chance),
        later_orders=generator.binomial(later, chance),
        active=active.astype(np.float64),
        later_active=later.astype(np.float64),
    )


def simulate(parameters: Parameters, *, age: Floats, generator: np.random.Generator) -> Histories:
    """Random histories of new customers after ⌊age⌋ opportunities, (n,)."""
    n = np.floor(np.asarray(age)).astype(np.int64)
    chance = generator.beta(parameters.alpha, parameters.beta, len(n))
    leaving = np.clip(generator.beta(parameters.gamma, parameters.delta, len(n)), 1e-300, 1.0)
    lasted = np.minimum(generator.geometric(leaving) - 1, n)
    ordered = generator.random((len(n), int(n.max(initial=0)))) < chance[:, None]
    ordered &= np.arange(1, ordered.shape[1] + 1) <= lasted[:, None]
    last = np.where(ordered, np.arange(1, ordered.shape[1] + 1), 0).max(axis=1, initial=0)
    return Occasions.of(ordered.sum(axis=1), last, n)


class _Terms(NamedTuple):
    """The summands of all likelihoods one after the other: "gone after m opportunities", and last "still there".

    row: which history a summand belongs to, in order; start: the first summand of each history
    gone: 1 where the customer has left after m opportunities, 0 for the summand of those still there
    """

    row: Integers
    start: Integers
    orders: Floats
    length: Floats
    gone: Floats

    @classmethod
    def of(cls, histories: Histories) -> Self:
        n, t_x = histories.age.astype(np.int64), histories.age_at_last_order.astype(np.int64)
        count = n - t_x + 1
        row = np.repeat(np.arange(len(n)), count)
        start = np.cumsum(count) - count
        length = t_x[row] + np.arange(len(row)) - start[row]
        gone = (length < n[row]).astype(np.float64)
        return cls(row, start, histories.repeat_orders[row].astype(np.float64), length.astype(np.float64), gone)

    def logs(self, parameters: Floats) -> Floats:
        """Logarithm of each summand."""
        alpha, beta, gamma, delta = parameters
        ordering = log_betas(alpha + self.orders, beta + self.length - self.orders) - _log_beta(alpha, beta)
        return np.asarray(ordering + log_betas(gamma + self.gone, delta + self.length) - _log_beta(gamma, delta))

    def slopes(self, parameters: Floats) -> Floats:
        """(4, m) derivative of each logarithm in α, β, γ, δ."""
        alpha, beta, gamma, delta = parameters
        both = digamma_steps(np.full(len(self.row), alpha + beta), self.length)
        staying = digamma_steps(np.full(len(self.row), gamma + delta), self.length + self.gone)
        return np.array(
            [
                digamma_steps(np.full(len(self.row), alpha), self.orders) - both,
                digamma_steps(np.full(len(self.row), beta), self.length - self.orders) - both,
                self.gone / gamma - staying,
                digamma_steps(np.full(len(self.row), delta), self.length) - staying,
            ]
        )

    def added(self, logs: Floats) -> Floats:
        """Logarithm of the sum of each history's summands."""
        top = np.maximum.reduceat(logs, self.start)
        return np.asarray(top + np.log(np.add.reduceat(np.exp(logs - top[self.row]), self.start)))


def _log_beta(one: float, other: float) -> float:
    return float(log_betas(np.array([one]), np.array([other]))[0])


def _alive_now(parameters: Parameters, histories: Histories) -> Floats:
    """P(was still a customer at the last opportunity)."""
    terms = _Terms.of(histories)
    logs = terms.logs(parameters.as_array())
    last = np.append(terms.start[1:], len(terms.row)) - 1
    return np.asarray(np.exp(logs[last] - terms.added(logs)))


def _kept(parameters: Parameters, histories: Histories, further: int) -> Floats:
    """(n, further + 1) chance of being a customer at 0, 1 … more opportunities, given at the last one."""
    ahead = parameters.delta + histories.age[:, None] + np.arange(further)
    return np.cumprod(np.append(np.ones((len(histories), 1)), ahead / (parameters.gamma + ahead), axis=1), axis=1)


def _order_shapes(parameters: Parameters, histories: Histories) -> tuple[Floats, Floats]:
    """Shapes of the chance to order, given still a customer."""
    orders = histories.repeat_orders.astype(np.float64)
    return parameters.alpha + orders, parameters.beta + histories.age - orders


def _order_chance(parameters: Parameters, histories: Histories, intensity: float) -> Floats:
    """Mean of 1 − (1 − p)^intensity."""
    a, b = _order_shapes(parameters, histories)
    if intensity == 1:
        return np.asarray(a / (a + b))
    return np.asarray(-np.expm1(gammaln(b + intensity) - gammaln(b) - gammaln(a + b + intensity) + gammaln(a + b)))


def _orders_of(
    parameters: Parameters, histories: Histories, opportunities: int, up_to: int, intensity: Floats | float
) -> Floats:
    """(n, up_to + 1) chance of 0, 1 … orders in so many opportunities as a customer."""
    a, b = (shape[:, None] for shape in _order_shapes(parameters, histories))
    count = np.arange(min(up_to, opportunities) + 1)
    ways = gammaln(opportunities + 1) - gammaln(count + 1) - gammaln(opportunities - count + 1)
    pmf = np.zeros((len(histories), up_to + 1))
    if np.all(intensity == 1):
        rest = opportunities - count
        logs = gammaln(a + count) + gammaln(b + rest) - gammaln(a + b + opportunities)
        pmf[:, : len(count)] = np.exp(ways + logs - (gammaln(a) + gammaln(b) - gammaln(a + b)))
        return pmf
    factors = np.broadcast_to(intensity, len(histories))
    for row, (one, other, factor) in enumerate(zip(a[:, 0], b[:, 0], factors, strict=True)):
        node, weight = roots_jacobi(_NODES, other - 1, one - 1)
        stays = (0.5 * (1 - node)) ** factor  # chance of no order at an opportunity
        logs = ways[:, None] + count[:, None] * np.log1p(-stays) + (opportunities - count)[:, None] * np.log(stays)
        pmf[row, : len(count)] = np.exp(logs) @ (weight / weight.sum())
    return pmf


def _opportunities(
    parameters: Parameters, histories: Histories, size: tuple[int, int], most: int, generator: np.random.Generator
) -> Integers:
    """Further opportunities as a customer, at most `most`, given still one at the last."""
    delta = np.broadcast_to(parameters.delta + histories.age, size)
    leaving = np.clip(generator.beta(parameters.gamma, delta), 1e-300, 1.0)
    with np.errstate(divide="ignore"):
        lasted = np.floor(generator.exponential(size=size) / -np.log1p(-leaving))
    return np.asarray(np.minimum(lasted, most), dtype=np.int64)
