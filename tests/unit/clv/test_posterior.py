"""Three ways to the same posterior, on a base small enough for a Markov chain to judge."""

import numpy as np
import pytest

from keepers.clv import bg_nbd, gamma_gamma, pareto_nbd
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference import nuts, posterior, surrogate
from keepers.clv.inference.fitting import Likelihood
from keepers.clv.inference.posterior import NO_SURROGATE, Posterior, Prior, sample_posterior

PROBABILITIES = np.array([0.05, 0.5, 0.95])


def a_base(model, parameters, customers: int = 400) -> Histories:
    """Whole weeks, so that histories repeat."""
    random = np.random.default_rng(5)
    exact = model.simulate(parameters, age=random.integers(10, 40, customers).astype(float), generator=random)
    last = np.where(exact.repeat_orders > 0, np.ceil(exact.age_at_last_order), 0.0)
    return Histories.of(exact.repeat_orders, last, exact.age, time_unit_days=7.0).distinct()[0]


def log_quantiles(posterior: Posterior) -> Floats:
    return np.log([posterior.quantile(probability) for probability in PROBABILITIES])


def spread_of(posterior: Posterior) -> Floats:
    logs = np.log(posterior.points)
    return np.sqrt(posterior.weights @ (logs - posterior.weights @ logs) ** 2)


def test_surrogate_importance_sampling_and_chains_agree() -> None:
    past = a_base(pareto_nbd, pareto_nbd.Parameters(0.6, 8.0, 0.7, 9.0))
    start = pareto_nbd.fit(past).log_parameters
    found = [
        sample_posterior(
            pareto_nbd.likelihood, past, prior=pareto_nbd.prior(past), start=start, draws=25,
            generator=np.random.default_rng(seed), method=method,
        )
        for seed, method in enumerate(("auto", "importance", "nuts"))
    ]  # fmt: skip
    assert [each.method for each in found] == ["surrogate", "importance sampling", "nuts"]
    by_surrogate, weighted, chains = found
    unit = spread_of(by_surrogate)
    assert np.abs((log_quantiles(weighted) - log_quantiles(by_surrogate)) / unit).max() < 0.15
    assert np.abs((log_quantiles(chains) - log_quantiles(by_surrogate)) / unit).max() < 0.2
    assert chains.effective_sample_size > 400
    assert not any("approximate" in warning for each in found for warning in each.warnings)


def test_a_surrogate_that_cannot_be_says_what_took_its_place() -> None:
    random = np.random.default_rng(3)
    spend = gamma_gamma.simulate(gamma_gamma.Parameters(4.0, 3.5, 30.0), random.geometric(0.4, 200), random)
    fit = gamma_gamma.fit(spend)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surrogate, "MOST_PARAMETERS", 2)
        found = gamma_gamma.posterior(fit, spend, draws=5, generator=random, method="surrogate")
        patch.setattr(posterior, "_CHAIN_LENGTH", 50)
        asked_for = gamma_gamma.posterior(fit, spend, draws=5, generator=random, method="nuts")
    assert found.method == "importance sampling"
    assert found.warnings == (NO_SURROGATE,)
    assert asked_for.method == "nuts"


def test_the_same_generator_gives_the_same_draws() -> None:
    past = a_base(bg_nbd, bg_nbd.Parameters(0.5, 5.0, 0.8, 2.5))
    fit = bg_nbd.fit(past)
    one, other = (bg_nbd.posterior(fit, past, draws=25, generator=np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one.parameters, other.parameters)


def test_the_share_of_the_prior_tells_what_the_data_said() -> None:
    random = np.random.default_rng(2)
    few, many = (
        gamma_gamma.simulate(gamma_gamma.Parameters(4.0, 3.5, 30.0), random.geometric(0.4, n), random)
        for n in (5, 5_000)
    )
    shares = [
        gamma_gamma.posterior(gamma_gamma.fit(spend), spend, draws=25, generator=random).share_of_prior
        for spend in (few, many)
    ]
    assert np.all(shares[0] > 0.3)
    assert np.all(shares[1] < 0.15)


def logs_of_gammas(_: Histories) -> Likelihood:
    """The logarithms of Gamma(0.5) variables: long tails to the left."""

    def gradient(at: Floats) -> tuple[float, Floats]:
        return float(0.5 * at.sum() - np.exp(at).sum()), 0.5 - np.exp(at)

    return Likelihood(lambda at: gradient(at)[0], gradient)


def test_what_no_polynomial_fits_and_no_weights_reach_goes_to_the_chain() -> None:
    """Sixty skewed dimensions: too many for the surrogate, too skewed for importance sampling."""
    past = Histories.of([0], [0.0], [1.0])
    found = sample_posterior(
        logs_of_gammas, past, prior=Prior(np.zeros(60), np.full(60, 30.0)), start=np.full(60, np.log(0.5)), draws=25,
        generator=np.random.default_rng(3),
    )  # fmt: skip
    assert found.method == "nuts"
    assert found.effective_sample_size > 100
    median = np.median(np.log(found.points))
    assert median == pytest.approx(-1.480, abs=0.1)  # of Gamma(0.5); the prior is wide


def test_a_large_base_is_explored_on_few_of_its_rows() -> None:
    """Its second-order part is exact, so the answer is that of all rows."""
    random = np.random.default_rng(4)
    truth = pareto_nbd.Parameters(0.8, 30.0, 0.7, 60.0)
    past = pareto_nbd.simulate(truth, age=random.uniform(50, 200, 6_000), generator=random)
    fit = pareto_nbd.fit(past)
    found = pareto_nbd.posterior(fit, past, draws=25, generator=np.random.default_rng(1))
    whole = pareto_nbd.prior(past).added_to(pareto_nbd.likelihood(past))
    root = np.linalg.cholesky(np.linalg.inv(-fit.hessian))
    chains = nuts.sample_chains(
        whole.gradient, fit.log_parameters, root, draws=80, warm_up=40, chains=2, generator=np.random.default_rng(2)
    )
    flat = chains.draws.reshape(-1, 4)
    assert found.method == "surrogate"
    apart = (flat.mean(axis=0) - found.weights @ np.log(found.points)) / spread_of(found)
    assert np.all(np.abs(apart) < 4 / np.sqrt(chains.effective_sample_size))
    assert flat.std(axis=0) == pytest.approx(spread_of(found), rel=0.4)
