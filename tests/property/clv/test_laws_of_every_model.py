"""Laws that every model of orders keeps, whatever the customers, and where it must not break down."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepers.clv import bg_nbd, gamma_gamma, mbg_cnbd_k, mbg_nbd, pareto_nbd
from keepers.clv.histories import Histories

sizes = st.floats(0.05, 50.0)
values = st.tuples(sizes, sizes, sizes, sizes)
shares = st.floats(0.0, 1.0)
MODELS = [pareto_nbd, bg_nbd, mbg_nbd, mbg_cnbd_k]
EACH = pytest.mark.parametrize("model", MODELS, ids=[model.NAME for model in MODELS])
TIMES = {pareto_nbd: [1, 3]}  # which parameters carry the unit of time; [1] for the others


def parameters_of(model, four):
    return model.Parameters.from_array(np.array([*four, 2.0] if model is mbg_cnbd_k else four))


@st.composite
def histories(draw: st.DrawFn) -> Histories:
    age = draw(st.floats(0.0, 500.0))
    orders = draw(st.integers(0, 300)) if age > 0 else 0
    last = draw(shares) * age if orders else 0.0
    return Histories.of([orders], [last], [age], sum_log_gaps=[orders * np.log(max(last, 1e-3) / max(orders, 1))])


@EACH
@settings(max_examples=25, deadline=None)
@given(values, histories(), st.floats(0.1, 100.0), st.floats(0.1, 100.0))
def test_a_longer_horizon_never_brings_less_and_nobody_rises_from_the_dead(model, four, past, first, more) -> None:
    at = parameters_of(model, four)
    short, long = (model.expected_orders(at, past, horizon=horizon)[0] for horizon in (first, first + more))
    assert 0 <= short <= long * (1 + 1e-9) + 1e-300
    now, then = (model.probability_alive(at, past, after=after)[0] for after in (0.0, first))
    assert 0 <= then <= now * (1 + 1e-12) <= 1 + 1e-12


@EACH
@settings(max_examples=25, deadline=None)
@given(values, histories(), st.floats(0.2, 50.0))
def test_another_unit_of_time_changes_no_answer(model, four, past, days) -> None:
    rescaled = np.array(four)
    rescaled[TIMES.get(model, [1])] /= days
    at, same, other = parameters_of(model, four), parameters_of(model, rescaled), past.in_unit(days)
    shift = past.repeat_orders[0] * np.log(days)
    likelihoods = model.log_likelihood(at, past)[0], model.log_likelihood(same, other)[0] - shift
    assert likelihoods[1] == pytest.approx(likelihoods[0], rel=1e-9, abs=1e-8)
    assert model.probability_alive(same, other) == pytest.approx(
        model.probability_alive(at, past), rel=1e-8, abs=1e-300
    )
    orders = model.expected_orders(at, past, horizon=30.0)
    assert model.expected_orders(same, other, horizon=30.0 / days) == pytest.approx(orders, rel=1e-8, abs=1e-300)


@EACH
@settings(max_examples=15, deadline=None)
@given(values, histories(), st.floats(0.1, 60.0), st.floats(0.3, 3.0))
def test_order_counts_are_probabilities_with_the_mean_expected(model, four, past, horizon, intensity) -> None:
    at = parameters_of(model, four)
    pmf = model.order_count_pmf(at, past, horizon=horizon, up_to=40, intensity=intensity)[0]
    assert np.all(pmf >= -1e-12)
    assert pmf.sum() <= 1 + 1e-7
    mean = model.expected_orders(at, past, horizon=horizon, intensity=intensity)[0]
    assert pmf @ np.arange(41) <= mean * (1 + 1e-6) + 1e-9


@pytest.mark.parametrize("model", [pareto_nbd, bg_nbd, mbg_nbd], ids=lambda model: model.NAME)
@settings(max_examples=25, deadline=None)
@given(values, histories())
def test_the_slopes_are_those_of_the_value(model, four, past) -> None:
    likelihood, logs = model.likelihood(past), np.log(four)
    value, slopes = likelihood.gradient(logs)
    assert value == pytest.approx(likelihood.value(logs), rel=1e-12, abs=1e-12)
    for j, side in enumerate(np.eye(4)):
        difference = (likelihood.value(logs + 1e-5 * side) - likelihood.value(logs - 1e-5 * side)) / 2e-5
        assert slopes[j] == pytest.approx(difference, rel=1e-4, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(values, histories(), st.floats(1.0, 100.0))
def test_one_stage_of_regularity_is_none(four, past, horizon) -> None:
    plain, regular = mbg_nbd.Parameters(*four), mbg_cnbd_k.Parameters(*four, k=1)
    assert mbg_cnbd_k.log_likelihood(regular, past) == pytest.approx(mbg_nbd.log_likelihood(plain, past), rel=1e-12)
    assert mbg_cnbd_k.expected_orders(regular, past, horizon=horizon) == pytest.approx(
        mbg_nbd.expected_orders(plain, past, horizon=horizon), rel=1e-12, abs=1e-300
    )


@settings(max_examples=25, deadline=None)
@given(st.tuples(sizes, sizes, sizes), st.floats(0.01, 1e4), st.integers(1, 500), st.floats(0.01, 1000.0))
def test_cents_and_euros_give_the_same_money(three, mean, orders, cents) -> None:
    p, q, v = three
    euros, other = gamma_gamma.Spend.of([mean], [orders]), gamma_gamma.Spend.of([mean * cents], [orders])
    at, same = gamma_gamma.Parameters(p, q, v), gamma_gamma.Parameters(p, q, v * cents)
    level = gamma_gamma.log_likelihood(at, euros)
    assert gamma_gamma.log_likelihood(same, other) + np.log(cents) == pytest.approx(level, rel=1e-9, abs=1e-9)
    worth = gamma_gamma.expected_order_value(at, euros)
    assert gamma_gamma.expected_order_value(same, other) == pytest.approx(worth * cents, rel=1e-9, nan_ok=True)


BASES = {
    "one customer": Histories.of([3], [20.0], [30.0], sum_log_gaps=[5.5]),
    "identical customers": Histories.of([2] * 50, [20.0] * 50, [30.0] * 50, sum_log_gaps=[4.6] * 50),
    "one-time buyers": Histories.of([0] * 80, [0.0] * 80, np.arange(1.0, 81.0), sum_log_gaps=[0.0] * 80),
    "customers of today": Histories.of([0] * 5, [0.0] * 5, [0.0] * 5, sum_log_gaps=[0.0] * 5),
    "very busy customers": Histories.of([5_000, 4_000, 10], [1_999.0, 1_500.0, 40.0], [2_000.0, 2_000.0, 2_000.0],
                                        sum_log_gaps=[-4_600.0, -4_000.0, 13.0]),
}  # fmt: skip


@EACH
@pytest.mark.parametrize("name", BASES)
def test_bases_that_tell_little_end_in_words_and_finite_draws(model, name: str) -> None:
    past = BASES[name]
    fit = model.fit(past)
    found = model.posterior(fit, past, draws=10, generator=np.random.default_rng(1))
    assert np.isfinite(found.parameters).all()
    assert np.all(found.parameters > 0)
    assert fit.converged or fit.warnings
    at = model.Parameters.from_array(found.parameters[0])
    alive = model.probability_alive(at, past)
    assert np.all((alive >= 0) & (alive <= 1))
    assert np.isfinite(model.expected_orders(at, past, horizon=30.0)).all()


@EACH
def test_weights_are_repeated_rows_in_the_posterior_too(model) -> None:
    once = Histories.of([0, 1, 4], [0.0, 10.0, 25.0], [30.0, 30.0, 30.0], weight=[40, 20, 10],
                        sum_log_gaps=[0.0, 2.3, 7.3])  # fmt: skip
    rows = once.at(np.repeat(np.arange(3), [40, 20, 10]))
    rows = Histories.of(rows.repeat_orders, rows.age_at_last_order, rows.age, sum_log_gaps=rows.sum_log_gaps)
    means = []
    for past in (once, rows):
        found = model.posterior(model.fit(past), past, draws=25, generator=np.random.default_rng(2))
        means.append(found.weights @ np.log(found.points[:, :4]))
    assert means[0] == pytest.approx(means[1], abs=1e-3)
