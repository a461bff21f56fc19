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

from keepers.clv.histories import Floats, Integers
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
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

__all__ = [
    "NAME",
    "PARAMETER_NAMES",
    "Parameters",
    "declined_odds",
    "discounted_expected_renewals",
    "ended_by",
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

    def log_survival(self, *, up_to: int) -> Floats:
        """(up_to + 1,) ln of the share still customers after 0, 1 … up_to renewal opportunities."""
        steps = -np.log1p(self.alpha / (self.beta + np.arange(up_to)))
        return np.concatenate([[0.0], np.cumsum(steps)])


def log_likelihood(parameters: Parameters, contracts: Contracts) -> Floats:
    """Natural log-likelihood of each contract (n,), given that it ran when it was first watched."""
    curve = parameters.log_survival(up_to=int(contracts.renewals.max(initial=0)))
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


def retention(parameters: Parameters, renewals: ArrayLike) -> Floats:
    """Share of those with so many renewals made who renew once more."""
    made = np.asarray(renewals, dtype=np.float64)
    return np.asarray((parameters.beta + made) / (parameters.alpha + parameters.beta + made))


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
