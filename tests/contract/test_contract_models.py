"""Every model of contracts keeps the same promises; a new model is added to MODELS and to nothing else here."""

import mpmath
import numpy as np
import pytest

from keepers.clv import beta_discrete_weibull, shifted_beta_geometric
from keepers.clv.renewals.contracts import Contracts

MODELS = [(shifted_beta_geometric, (0.7, 1.5)), (beta_discrete_weibull, (0.5, 0.9, 1.4))]
EACH = pytest.mark.parametrize(("model", "values"), MODELS, ids=[model.NAME for model, _ in MODELS])

CORNERS = [  # renewals, ended, renewals at entry
    (0, True, 0),
    (1, False, 0),
    (7, True, 0),
    (400, True, 0),
    (900, False, 250),
    (60, True, 60),
]
SHAPES = [(0.668, 3.806), (1e-3, 4e-4), (300.0, 9e3), (5e3, 0.02), (0.05, 700.0)]
POWERS = {shifted_beta_geometric: [()], beta_discrete_weibull: [(1.0,), (0.2,), (1.72,), (4.0,)]}
CASES = [
    (model, (*shapes, *power), corner)
    for model, _ in MODELS
    for shapes in SHAPES
    for power in POWERS[model]
    for corner in CORNERS
]


def exact(parameters, renewals: int, ended: bool, entry: int) -> mpmath.mpf:
    """The papers' formulas; without a third parameter c is 1."""
    alpha, beta, c = (*parameters, mpmath.mpf(1))[:3]

    def survival(k: int) -> mpmath.mpf:
        return mpmath.beta(alpha, beta + mpmath.mpf(k) ** c) / mpmath.beta(alpha, beta)

    chance = survival(renewals) - survival(renewals + 1) if ended else survival(renewals)
    return mpmath.log(chance / survival(entry))


@pytest.mark.parametrize(("model", "values", "corner"), CASES, ids=str)
def test_likelihood_and_gradient_hold_in_hard_corners(model, values, corner) -> None:
    renewals, ended, entry = corner
    contracts = Contracts.of([renewals], [ended], renewals_at_entry=[entry])
    at = np.log(values)
    value, slope = model.likelihood(contracts).gradient(at)
    rows = model.log_likelihood(model.Parameters.from_array(np.exp(at)), contracts)
    with mpmath.workdps(60):
        start = [mpmath.mpf(float(number)) for number in np.exp(at)]
        reached = exact(start, renewals, ended, entry)
        for j in range(len(start)):

            def along(log_step, j=j):
                moved = [p * mpmath.exp(log_step) if i == j else p for i, p in enumerate(start)]
                return exact(moved, renewals, ended, entry)

            step = mpmath.mpf(10) ** -20
            expected = (along(step) - along(-step)) / (2 * step)
            assert slope[j] == pytest.approx(float(expected), rel=1e-10, abs=1e-10)
    assert value == pytest.approx(float(reached), rel=1e-10, abs=1e-14)
    assert rows[0] == pytest.approx(float(reached), rel=1e-10, abs=1e-14)


@EACH
def test_the_hessian_is_the_slope_of_the_gradient(model, values) -> None:
    contracts = Contracts.of(
        [0, 3, 9, 40, 12], [1, 1, 0, 1, 0], weight=[20, 9, 4, 3, 7], renewals_at_entry=[0, 0, 2, 30, 0]
    )
    likelihood, at = model.likelihood(contracts), np.log(values)
    slopes = [
        (likelihood.gradient(at + 1e-5 * side)[1] - likelihood.gradient(at - 1e-5 * side)[1]) / 2e-5
        for side in np.eye(len(at))
    ]
    assert likelihood.curvature(at) == pytest.approx(np.array(slopes), rel=1e-6, abs=1e-6)


@EACH
def test_the_sum_over_rows_is_the_likelihood_of_the_life_table(model, values) -> None:
    contracts = simulated(model, values, 500)
    rows = model.log_likelihood(model.Parameters.from_array(values), contracts)
    assert model.likelihood(contracts).value(np.log(values)) == pytest.approx(rows.sum(), rel=1e-12)


@EACH
def test_weights_stand_for_repeated_rows_and_their_order_does_not_matter(model, values) -> None:
    contracts = simulated(model, values, 400)
    distinct, _ = contracts.at(np.random.default_rng(2).permutation(400)).distinct()
    assert len(distinct) < 60
    one, other = model.fit(contracts), model.fit(distinct)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)
    assert other.parameters.as_array() == pytest.approx(one.parameters.as_array(), rel=1e-5)


@EACH
def test_contracts_watched_from_later_on_tell_the_same_parameters(model, values) -> None:
    new = simulated(model, values, 30_000)
    there = simulated(model, values, 60_000, seed=9)
    there = there.where(there.renewals >= 3)  # whoever ended before the records began is in none of them
    mixed = Contracts.of(
        np.append(new.renewals, there.renewals),
        np.append(new.ended, there.ended),
        renewals_at_entry=np.append(np.zeros(len(new)), np.full(len(there), 3)),
    )
    truth = np.exp(model.log_survival(model.Parameters.from_array(values), up_to=12))
    fitted = np.exp(model.log_survival(model.fit(mixed).parameters, up_to=12))
    assert fitted == pytest.approx(truth, abs=0.008)


@EACH
def test_expected_renewals_are_the_mean_of_their_distribution(model, values) -> None:
    parameters = model.Parameters.from_array(values)
    running = Contracts.of([0, 1, 8, 30], [False, False, False, True])
    pmf = model.renewal_count_pmf(parameters, running, horizon=12.5, up_to=20, next_renewal=0.25)
    mean = model.expected_renewals(parameters, running, horizon=12.5, next_renewal=0.25)
    assert pmf.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-12)
    assert pmf @ np.arange(21) == pytest.approx(mean, rel=1e-12)
    assert mean[3] == 0.0
    assert pmf[3, 0] == 1.0


@EACH
def test_no_time_no_renewals_and_two_periods_add_up(model, values) -> None:
    parameters, running = model.Parameters.from_array(values), Contracts.of([0, 1, 8], [False] * 3)
    wait = np.array([0.1, 0.5, 1.0])
    assert model.expected_renewals(parameters, running, horizon=0.0, next_renewal=wait).tolist() == [0.0, 0.0, 0.0]
    whole = model.discounted_expected_renewals(parameters, running, horizon=24, discount_rate=0.01, next_renewal=wait)
    parts = [
        model.discounted_expected_renewals(
            parameters, running, start=start, horizon=length, discount_rate=0.01, next_renewal=wait
        )
        for start, length in ((0.0, 7.3), (7.3, 16.7))
    ]
    assert sum(parts) == pytest.approx(whole, rel=1e-12)
    assert np.all(whole < model.expected_renewals(parameters, running, horizon=24, next_renewal=wait))


@EACH
def test_a_contract_runs_on_until_it_is_asked_and_its_median_end_is_where_the_chance_falls(model, values) -> None:
    parameters, running = model.Parameters.from_array(values), Contracts.of([0, 2, 5, 5], [False, False, False, True])
    assert model.probability_alive(parameters, running, after=0.99).tolist() == [1.0, 1.0, 1.0, 0.0]
    end = model.remaining_lifetime(parameters, running, horizon=600)
    before = model.probability_alive(parameters, running, after=float(end[2]) - 0.5)[2]
    behind = model.probability_alive(parameters, running, after=float(end[2]) + 0.5)[2]
    assert before >= 0.5 > behind
    assert end[3] == 0.0
    assert np.isinf(model.remaining_lifetime(parameters, running, horizon=0.5)[:3]).all()


@EACH
def test_simulated_cohorts_follow_the_curve(model, values) -> None:
    contracts = simulated(model, values, 40_000)
    truth = np.exp(model.log_survival(model.Parameters.from_array(values), up_to=5))
    watched = np.array([np.mean(contracts.renewals >= k) for k in range(6)])
    assert watched == pytest.approx(truth, abs=0.01)


@EACH
@pytest.mark.parametrize("ended", [False, True], ids=["all running", "all ended at once"])
def test_data_that_tell_little_still_give_finite_draws_and_a_warning(model, values, ended) -> None:
    contracts = Contracts.of([0 if ended else 3] * 30, [ended] * 30)
    fit = model.fit(contracts)
    found = model.posterior(fit, contracts, draws=25, generator=np.random.default_rng(4))
    assert not fit.converged
    assert fit.warnings
    assert np.isfinite(found.parameters).all()
    shares = [model.retention(model.Parameters.from_array(row), [0])[0] for row in found.parameters]
    assert (max(shares) < 0.4) if ended else (min(shares) > 0.6)


@EACH
def test_the_posterior_is_drawn_as_asked(model, values) -> None:
    contracts = simulated(model, values, 400)
    found = model.posterior(
        model.fit(contracts), contracts, draws=5, generator=np.random.default_rng(4), method="importance"
    )
    assert found.method == "importance sampling"


@EACH
def test_one_customer_is_enough_for_a_wide_answer(model, values) -> None:
    contracts = Contracts.of([4], [True])
    found = model.posterior(model.fit(contracts), contracts, draws=25, generator=np.random.default_rng(4))
    curves = np.array([model.survival(model.Parameters.from_array(row), [4])[0] for row in found.parameters])
    assert np.isfinite(curves).all()
    assert np.ptp(curves) > 0.2


def simulated(model, values, customers: int, *, seed: int = 8) -> Contracts:
    random = np.random.default_rng(seed)
    asked = random.integers(5, 25, customers)
    return model.simulate(model.Parameters.from_array(values), opportunities=asked, generator=random)
