"""Laws that hold for every customer and every parameter, whatever they are."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from keepers.clv import pareto_nbd
from keepers.clv.histories import Histories

sizes = st.floats(0.05, 50.0)
parameters = st.builds(pareto_nbd.Parameters, sizes, sizes, sizes, sizes)
shares = st.floats(0.0, 1.0)


@st.composite
def histories(draw: st.DrawFn) -> Histories:
    age = draw(st.floats(0.0, 500.0))
    orders = draw(st.integers(0, 200)) if age > 0 else 0
    return Histories.of([orders], [draw(shares) * age if orders else 0.0], [age])


@settings(max_examples=60, deadline=None)
@given(parameters, histories(), st.floats(0.1, 100.0))
def test_expected_orders_lie_between_nothing_and_the_rate_of_those_who_stay(at, past, horizon) -> None:
    orders = pareto_nbd.expected_orders(at, past, horizon=horizon)[0]
    alive = pareto_nbd.probability_alive(at, past)[0]
    rate = (at.r + past.repeat_orders[0]) / (at.alpha + past.age[0])
    assert 0 <= orders <= alive * rate * horizon * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(parameters, histories(), st.floats(0.1, 100.0), st.floats(0.0, 0.1))
def test_discounting_never_adds(at, past, horizon, discount_rate) -> None:
    plain = pareto_nbd.expected_orders(at, past, horizon=horizon)[0]
    discounted = pareto_nbd.discounted_expected_orders(at, past, horizon=horizon, discount_rate=discount_rate)[0]
    assert discounted <= plain * (1 + 1e-9)
    assert discounted >= plain * np.exp(-discount_rate * horizon) * (1 - 1e-9)


@settings(max_examples=60, deadline=None)
@given(parameters, histories(), st.floats(0.1, 100.0), st.floats(0.1, 100.0))
def test_a_longer_horizon_never_brings_less(at, past, first, more) -> None:
    short, long = (pareto_nbd.expected_orders(at, past, horizon=h)[0] for h in (first, first + more))
    assert long >= short * (1 - 1e-12)


@settings(max_examples=60, deadline=None)
@given(parameters, st.integers(1, 50), shares, shares, st.floats(1.0, 300.0))
def test_a_later_last_order_is_never_a_worse_sign(at, orders, one, other, age) -> None:
    early, late = sorted([one * age, other * age])
    alive = pareto_nbd.probability_alive(at, Histories.of([orders, orders], [early, late], [age, age]))
    assert alive[1] >= alive[0] * (1 - 1e-12)


@settings(max_examples=60, deadline=None)
@given(parameters, histories(), st.floats(0.2, 50.0))
def test_another_unit_changes_no_answer(at, past, days) -> None:
    rescaled = past.in_unit(days)
    same = pareto_nbd.Parameters(at.r, at.alpha / days, at.s, at.beta / days)
    one = pareto_nbd.log_likelihood(at, past)[0]
    other = pareto_nbd.log_likelihood(same, rescaled)[0]
    assert other - past.repeat_orders[0] * np.log(days) == np.float64(one) or np.isclose(
        other - past.repeat_orders[0] * np.log(days), one, rtol=1e-9, atol=1e-9
    )
    assert np.isclose(
        pareto_nbd.expected_orders(at, past, horizon=30.0)[0],
        pareto_nbd.expected_orders(same, rescaled, horizon=30.0 / days)[0],
        rtol=1e-8,
        atol=1e-300,
    )


@settings(max_examples=40, deadline=None)
@given(parameters, histories(), st.floats(0.1, 60.0), st.floats(0.3, 3.0))
def test_order_counts_are_probabilities_whose_sum_grows_to_one(at, past, horizon, intensity) -> None:
    pmf = pareto_nbd.order_count_pmf(at, past, horizon=horizon, up_to=30, intensity=intensity)[0]
    assert np.all(pmf >= 0)
    assert pmf.sum() <= 1 + 1e-7


@settings(max_examples=40, deadline=None)
@given(parameters, histories(), st.floats(0.1, 500.0), st.floats(0.05, 0.95))
def test_the_next_order_is_due_within_the_horizon_or_not_at_all(at, past, horizon, probability) -> None:
    due = pareto_nbd.next_order_time(at, past, horizon=horizon, probability=probability)[0]
    assert np.isnan(due) or 0 <= due <= horizon


@settings(max_examples=40, deadline=None)
@given(parameters, histories())
def test_the_slopes_are_those_of_the_value(at, past) -> None:
    likelihood, logs = pareto_nbd.likelihood(past), np.log(at.as_array())
    _, slopes = likelihood.gradient(logs)
    for j, side in enumerate(np.eye(4)):
        difference = (likelihood.value(logs + 1e-5 * side) - likelihood.value(logs - 1e-5 * side)) / 2e-5
        assert np.isclose(slopes[j], difference, rtol=1e-4, atol=1e-4)
