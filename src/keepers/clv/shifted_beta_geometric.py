"""Shifted beta-geometric: each customer declines each renewal with a chance of their own, which never changes.

The chances vary between customers as Beta(α, β). Retention of a cohort then rises with age although nobody changes:
those who leave easily have left. After k renewals (the j-th opportunity asks whoever made j − 1)

    retention at opportunity j = (β + j − 1) / (α + β + j − 1),      S(k) = product of these = B(α, β + k) / B(α, β)

so the log-likelihood is a sum over the opportunities of a life table; each term is a log1p, exact for any size.

Paper: Fader and Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21, equations 1–6;
(2010), "Customer-base valuation in a contractual setting", Marketing Science 29, for what is still to come.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv import contract_future
from keepers.clv.contracts import Contracts, LifeTable
from keepers.clv.histories import Floats, Integers
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior

NAME = "shifted-beta-geometric"
PARAMETER_NAMES = ("alpha", "beta")
_PRIOR_SPREAD = 2.0


@dataclass(frozen=True, slots=True)
class Parameters:
    """The chance of declining a renewal varies as Beta(alpha, beta) between customers.

    alpha: first shape [–]
    beta: second shape [–]; alpha / (alpha + beta) is the share who decline the first renewal
    """

    alpha: float
    beta: float

    def as_array(self) -> Floats:
        """(2,) alpha, beta."""
        return np.array([self.alpha, self.beta])

    @classmethod
    def from_array(cls, values: ArrayLike) -> Self:
        """From (2,) alpha, beta."""
        alpha, beta = (float(value) for value in np.asarray(values, dtype=np.float64))
        return cls(alpha, beta)


def log_likelihood(parameters: Parameters, contracts: Contracts) -> Floats:
    """Natural log-likelihood of each contract (n,), given that it ran when it was first watched."""
    curve = log_survival(parameters, up_to=int(contracts.renewals.max(initial=0)))
    total = parameters.alpha + parameters.beta + contracts.renewals
    leaving = np.where(contracts.ended, np.log(parameters.alpha / total), 0.0)
    return np.asarray(curve[contracts.renewals] - curve[contracts.renewals_at_entry] + leaving)


def fit(contracts: Contracts) -> Fit[Parameters]:
    """Maximum-likelihood parameters, by Newton steps with the exact Hessian.

    Where customers hardly differ, α and β grow without end and only their ratio is told: the fit then has a warning.
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
    """Draws of (alpha, beta) given the contracts."""
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
    """Wide priors on the log parameters: α around 1, β where the share of renewals declined is the data's own."""
    return Prior(
        centre=np.array([0.0, math.log(declined_odds(contracts.life_table()))]),
        spread=np.full(2, _PRIOR_SPREAD),
        about=(("how long contracts last", (0, 1)),),
    )


def declined_odds(table: LifeTable) -> float:
    """Renewals made for each one declined, over all opportunities: the data's own scale of a contract's length."""
    return float((table.kept.sum() + 0.5) / (table.lost.sum() + 0.5))


def likelihood(contracts: Contracts) -> Likelihood:
    """The log-likelihood in (ln α, ln β), with exact gradient and Hessian."""
    return likelihood_of(contracts.life_table())


def likelihood_of(table: LifeTable) -> Likelihood:
    """The same from a life table, which is all that it depends on."""
    kept, lost = table.kept, table.lost
    age = np.arange(len(table), dtype=np.float64)

    def value(at: Floats) -> float:
        alpha, beta = np.exp(at)
        renewed = -np.log1p(alpha / (beta + age))
        left = -np.log1p((beta + age) / alpha)
        return float(kept @ renewed + lost @ left)

    def gradient(at: Floats) -> tuple[float, Floats]:
        alpha, beta = np.exp(at)
        total = alpha + beta + age
        stays, leaves = (beta + age) / total, alpha / total
        by_alpha = float(lost @ stays - kept @ leaves)
        by_beta = float(kept @ (beta * leaves / (beta + age)) - lost @ (beta / total))
        return value(at), np.array([by_alpha, by_beta])

    def hessian(at: Floats) -> Floats:
        alpha, beta = np.exp(at)
        total, ahead = alpha + beta + age, beta + age
        both = alpha * ahead / total**2  # how fast a retention moves with ln α
        alphas = -float((kept + lost) @ both)
        mixed = float((kept + lost) @ (alpha * beta / total**2))
        # the slope in ln β is β α / (ahead total) for a renewal and −β / total for an end
        betas = kept @ (beta * alpha / (ahead * total) * (1 - beta / ahead - beta / total))
        betas -= lost @ (beta / total * (alpha + age) / total)
        return np.array([[alphas, mixed], [mixed, float(betas)]])

    return Likelihood(value, gradient, hessian)


def log_survival(parameters: Parameters, *, up_to: int) -> Floats:
    """(up_to + 1,) ln of the share still customers after 0, 1 … up_to renewal opportunities."""
    steps = -np.log1p(parameters.alpha / (parameters.beta + np.arange(up_to)))
    return np.concatenate([[0.0], np.cumsum(steps)])


def survival(parameters: Parameters, renewals: ArrayLike) -> Floats:
    """Share of a cohort that makes at least so many renewals."""
    asked = np.asarray(renewals, dtype=np.int64)
    return np.asarray(np.exp(log_survival(parameters, up_to=int(asked.max(initial=0)))[asked]))


def retention(parameters: Parameters, renewals: ArrayLike) -> Floats:
    """Share of those with so many renewals made who renew once more."""
    made = np.asarray(renewals, dtype=np.float64)
    return np.asarray((parameters.beta + made) / (parameters.alpha + parameters.beta + made))


def probability_alive(
    parameters: Parameters, contracts: Contracts, *, after: float = 0.0, next_renewal: Floats | float = 1.0
) -> Floats:
    """P(the contract runs `after` periods from now), (n,): 1 now for whoever runs, 0 for whoever ended."""
    curve = log_survival(parameters, up_to=contract_future.furthest(contracts, after))
    return contract_future.probability_alive(curve, contracts, after=after, next_renewal=next_renewal)


def expected_renewals(
    parameters: Parameters,
    contracts: Contracts,
    *,
    horizon: float,
    start: float = 0.0,
    next_renewal: Floats | float = 1.0,
) -> Floats:
    """Expected renewals between `start` and `start + horizon` from now, (n,) [renewals].

    `next_renewal` (n,) or one number: time until the next opportunity, in (0, 1] [periods].
    """
    curve = log_survival(parameters, up_to=contract_future.furthest(contracts, start + horizon))
    return contract_future.expected_renewals(curve, contracts, horizon=horizon, start=start, next_renewal=next_renewal)


def discounted_expected_renewals(
    parameters: Parameters,
    contracts: Contracts,
    *,
    horizon: float,
    discount_rate: float,
    start: float = 0.0,
    next_renewal: Floats | float = 1.0,
) -> Floats:
    """The same, each renewal discounted to now at the continuous `discount_rate` a period.

    With `next_renewal` 0 it is Fader and Hardie's DERL (2010, equation 6), asked just before the renewal, cut at the
    horizon.
    """
    curve = log_survival(parameters, up_to=contract_future.furthest(contracts, start + horizon))
    return contract_future.expected_renewals(
        curve, contracts, horizon=horizon, start=start, next_renewal=next_renewal, discount_rate=discount_rate
    )


def renewal_count_pmf(
    parameters: Parameters, contracts: Contracts, *, horizon: float, up_to: int, next_renewal: Floats | float = 1.0
) -> Floats:
    """(n, up_to + 1) probabilities of 0, 1 … up_to renewals within the horizon."""
    curve = log_survival(parameters, up_to=contract_future.furthest(contracts, max(horizon, up_to)))
    return contract_future.renewal_count_pmf(curve, contracts, horizon=horizon, up_to=up_to, next_renewal=next_renewal)


def remaining_lifetime(
    parameters: Parameters,
    contracts: Contracts,
    *,
    probability: float = 0.5,
    horizon: float = 1200.0,
    next_renewal: Floats | float = 1.0,
) -> Floats:
    """Time until which the contract runs with the given probability; inf beyond the horizon [periods]."""
    curve = log_survival(parameters, up_to=contract_future.furthest(contracts, horizon))
    return contract_future.remaining_lifetime(
        curve, contracts, probability=probability, horizon=horizon, next_renewal=next_renewal
    )


def simulate(parameters: Parameters, *, opportunities: Integers, generator: np.random.Generator) -> Contracts:
    """Random contracts of new customers who are asked to renew at most `opportunities` (n,) times."""
    chance = generator.beta(parameters.alpha, parameters.beta, len(opportunities))
    waits = generator.exponential(size=len(opportunities))
    with np.errstate(divide="ignore"):
        periods = np.ceil(waits / -np.log1p(-chance))  # a chance of 1 ends at the first opportunity, of 0 never
    return ended_by(np.maximum(periods, 1.0), opportunities)


def ended_by(periods: Floats, opportunities: Integers) -> Contracts:
    """Contracts that would end at opportunity number `periods` (n,), watched over so many opportunities."""
    ended = periods <= opportunities
    return Contracts.of(np.where(ended, np.minimum(periods, 1e15) - 1, opportunities), ended)
