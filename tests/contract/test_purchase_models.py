"""Every model of orders keeps the same promises; a new model is added to MODELS and to nothing else here."""

import numpy as np
import pytest

from keepers.clv import bg_nbd, mbg_cnbd_k, mbg_nbd, pareto_nbd
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.models import with_calendar
from keepers.clv.covariates import WithCovariates
from keepers.clv.histories import Histories
from keepers.clv.kinds.design import Design, Groups
from keepers.clv.model import PurchaseModel
from keepers.clv.pauses import with_pauses
from keepers.clv.predicting.questions import InvalidQuestionError

CHANNELS, _ = Design.of([Groups.of("channel", ["shop", "web"] * 50)])
SEASONS = Calendar.of(np.exp(0.4 * np.sin(np.arange(60))), start=-85.0, width=4.0)
MODELS: list[tuple[PurchaseModel, tuple[float, ...]]] = [
    (pareto_nbd, (0.6, 11.0, 0.6, 12.0)),
    (bg_nbd, (0.24, 4.4, 0.8, 2.4)),
    (mbg_nbd, (0.52, 6.2, 0.9, 1.6)),
    (mbg_cnbd_k, (0.52, 3.1, 0.9, 1.6, 2.0)),
    (WithCovariates(pareto_nbd, CHANNELS), (0.6, 11.0, 0.6, 12.0, 0.8, 1.3, 1.2, 0.7)),
    (with_calendar(pareto_nbd, SEASONS), (0.6, 11.0, 0.6, 12.0)),
    (with_calendar(mbg_cnbd_k, SEASONS), (0.52, 3.1, 0.9, 1.6, 2.0)),
    (with_pauses(mbg_nbd, 0.3), (0.52, 6.2, 0.9, 1.6)),
    (with_pauses(with_calendar(pareto_nbd, SEASONS), 0.3), (0.6, 11.0, 0.6, 12.0)),
]
EACH = pytest.mark.parametrize(
    ("model", "values"), MODELS, ids=[f"{model.NAME}-{len(values)}" for model, values in MODELS]
)
WEEKS = 7.0


def past() -> Histories:
    """From a customer of today to a busy one, in weeks, with the gaps that the models of regularity look at."""
    return Histories.of(
        [0, 0, 1, 2, 7, 26],
        [0.0, 0.0, 4.9, 30.4, 29.4, 30.9],
        [0.0, 39.0, 38.9, 38.9, 38.9, 31.0],
        time_unit_days=WEEKS,
        sum_log_gaps=[0.0, 0.0, np.log(4.9), 2 * np.log(15.2), 7 * np.log(4.2), 26 * np.log(1.19)],
        pattern=[0, 1, 0, 1, 1, 0],
    )


def simulated(model: PurchaseModel, values: tuple[float, ...], customers: int) -> Histories:
    random = np.random.default_rng(8)
    ages = random.uniform(10, 80, customers)
    return model.simulate(model.Parameters.from_array(np.array(values)), age=ages, generator=random)


@EACH
def test_parameters_survive_the_trip_to_an_array(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    assert parameters.as_array().tolist() == pytest.approx(values)


@EACH
def test_likelihoods_of_all_histories_that_can_be_are_finite(model: PurchaseModel, values) -> None:
    found = model.log_likelihood(model.Parameters.from_array(np.array(values)), past())
    assert found.shape == (6,)
    assert np.isfinite(found).all()


@EACH
def test_probability_alive_is_a_probability_that_falls(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    now, later = (model.probability_alive(parameters, past(), after=after) for after in (0.0, 20.0))
    assert np.all((now >= 0) & (now <= 1))
    assert np.all((later >= 0) & (later <= now))


@EACH
def test_no_time_no_orders(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    assert model.expected_orders(parameters, past(), horizon=0.0) == pytest.approx(np.zeros(6), abs=1e-15)
    none = model.discounted_expected_orders(parameters, past(), horizon=0.0, discount_rate=0.01)
    assert none == pytest.approx(np.zeros(6), abs=1e-15)
    assert model.order_count_pmf(parameters, past(), horizon=0.0, up_to=2) == pytest.approx(
        np.tile([1.0, 0.0, 0.0], (6, 1)), abs=1e-12
    )


@EACH
def test_a_longer_horizon_never_brings_less(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    plain = [model.expected_orders(parameters, past(), horizon=h) for h in (1.0, 10.0, 52.0, 260.0)]
    discounted = [
        model.discounted_expected_orders(parameters, past(), horizon=h, discount_rate=0.003)
        for h in (1.0, 10.0, 52.0, 260.0)
    ]
    assert np.all(np.diff(plain, axis=0) > 0)
    assert np.all(np.diff(discounted, axis=0) > 0)
    assert np.all(np.array(discounted) <= plain)


@EACH
def test_orders_of_two_periods_add_up(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    whole = model.expected_orders(parameters, past(), horizon=52.0)
    parts = [model.expected_orders(parameters, past(), start=s, horizon=h) for s, h in ((0.0, 13.0), (13.0, 39.0))]
    assert sum(parts) == pytest.approx(whole, rel=1e-9)


@EACH
def test_known_probabilities_of_being_alive_give_the_same_orders(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    alive = model.probability_alive(parameters, past())
    assert model.expected_orders(parameters, past(), horizon=52.0, alive=alive) == pytest.approx(
        model.expected_orders(parameters, past(), horizon=52.0), rel=1e-12
    )
    halved = model.discounted_expected_orders(parameters, past(), horizon=52.0, discount_rate=0.003, alive=alive / 2)
    whole = model.discounted_expected_orders(parameters, past(), horizon=52.0, discount_rate=0.003)
    assert 2 * halved == pytest.approx(whole, rel=1e-12)


@EACH
@pytest.mark.parametrize("intensity", [1.0, 0.7, 1.5])
def test_order_counts_add_up_to_one_and_to_the_mean(model: PurchaseModel, values, intensity: float) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    pmf = model.order_count_pmf(parameters, past(), horizon=20.0, up_to=300, intensity=intensity)
    mean = model.expected_orders(parameters, past(), horizon=20.0, intensity=intensity)
    assert pmf.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-6)
    assert pmf @ np.arange(301) == pytest.approx(mean, rel=1e-4)


@EACH
def test_more_intensity_brings_more_orders(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    less, more = (model.expected_orders(parameters, past(), horizon=39.0, intensity=i) for i in (1.0, 1.2))
    assert np.all(more > less)


@EACH
def test_days_and_weeks_give_the_same_orders(model: PurchaseModel, values) -> None:
    weeks = simulated(model, values, 2_000).in_unit(1.0)  # simulated in unit 1, read as weeks
    weeks = Histories.of(
        weeks.repeat_orders,
        weeks.age_at_last_order,
        weeks.age,
        time_unit_days=WEEKS,
        sum_log_gaps=weeks.sum_log_gaps,
        pattern=weeks.pattern,
    )
    days = weeks.in_unit(1.0)
    by_week, by_day = model.fit(weeks), model.fit(days)
    assert by_week.converged
    assert model.expected_orders(by_day.parameters, days, horizon=7 * 26.0) == pytest.approx(
        model.expected_orders(by_week.parameters, weeks, horizon=26.0), rel=1e-5
    )
    assert model.probability_alive(by_day.parameters, days) == pytest.approx(
        model.probability_alive(by_week.parameters, weeks), rel=1e-5, abs=1e-9
    )


@EACH
def test_the_order_of_the_rows_does_not_matter(model: PurchaseModel, values) -> None:
    histories = simulated(model, values, 500)
    shuffled = np.random.default_rng(1).permutation(len(histories))
    one, other = model.fit(histories), model.fit(histories.at(shuffled))
    assert other.parameters.as_array() == pytest.approx(one.parameters.as_array(), rel=1e-6)
    alive = model.probability_alive(one.parameters, histories)
    assert model.probability_alive(one.parameters, histories.at(shuffled)) == pytest.approx(alive[shuffled])


@EACH
def test_weights_stand_for_repeated_rows(model: PurchaseModel, values) -> None:
    histories = simulated(model, values, 300)
    twice = histories.at(np.repeat(np.arange(300), 2))
    distinct, _ = twice.distinct()
    assert model.fit(distinct).log_likelihood == pytest.approx(model.fit(twice).log_likelihood, rel=1e-9)


@EACH
def test_the_maximum_is_higher_than_the_truth(model: PurchaseModel, values) -> None:
    histories = simulated(model, values, 1_000)
    fit = model.fit(histories)
    truth = model.log_likelihood(model.Parameters.from_array(np.array(values)), histories).sum()
    assert fit.log_likelihood >= truth
    assert fit.log_likelihood == pytest.approx(model.log_likelihood(fit.parameters, histories).sum(), rel=1e-9)


@EACH
def test_the_posterior_lies_around_the_fit(model: PurchaseModel, values) -> None:
    histories = simulated(model, values, 2_000)
    fit = model.fit(histories)
    found = model.posterior(fit, histories, draws=25, generator=np.random.default_rng(3))
    assert found.parameters.shape == (25, len(values))
    assert found.k_hat < 0.7
    low, high = found.quantile(0.001), found.quantile(0.999)
    assert np.all((low <= fit.parameters.as_array()) & (fit.parameters.as_array() <= high))


@EACH
def test_the_posterior_is_drawn_as_asked(model: PurchaseModel, values) -> None:
    histories = simulated(model, values, 400)
    found = model.posterior(
        model.fit(histories), histories, draws=5, generator=np.random.default_rng(3), method="importance"
    )
    assert found.method == "importance sampling"


@EACH
@pytest.mark.parametrize("probability", [0.0, 1.0, 2.0, 90.0, float("nan")])
def test_what_is_no_chance_is_refused_in_words(model: PurchaseModel, values, probability: float) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    for ask in (model.next_order_time, model.remaining_lifetime):
        with pytest.raises(InvalidQuestionError, match="above 0 and below 1"):
            ask(parameters, past(), probability=probability, horizon=10.0)


@EACH
def test_next_order_is_later_for_a_higher_probability(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    early, late = (model.next_order_time(parameters, past(), probability=p, horizon=1e4) for p in (0.3, 0.5))
    known = np.isfinite(late)
    assert known[3:].all()
    assert np.all((early[known] > 0) & (early[known] < late[known]))
    assert np.isnan(model.next_order_time(parameters, past(), horizon=1e-6)).all()


@EACH
def test_remaining_lifetime_is_where_the_chance_of_being_alive_gets_to(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    alive = model.probability_alive(parameters, past())
    times = model.remaining_lifetime(parameters, past())
    assert np.all(times[alive < 0.5] == 0.0)
    for row in np.flatnonzero((alive > 0.5) & np.isfinite(times)):
        there = model.probability_alive(parameters, past(), after=float(times[row]))[row]
        assert there == pytest.approx(0.5, abs=1e-3)


@EACH
def test_futures_that_are_drawn_have_the_distribution_of_the_formulas(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    future = model.sample_future(
        parameters,
        past(),
        model.probability_alive(parameters, past()),
        horizon=26.0,
        value_cap=104.0,
        intensity=1.2,
        replicates=40_000,
        generator=np.random.default_rng(5),
    )
    pmf = model.order_count_pmf(parameters, past(), horizon=26.0, up_to=3, intensity=1.2)
    for k in range(4):
        assert (future.orders == k).mean(axis=0) == pytest.approx(pmf[:, k], abs=0.012)
    whole = model.expected_orders(parameters, past(), horizon=104.0, intensity=1.2)
    assert (future.orders + future.later_orders).mean(axis=0) == pytest.approx(whole, rel=0.04, abs=0.01)
    assert np.all((future.active >= 0) & (future.active <= 26.0))
    assert np.all((future.later_active >= 0) & (future.active + future.later_active <= 104.0 * (1 + 1e-12)))
    assert not future.orders[future.active == 0].any()


@EACH
def test_simulated_customers_order_as_often_as_expected(model: PurchaseModel, values) -> None:
    parameters = model.Parameters.from_array(np.array(values))
    ages = np.full(40_000, 39.0)
    found = model.simulate(parameters, age=ages, generator=np.random.default_rng(6))
    nothing = np.zeros(len(found))
    new = Histories.of(nothing, nothing, nothing, sum_log_gaps=nothing, pattern=found.pattern)
    expected = model.expected_orders(parameters, new, horizon=39.0)
    assert found.repeat_orders.mean() == pytest.approx(expected.mean(), rel=0.03)
    assert np.all(found.age_at_last_order[found.repeat_orders == 0] == 0)
