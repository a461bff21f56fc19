"""Beta-discrete-Weibull: as the shifted beta-geometric, but a customer's own chance of leaving may change with age.

Somebody with chance θ is still a customer after k renewals with probability (1 − θ)^(k^c): c > 1 makes each customer
likelier to leave as time goes on, c < 1 less likely; c = 1 is the shifted beta-geometric. With θ ~ Beta(α, β)

    S(k) = B(α, β + k^c) / B(α, β)

The two forces pull apart: differences between customers let a cohort's retention rise, c > 1 lets it fall first.

The logarithm of one retention, ln S(k+1)/S(k), is minus the integral of ψ(α+β+u) − ψ(β+u) from k^c to (k+1)^c, which is
positive, so nothing cancels where a difference of Beta functions would. Gauss–Legendre in ln(β + u).

Paper: Fader, Hardie, Liu, Davin and Simmons (2018), "How to project customer retention" revisited, Journal of
Interactive Marketing 43, equations 5–8.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv.histories import Floats, Integers
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.numerics.quadrature import NODES, ORDERS, WEIGHTS
from keepers.clv.numerics.special import digamma_steps, trigammas
from keepers.clv.renewals.contracts import Contracts, LifeTable
from keepers.clv.renewals.future import (
    discounted_expected_renewals,
    expected_renewals,
    log_survival,
    probability_alive,
    remaining_lifetime,
    renewal_count_pmf,
    survival,
)
from keepers.clv.shifted_beta_geometric import declined_odds, ended_by

__all__ = [
    "NAME",
    "PARAMETER_NAMES",
    "Parameters",
    "discounted_expected_renewals",
    "expected_renewals",
    "fit",
    "likelihood",
    "likelihood_of",
    "log_likelihood",
    "log_survival",
    "posterior",
    "prior",
    "probability_alive",
    "remaining_lifetime",
    "renewal_count_pmf",
    "retention",
    "simulate",
    "survival",
]

NAME = "beta-discrete-weibull"
PARAMETER_NAMES = ("alpha", "beta", "c")
_PRIOR_SPREAD = np.array([2.0, 2.0, 0.7])
_LARGEST_LOG_POWER = 280.0  # products of two such powers, and their squares, still fit a double
_LENGTHS = (1.0, 4.0, 8.0)  # up to these lengths of ln(β + u) the shorter rules are exact to the last digits


@dataclass(frozen=True, slots=True)
class Parameters:
    """The chance of leaving varies as Beta(alpha, beta) between customers and changes with age by the power c.

    alpha: first shape of the chance of leaving [–]
    beta: second shape [–]; alpha / (alpha + beta) is the share who decline the first renewal
    c: how a customer's own readiness to leave changes with age: above 1 it grows, below 1 it fades [–]
    """

    alpha: float
    beta: float
    c: float

    def as_array(self) -> Floats:
        """(3,) alpha, beta, c."""
        return np.array([self.alpha, self.beta, self.c])

    @classmethod
    def from_array(cls, values: ArrayLike) -> Self:
        """From (3,) alpha, beta, c."""
        alpha, beta, c = (float(value) for value in np.asarray(values, dtype=np.float64))
        return cls(alpha, beta, c)

    def log_survival(self, *, up_to: int) -> Floats:
        """(up_to + 1,) ln of the share still customers after 0, 1 … up_to renewal opportunities."""
        return np.concatenate([[0.0], np.cumsum(_steps(self.as_array(), up_to))])


def log_likelihood(parameters: Parameters, contracts: Contracts) -> Floats:
    """Natural log-likelihood of each contract (n,), given that it ran when it was first watched."""
    steps = _steps(parameters.as_array(), int((contracts.renewals + contracts.ended).max(initial=0)))
    curve = np.concatenate([[0.0], np.cumsum(steps)])
    leaving = np.zeros(len(contracts))
    leaving[contracts.ended] = np.log(-np.expm1(steps[contracts.renewals[contracts.ended]]))
    return np.asarray(curve[contracts.renewals] - curve[contracts.renewals_at_entry] + leaving)


def fit(contracts: Contracts) -> Fit[Parameters]:
    """Maximum-likelihood parameters, by Newton steps with the exact Hessian.

    Three parameters ask for a curve of several opportunities: with two or three the fit has a warning.
    """
    table = contracts.life_table()
    optimum = maximise(likelihood_of, table, start=prior(contracts).centre)
    return fit_of(
        NAME,
        Parameters.from_array(np.exp(optimum.log_parameters)),
        optimum,
        names=PARAMETER_NAMES,
        customers=contracts.customers,
        time_unit_days=contracts.time_unit_days,
    )


def posterior(
    fit: Fit[Parameters], contracts: Contracts, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of (alpha, beta, c) given the contracts."""
    return sample_posterior(
        likelihood_of,
        contracts.life_table(),
        prior=prior(contracts),
        start=fit.log_parameters,
        draws=draws,
        generator=generator,
        method=method,
    )


def prior(contracts: Contracts) -> Prior:
    """Wide priors on the log parameters: α around 1, β on the data's own scale, c around 1, rarely beyond 1/4 and 4."""
    return Prior(
        centre=np.array([0.0, math.log(declined_odds(contracts.life_table())), 0.0]),
        spread=_PRIOR_SPREAD.copy(),
        about=(("how long contracts last", (0, 1)),),
    )


def likelihood(contracts: Contracts) -> Likelihood:
    """The log-likelihood in (ln α, ln β, ln c), with exact gradient and Hessian."""
    return likelihood_of(contracts.life_table())


def likelihood_of(table: LifeTable) -> Likelihood:
    """The same from a life table, which is all that it depends on."""
    kept, lost, ages = table.kept, table.lost, len(table)

    def value(at: Floats) -> float:
        steps = _steps(np.exp(at), ages)
        return float(kept @ steps + lost @ _log_leaving(steps))

    def gradient(at: Floats) -> tuple[float, Floats]:
        steps = _steps(np.exp(at), ages)
        odds = _odds(steps)
        slopes = _slopes(np.exp(at), ages).by_log
        total = float(kept @ steps + lost @ _log_leaving(steps))
        return total, slopes @ (kept - lost * odds)

    def hessian(at: Floats) -> Floats:
        parameters = np.exp(at)
        odds = _odds(_steps(parameters, ages))
        found = _slopes(parameters, ages)
        bends = _bends(parameters, ages, found)
        curved = np.einsum("ijk,k->ij", bends, kept - lost * odds)
        return np.asarray(curved - (found.by_log * (lost * odds * (1 + odds))) @ found.by_log.T)

    return Likelihood(value, gradient, hessian)


def retention(parameters: Parameters, renewals: ArrayLike) -> Floats:
    """Share of those with so many renewals made who renew once more."""
    made = np.asarray(renewals, dtype=np.int64)
    return np.asarray(np.exp(_steps(parameters.as_array(), int(made.max(initial=0)) + 1)[made]))


def simulate(parameters: Parameters, *, opportunities: Integers, generator: np.random.Generator) -> Contracts:
    """Random contracts of new customers who are asked to renew at most `opportunities` (n,) times."""
    chance = generator.beta(parameters.alpha, parameters.beta, len(opportunities))
    waits = generator.exponential(size=len(opportunities))
    with np.errstate(divide="ignore", over="ignore"):
        periods = np.ceil((waits / -np.log1p(-chance)) ** (1 / parameters.c))
    return ended_by(np.maximum(periods, 1.0), opportunities)


class _Ends(NamedTuple):
    """u = k^c at both ends of each step (ages,), its derivative in ln c, and the length between."""

    low: Floats
    high: Floats
    low_by_c: Floats
    high_by_c: Floats
    length: Floats


class _Slopes(NamedTuple):
    """Derivatives of ln S(k+1)/S(k) in the log parameters (3, ages), and the digamma differences they are made of."""

    by_log: Floats
    spread_low: Floats
    spread_high: Floats


def _ends(c: float, ages: int) -> _Ends:
    age = np.arange(1, ages + 1, dtype=np.float64)
    log_age = np.log(age)
    power = np.exp(np.minimum(c * log_age, _LARGEST_LOG_POWER))
    by_c = power * c * log_age
    grown = np.expm1(np.minimum(c * np.log1p(1 / age[:-1]), _LARGEST_LOG_POWER))
    low, low_by_c = np.append(0.0, power[:-1]), np.append(0.0, by_c[:-1])
    return _Ends(low[:ages], power, low_by_c[:ages], by_c, np.append(1.0, power[:-1] * grown)[:ages])


def _steps(parameters: Floats, ages: int) -> Floats:
    """(ages,) ln of the retention at opportunity 1, 2 …: minus an integral of something positive."""
    alpha, beta, c = parameters
    if ages == 0:
        return np.empty(0)
    steps = np.empty(ages)
    steps[0] = -math.log1p(alpha / beta)  # from u = 0 to 1 the Beta functions divide
    if ages == 1:
        return steps
    ends = _ends(float(c), ages)
    low = beta + ends.low[1:]
    lengths = np.log1p(ends.length[1:] / low)
    order = (8, 16, 24, 32)[int(np.searchsorted(_LENGTHS, float(lengths.max())))]
    rule = ORDERS.index(order)
    at = low[:, None] * np.exp(lengths[:, None] * NODES[rule, :order])
    flat = at.ravel()
    height = (flat * digamma_steps(flat, np.full(flat.size, alpha))).reshape(at.shape)
    steps[1:] = -lengths * (height @ WEIGHTS[rule, :order])
    return steps


def _log_leaving(steps: Floats) -> Floats:
    """Logarithm of one minus the retention."""
    return np.asarray(np.log(-np.expm1(steps)))


def _odds(steps: Floats) -> Floats:
    """Retention over its complement."""
    return np.asarray(-np.exp(steps) / np.expm1(steps))


def _slopes(parameters: Floats, ages: int) -> _Slopes:
    alpha, beta, c = parameters
    ends = _ends(float(c), ages)
    alphas = np.full(ages, alpha)
    both = digamma_steps(alpha + beta + ends.low, ends.length)
    own = digamma_steps(beta + ends.low, ends.length)
    spread_low = digamma_steps(beta + ends.low, alphas)
    spread_high = digamma_steps(beta + ends.high, alphas)
    by_c = spread_low * ends.low_by_c - spread_high * ends.high_by_c
    return _Slopes(np.array([-alpha * both, beta * (own - both), by_c]), spread_low, spread_high)


def _bends(parameters: Floats, ages: int, slopes: _Slopes) -> Floats:
    """(3, 3, ages) second derivatives of ln S(k+1)/S(k) in the log parameters."""
    alpha, beta, c = parameters
    ends = _ends(float(c), ages)
    age = np.arange(1, ages + 1, dtype=np.float64)
    log_high, log_low = np.log(age), np.log(np.maximum(age - 1, 1))
    both_low, both_high = trigammas(alpha + beta + ends.low), trigammas(alpha + beta + ends.high)
    own_low, own_high = trigammas(beta + ends.low), trigammas(beta + ends.high)
    both, own = both_high - both_low, own_high - own_low
    gap_low, gap_high = own_low - both_low, own_high - both_high
    by_alpha, by_beta, _ = slopes.by_log
    # in ln c: d(k^c) = k^c c ln k, and its own derivative is that times (1 + c ln k)
    twice_low = ends.low_by_c * (1 + c * log_low)
    twice_high = ends.high_by_c * (1 + c * log_high)
    bends = np.empty((3, 3, ages))
    bends[0, 0] = by_alpha - alpha**2 * both
    bends[0, 1] = bends[1, 0] = -alpha * beta * both
    bends[1, 1] = by_beta + beta**2 * (own - both)
    bends[0, 2] = bends[2, 0] = alpha * (both_low * ends.low_by_c - both_high * ends.high_by_c)
    bends[1, 2] = bends[2, 1] = beta * (gap_high * ends.high_by_c - gap_low * ends.low_by_c)
    bends[2, 2] = (
        gap_high * ends.high_by_c**2
        - gap_low * ends.low_by_c**2
        + slopes.spread_low * twice_low
        - slopes.spread_high * twice_high
    )
    return bends
