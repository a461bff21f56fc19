"""Contracts as data, the curve that was seen, and forecasts from curves."""

import numpy as np
import pytest

from keepers.clv import beta_discrete_weibull, shifted_beta_geometric
from keepers.clv.inference.posterior import certain
from keepers.clv.predicting.predictive import InvalidForecastError
from keepers.clv.renewals import kaplan_meier
from keepers.clv.renewals.contracts import Contracts, InvalidContractsError
from keepers.clv.renewals.running import (
    Coming,
    Curves,
    predict_contracts,
    renewal_count_cdf,
    renewal_count_table,
)


def test_a_life_table_counts_answers_only_while_they_were_watched() -> None:
    contracts = Contracts.of(
        [0, 2, 2, 4], [True, True, False, False], weight=[1, 1, 1, 5], renewals_at_entry=[0, 0, 0, 3]
    )
    table = contracts.life_table()
    assert table.at_risk.tolist() == [3.0, 2.0, 1.0, 5.0]
    assert table.lost.tolist() == [1.0, 0.0, 1.0, 0.0]


def test_a_cohorts_curve_is_its_contracts() -> None:
    contracts = Contracts.of_survivors([1000, 869, 743])
    table = contracts.life_table()
    assert table.at_risk.tolist() == [1000.0, 869.0]
    assert table.lost.tolist() == [131.0, 126.0]
    assert contracts.customers == 1000


def test_contracts_that_cannot_be_are_refused_with_their_rows() -> None:
    with pytest.raises(InvalidContractsError, match="rows 1"):
        Contracts.of([3, 1], [False, False], renewals_at_entry=[0, 2])
    with pytest.raises(InvalidContractsError, match="differ in length"):
        Contracts.of([3, 1], [False])


def test_the_curve_that_was_seen_is_kaplan_and_meiers() -> None:
    curve = kaplan_meier.survival_curve(Contracts.of([0, 1, 1, 2, 3], [True, False, True, True, False]))
    assert curve.survival == pytest.approx([1.0, 0.8, 0.8 * 2 / 3, 0.8 / 3])
    assert curve.at_risk.tolist() == [5.0, 5.0, 3.0, 2.0]
    # Greenwood at the first opportunity: the variance of ln(−ln S) is (1/20) / (ln 0.8)²
    spread = 1.6448536269514722 * np.sqrt(1 / 20) / -np.log(0.8)
    assert curve.survival_low[1] == pytest.approx(0.8 ** np.exp(spread))
    assert curve.survival_high[1] == pytest.approx(0.8 ** np.exp(-spread))
    assert np.isnan(curve.survival_low[0])


def test_the_seen_curve_goes_on_with_its_later_retention() -> None:
    contracts = Contracts.of_survivors([1000, 800, 720, 648])
    log_survival = kaplan_meier.log_survival(contracts, up_to=5)
    late = 1 - (80 + 72) / (800 + 720)
    assert np.exp(log_survival) == pytest.approx([1.0, 0.8, 0.72, 0.648, 0.648 * late, 0.648 * late**2])
    assert kaplan_meier.log_survival(Contracts.of([0], [False]), up_to=2).tolist() == [0.0, 0.0, 0.0]


def test_with_c_one_the_two_models_are_one() -> None:
    contracts = Contracts.of([0, 3, 9, 40], [True, True, False, True])
    sbg = shifted_beta_geometric.Parameters(0.7, 1.2)
    bdw = beta_discrete_weibull.Parameters(0.7, 1.2, 1.0)
    assert beta_discrete_weibull.log_likelihood(bdw, contracts) == pytest.approx(
        shifted_beta_geometric.log_likelihood(sbg, contracts), rel=1e-12
    )
    assert beta_discrete_weibull.retention(bdw, [0, 5, 500]) == pytest.approx(
        shifted_beta_geometric.retention(sbg, [0, 5, 500]), rel=1e-12
    )


def fitted_curves(up_to: int) -> Curves:
    contracts = Contracts.of_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    fit = shifted_beta_geometric.fit(contracts)
    found = shifted_beta_geometric.posterior(fit, contracts, draws=25, generator=np.random.default_rng(1))
    return Curves.of(shifted_beta_geometric, found, up_to=up_to)


def running() -> Coming:
    return Coming(
        np.array([0, 0, 7, 7, 30]), np.array([1.0, 0.4, 0.1, 0.5, 0.2]), np.array([10.0, 10.0, 5.0, 0.0, 100.0])
    )


def test_a_forecast_of_one_curve_agrees_with_the_models_own_answers() -> None:
    parameters, coming = shifted_beta_geometric.Parameters(0.668, 3.806), running()
    curves = Curves.known(shifted_beta_geometric.log_survival(parameters, up_to=60))
    found = predict_contracts(
        curves, coming, horizon=4, value_cap=20, discount_rate=0.1, generator=np.random.default_rng(1)
    )
    contracts = Contracts.of(coming.renewals, np.zeros(5))
    mean = shifted_beta_geometric.expected_renewals(parameters, contracts, horizon=4, next_renewal=coming.next_renewal)
    worth = shifted_beta_geometric.discounted_expected_renewals(
        parameters, contracts, horizon=20, discount_rate=0.1, next_renewal=coming.next_renewal
    )
    assert found.orders.mean == pytest.approx(mean, rel=1e-12)
    assert found.residual_value is not None
    assert found.residual_value.mean == pytest.approx(worth * coming.payment, rel=1e-12)
    assert found.renews_next == pytest.approx(shifted_beta_geometric.retention(parameters, coming.renewals), rel=1e-12)
    life = shifted_beta_geometric.remaining_lifetime(
        parameters, contracts, horizon=20, next_renewal=coming.next_renewal
    )
    assert found.remaining_lifetime == pytest.approx(np.minimum(life, 20))


def test_points_of_a_customer_are_those_of_the_distribution_over_all_draws() -> None:
    curves, coming = fitted_curves(60), running()
    found = predict_contracts(
        curves, coming, horizon=6, value_cap=20, discount_rate=0.1, generator=np.random.default_rng(1)
    )
    reached = renewal_count_table(curves, coming, horizon=6)
    for row in range(5):
        assert found.orders.low[row] == int(np.argmax(reached[row] >= 0.05))
        assert found.orders.high[row] == int(np.argmax(reached[row] >= 0.95))
    below, at = renewal_count_cdf(curves, coming, np.array([0, 1, 6, 7, 3]), horizon=6)
    assert below == pytest.approx([0.0, reached[1, 0], reached[2, 5], 1.0, reached[4, 2]])
    assert at == pytest.approx([reached[0, 0], reached[1, 1], 1.0, 1.0, reached[4, 3]])


def test_joint_draws_of_the_total_lie_around_the_sum_of_the_means() -> None:
    curves = fitted_curves(40)
    many = Coming(np.repeat([0, 3, 7], 500), np.full(1500, 0.5), np.full(1500, 2.0))
    found = predict_contracts(curves, many, horizon=5, value_cap=10, generator=np.random.default_rng(2))
    assert found.totals.orders.shape == (200,)
    assert found.totals.orders.mean() == pytest.approx(found.orders.mean.sum(), rel=0.01)
    assert found.totals.period_value is not None
    assert found.totals.period_value == pytest.approx(2 * found.totals.orders)
    assert found.residual_value is not None
    assert found.totals.residual_value is not None
    assert found.totals.residual_value.mean() == pytest.approx(found.residual_value.mean.sum(), rel=0.015)


def test_the_total_of_very_many_is_distributed_as_if_each_were_drawn() -> None:
    curves, random = fitted_curves(40), np.random.default_rng(3)
    size = 24_000
    many = Coming(random.integers(0, 9, size), random.uniform(0.1, 1.0, size), random.gamma(2.0, 5.0, size))
    one, other = (
        predict_contracts(
            curves, some, horizon=5, value_cap=10, discount_rate=0.1, replicates=8, generator=np.random.default_rng(2)
        ).totals
        for some in (many, Coming(many.renewals[:19_000], many.next_renewal[:19_000], many.payment[:19_000]))
    )
    share = size / 19_000
    for whole, part in zip(
        (one.orders, one.period_value, one.residual_value),
        (other.orders, other.period_value, other.residual_value),
        strict=True,
    ):
        assert whole is not None
        assert part is not None
        assert whole.mean() == pytest.approx(share * part.mean(), rel=0.01)
        assert whole.std() == pytest.approx(share * part.std(), rel=0.1)


def test_a_doubted_hazard_widens_the_total_and_hardly_moves_the_mean() -> None:
    contracts = Contracts.of_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    fit = shifted_beta_geometric.fit(contracts)
    point = certain(fit)
    sure = Curves.of(shifted_beta_geometric, point, up_to=40)
    doubted = Curves(np.concatenate([sure.log_survival * factor for factor in (0.8, 1.0, 1.2)]))
    many = Coming(np.full(2000, 2), np.full(2000, 1.0))
    one, other = (
        predict_contracts(curves, many, horizon=5, value_cap=5, generator=np.random.default_rng(2), replicates=60)
        for curves in (sure, doubted)
    )
    assert other.totals.orders.std() > 2 * one.totals.orders.std()
    assert other.orders.mean.sum() == pytest.approx(one.orders.mean.sum(), rel=0.01)


def test_a_forecast_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(InvalidForecastError, match="value cap"):
        predict_contracts(fitted_curves(40), running(), horizon=5, value_cap=4, generator=np.random.default_rng(1))
