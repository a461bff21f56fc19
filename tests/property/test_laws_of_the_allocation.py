"""Laws of the allocation: within its limits, never at a loss, as good as HiGHS, and more money never brings less."""

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepers.decisions.allocating.allocation import InvalidLimitsError, allocate
from keepers.decisions.allocating.frontier import frontier_budgets, or_better


def case(seed: int, customers: int, resources: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Options that use ever more, gains of which some are losses, and limits below what all together want."""
    random = np.random.default_rng(seed)
    uses = np.zeros((5, resources))
    uses[1:] = random.exponential(1.0, (4, resources)).cumsum(axis=0)
    gains = np.zeros((customers, 5))
    gains[:, 1:] = random.gamma(0.5, 2.0, (customers, 1)) * random.normal(0.5, 1.0, (customers, 4)).cumsum(axis=1)
    return gains, uses, customers * random.uniform(0.2, 1.0, resources)


def best_by_highs(gains: np.ndarray, uses: np.ndarray, limits: np.ndarray) -> float:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    takes = [[solver.addBinary() for _ in uses] for _ in gains]
    for row in takes:
        solver.addConstr(sum(row) == 1)
    for place, limit in enumerate(limits):
        used = [float(uses[j, place]) * take for row in takes for j, take in enumerate(row) if uses[j, place] > 0]
        solver.addConstr(sum(used) <= float(limit))
    solver.maximize(sum(float(gains[i, j]) * take for i, row in enumerate(takes) for j, take in enumerate(row)))
    return float(solver.getObjectiveValue())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 400), st.integers(1, 4))
def test_a_plan_keeps_its_limits_and_has_no_line_at_a_loss(seed, customers, resources) -> None:
    gains, uses, limits = case(seed, customers, resources)
    found = allocate(gains, uses, limits)
    own = gains[np.arange(customers), found.choice]
    assert np.all(found.used <= limits * (1 + 1e-12))
    assert np.all(own[found.choice > 0] > 0)
    assert found.gain == pytest.approx(own.sum())
    assert found.gain <= found.bound * (1 + 1e-9)
    if resources == 1:
        assert found.bound - found.gain <= gains.max() + 1e-9


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 25), st.integers(1, 3))
def test_on_small_bases_nobody_does_better_than_highs_and_neither_do_we_worse_than_a_customer(
    seed, customers, resources
) -> None:
    gains, uses, limits = case(seed, customers, resources)
    found, best = allocate(gains, uses, limits), best_by_highs(gains, uses, limits)
    assert found.gain <= best + 1e-6
    assert found.bound >= best - 1e-6
    assert best - found.gain <= resources * gains.max() + 1e-6


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 300))
def test_more_money_never_brings_less_and_each_further_unit_brings_less(seed, customers) -> None:
    gains, uses, limits = case(seed, customers, 1)
    found = frontier_budgets(gains, uses, limits)
    assert np.all(np.diff(found.budgets) >= 0)
    assert np.all(np.diff(found.gains) >= -gains.max() * 1e-9)
    assert np.all(np.diff(found.marginal) <= 1e-6 * found.marginal[0])
    assert found.gains[0] == 0.0
    assert found.marginal[-1] == 0.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(2, 4))
def test_the_frontier_never_falls_and_the_plan_is_never_below_it(seed, customers, resources) -> None:
    gains, uses, limits = case(seed, customers, resources)
    found = frontier_budgets(gains, uses, limits)
    own = np.take_along_axis(gains.T, found.choices, axis=0).sum(axis=1)
    assert np.all(np.diff(found.gains) >= 0)
    assert found.gains == pytest.approx(own)
    plan = or_better(allocate(gains, uses, limits), found, uses, limits)
    assert plan.gain >= found.gains[found.budgets <= limits[0]].max()
    assert np.all(plan.used <= limits * (1 + 1e-12))


@pytest.mark.parametrize("customers", [100, 100_000])
def test_customers_who_tie_are_given_the_nearest_option_as_long_as_there_is_money(customers) -> None:
    gains, uses = np.tile([0.0, 5.0, 6.0], (customers, 1)), np.array([[0.0], [1.0], [10.0]])
    found = allocate(gains, uses, np.array([0.5 * customers]))
    assert found.gain == 2.5 * customers
    assert found.used == [0.5 * customers]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 25))
def test_customers_who_tie_are_within_a_customer_of_highs_too(seed, customers) -> None:
    gains, uses, limits = case(seed, customers, 1)
    gains[:] = gains[0]
    assert best_by_highs(gains, uses, limits) - allocate(gains, uses, limits).gain <= gains.max() + 1e-6


def test_without_money_nothing_is_done() -> None:
    gains, uses, _ = case(1, 50, 2)
    found = allocate(gains, uses, np.zeros(2))
    assert not found.choice.any()
    assert found.gain == 0.0


def test_limits_below_zero_are_refused() -> None:
    gains, uses, _ = case(1, 5, 2)
    with pytest.raises(InvalidLimitsError, match="one limit a resource"):
        allocate(gains, uses, np.array([1.0, -1.0]))
