"""Truths drawn from the prior lie in their posterior's intervals as often as these say: exactly so, for any number of
customers, if likelihood, prior, surrogate and quantiles are all right (Cook, Gelman and Rubin 2006).

`make fuzz` asks for many more bases.
"""

import os

import numpy as np
import pytest

from keepers.clv import bg_nbd, gamma_gamma, mbg_nbd, pareto_nbd
from keepers.clv.gamma_gamma import Spend
from keepers.clv.histories import Histories
from keepers.clv.inference.posterior import Prior, sample_posterior
from keepers.clv.predicting.predictive import order_count_cdf
from keepers.clv.scoring import coverage, randomised_pit

BASES = int(os.environ.get("KEEPERS_BASES", "8"))
CENTRES = {pareto_nbd: (0.7, 10.0, 0.7, 12.0), bg_nbd: (0.5, 6.0, 0.9, 2.5), mbg_nbd: (0.6, 6.0, 0.9, 2.0)}
MODELS = pytest.mark.parametrize("model", CENTRES, ids=[model.NAME for model in CENTRES])


def prior_of(centre) -> Prior:
    return Prior(np.log(centre), np.full(len(centre), 0.5))


def whole_weeks(past: Histories) -> Histories:
    """The same customers, equal ones together."""
    return past.distinct()[0]


def places(prior: Prior, simulated, likelihood, seed: int) -> np.ndarray:
    """Where the truth lies among the posterior's points, by parameter: the share of the weight below it."""
    random = np.random.default_rng(seed)
    truth = random.normal(prior.centre, prior.spread)
    data = simulated(np.exp(truth), random)
    found = sample_posterior(likelihood, data, prior=prior, start=prior.centre, draws=25, generator=random)
    return np.asarray(found.weights @ (np.log(found.points) < truth))


def covers_as_often_as_it_says(below: np.ndarray) -> None:
    """Parameters of one base are not independent: two of them count."""
    for level in (0.5, 0.9):
        within = np.mean(np.abs(below - 0.5) < level / 2)
        error = np.sqrt(level * (1 - level) / (2 * len(below)))
        assert within == pytest.approx(level, abs=3 * error), level


@MODELS
def test_intervals_of_the_parameters(model) -> None:
    def simulated(values, random) -> Histories:
        ages = random.integers(15, 60, 80).astype(float)
        return whole_weeks(model.simulate(model.Parameters.from_array(values), age=ages, generator=random))

    prior = prior_of(CENTRES[model])
    covers_as_often_as_it_says(np.array([places(prior, simulated, model.likelihood, seed) for seed in range(BASES)]))


def test_intervals_of_the_spend_parameters() -> None:
    def simulated(values, random) -> Spend:
        return gamma_gamma.simulate(gamma_gamma.Parameters(*values), random.geometric(0.4, 60), random)

    prior = prior_of((4.0, 3.5, 30.0))
    covers_as_often_as_it_says(
        np.array([places(prior, simulated, gamma_gamma.likelihood, 100 + seed) for seed in range(BASES)])
    )


@MODELS
def test_intervals_of_future_orders(model) -> None:
    """Truths from the prior again; each customer's orders of a later period by the model's own futures."""
    prior, pits = prior_of(CENTRES[model]), []
    for seed in range(max(BASES // 4, 4)):
        random = np.random.default_rng(300 + seed)
        truth = model.Parameters.from_array(np.exp(random.normal(prior.centre, prior.spread)))
        past = model.simulate(truth, age=random.uniform(15, 60, 150), generator=random)
        alive = model.probability_alive(truth, past)
        later = model.sample_future(
            truth, past, alive, horizon=26.0, value_cap=26.0, intensity=1.0, replicates=1, generator=random
        ).orders[0]
        found = sample_posterior(model.likelihood, past, prior=prior, start=prior.centre, draws=25, generator=random)
        below, at = order_count_cdf(model, found, past, later, horizon=26.0)
        pits.append(randomised_pit(below, at, random))
    pit = np.concatenate(pits)
    for level in (0.5, 0.8, 0.9):
        error = np.sqrt(level * (1 - level) / (len(pit) / 4))  # the customers of a base share its draws
        assert coverage(pit, level) == pytest.approx(level, abs=3 * error), level
