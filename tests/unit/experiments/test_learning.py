"""What is learned from several experiments, from history, and about on whom an action works."""

import numpy as np
import pytest

from keepers.experiments.assigning import arms_of
from keepers.experiments.curves import qini_curve
from keepers.experiments.earning import earned
from keepers.experiments.history import NoCounterpartsError, adjusted_effect
from keepers.experiments.policy import Logged, NotExploredError, explored, try_out
from keepers.experiments.pooling import NothingToPoolError, Prior, pooled
from keepers.experiments.targeting import NotLearnableError, Targeting, Tried, judge, learn

PRIOR = Prior(mean=0.0, spread=2.0, between=1.0)


def shop(people: int, effect: object, *, seed: int = 1) -> Tried:
    """Most spend nothing; who is keen spends more often, and the letter works by `effect` of what was known."""
    random = np.random.default_rng(seed)
    known = random.normal(0, 1, (people, 6))
    treated = random.random(people) < 0.5
    chance = np.clip(0.10 * np.exp(0.5 * known[:, 0]) + treated * effect(known), 0, 1)  # type: ignore[operator]
    outcome = np.where(random.random(people) < chance, 10.0, 0.0)
    return Tried(known, treated, np.full(people, 0.5), outcome)


def on_some(known: np.ndarray) -> np.ndarray:
    return np.where(known[:, 1] > 0, 0.10, 0.0)


def in_between(known: np.ndarray) -> np.ndarray:
    return np.where(abs(known[:, 1]) < 0.7, 0.12, 0.0)


def for_some_by_share(known: np.ndarray) -> np.ndarray:
    return 0.10 * np.exp(0.5 * known[:, 0]) * (known[:, 1] > 0)


@pytest.fixture(scope="module")
def taught() -> Targeting:
    return learn(shop(8_000, on_some), np.random.default_rng(2))


def test_who_is_moved_is_found_among_people_not_seen(taught: Targeting) -> None:
    others = shop(8_000, on_some, seed=3)
    found = taught.effects(others.known)
    assert np.corrcoef(found, on_some(others.known))[0, 1] > 0.7
    assert found[others.known[:, 1] > 0.5].mean() > found[others.known[:, 1] < -0.5].mean() + 0.5
    curve = qini_curve(found, others.treated, others.outcome, others.chance)
    assert curve.qini > 2 * curve.qini_error
    assert curve.gain[-1] == pytest.approx(curve.at_random[-1])


def test_the_order_of_rows_changes_nothing(taught: Targeting) -> None:
    tried = shop(8_000, on_some)
    mixed = np.random.default_rng(11).permutation(8_000)
    again = learn(Tried(*(getattr(tried, name)[mixed] for name in Tried.__slots__)), np.random.default_rng(2))
    assert again.effects(tried.known[:50]) == pytest.approx(taught.effects(tried.known[:50]))


def test_an_action_that_works_in_between_is_found() -> None:
    found = learn(shop(8_000, in_between), np.random.default_rng(2))
    known = shop(2_000, in_between, seed=4).known
    assert np.corrcoef(found.effects(known), in_between(known))[0, 1] > 0.7


def test_an_action_that_lifts_the_share_of_some_is_found() -> None:
    found = learn(shop(8_000, for_some_by_share), np.random.default_rng(2))
    known = shop(2_000, for_some_by_share, seed=4).known
    assert np.corrcoef(found.effects(known), for_some_by_share(known))[0, 1] > 0.8


def test_where_all_are_moved_alike_no_differences_are_believed() -> None:
    found = learn(shop(8_000, lambda known: np.full(len(known), 0.05)), np.random.default_rng(2))
    effects = found.effects(shop(2_000, on_some, seed=4).known)
    assert effects.mean() == pytest.approx(0.5, abs=0.15)
    assert effects.std() < 0.2


def test_what_is_unknown_of_somebody_counts_as_usual(taught: Targeting) -> None:
    known = shop(10, on_some).known
    known[0] = np.nan
    assert np.isfinite(taught.effects(known)).all()


def test_an_order_is_judged_on_the_half_that_did_not_teach_it() -> None:
    curve = judge(shop(8_000, on_some), np.random.default_rng(5))
    assert curve.qini > curve.qini_error > 0


def test_an_order_that_knows_nothing_has_no_area() -> None:
    tried = shop(8_000, on_some)
    curve = qini_curve(np.zeros(8_000), tried.treated, tried.outcome, tried.chance)
    assert curve.qini == pytest.approx(0.0)


def test_too_few_people_teach_nothing() -> None:
    with pytest.raises(NotLearnableError, match="200 people"):
        learn(shop(300, on_some), np.random.default_rng(1))


def test_a_group_measured_badly_is_drawn_to_what_is_usual_and_one_measured_well_stays() -> None:
    found = pooled(np.array([1.0, 1.1, 0.9, 5.0]), np.array([0.05, 0.05, 0.05, 4.0]), PRIOR)
    assert found.mean[0] == pytest.approx(1.0, abs=0.03)
    assert abs(found.mean[3] - 1.0) < 0.3
    assert found.high[3] - found.low[3] < 2 * 1.645 * 4.0
    assert found.low[0] < 1.0 < found.high[0]


def test_the_doubt_about_the_spread_of_groups_is_part_of_the_interval() -> None:
    few = pooled(np.array([1.0, 2.0]), np.array([0.3, 0.3]), PRIOR)
    many = pooled(np.tile([1.0, 2.0], 10), np.full(20, 0.3), PRIOR)
    assert few.another[2] - few.another[1] > many.another[2] - many.another[1]
    assert few.action[2] - few.action[1] > 2 * (many.action[2] - many.action[1])


def test_pooled_intervals_cover_over_worlds_of_the_prior() -> None:
    random = np.random.default_rng(6)
    held = []
    for _ in range(60):
        truth = random.normal(PRIOR.mean, PRIOR.spread) + abs(random.normal(0, PRIOR.between)) * random.normal(0, 1, 5)
        errors = random.uniform(0.2, 1.5, 5)
        found = pooled(random.normal(truth, errors), errors, PRIOR)
        held += list((found.low < truth) & (truth < found.high))
    assert np.mean(held) == pytest.approx(0.90, abs=0.06)


def test_without_any_measurement_the_stated_prior_stands() -> None:
    found = pooled(np.array([]), np.array([]), PRIOR)
    assert found.action == pytest.approx((0.0, -1.645 * 2, 1.645 * 2), abs=0.01)
    with pytest.raises(NothingToPoolError):
        pooled(np.array([1.0]), np.array([0.0]), PRIOR)


def past(people: int, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The keen were mailed, and would have bought anyway."""
    random = np.random.default_rng(7)
    keen = random.normal(0, 1, people)
    mailed = random.random(people) < 1 / (1 + np.exp(-1.5 * keen))
    return keen[:, None], mailed, 3 * keen + effect * mailed + random.normal(0, 1, people)


def test_history_is_adjusted_and_then_doubted() -> None:
    known, mailed, outcome = past(4_000, 1.0)
    found = adjusted_effect(
        known, mailed, outcome, prior_mean=0.0, prior_spread=1.0, generator=np.random.default_rng(8)
    )
    assert found.naive > 3
    assert abs(found.adjusted - 1.0) < 0.35
    assert found.doubt == pytest.approx(abs(found.naive - found.adjusted))
    assert 0 < found.shrunk.mean < 0.5 * found.adjusted
    assert found.shrunk.low < 1.0 < found.shrunk.high
    assert 500 < found.kept < found.people


def test_history_without_counterparts_is_refused() -> None:
    known = np.repeat([-1.0, 1.0], 1_000)[:, None]
    with pytest.raises(NoCounterpartsError, match="no counterpart"):
        adjusted_effect(
            known, known[:, 0] > 0, np.ones(2_000), prior_mean=0, prior_spread=1, generator=np.random.default_rng(1)
        )


def test_a_new_policy_is_worth_what_its_lots_say() -> None:
    """Arm 1 earns 2 more for the second kind of customer; the plan in use ignores that, but a third explores."""
    random = np.random.default_rng(9)
    kind = random.integers(0, 2, 20_000)
    chances = explored(np.zeros(20_000, dtype=np.intp), 2, share=0.3)
    arm = arms_of(random.random(20_000), chances)
    outcome = 1.0 + 2.0 * kind * arm + random.normal(0, 1, 20_000)
    logged = Logged(arm, chances[np.arange(20_000), arm], outcome)
    policy = np.eye(2)[kind]
    expected = np.column_stack([np.ones(20_000), 1.0 + 1.5 * kind])
    found = try_out(logged, policy, expected=expected)
    assert found.doubly_robust is not None
    for interval in (found.inverse, found.normalised, found.doubly_robust):
        assert interval.low - 0.05 < 2.0 < interval.high + 0.05
    narrow, wide = (each.high - each.low for each in (found.doubly_robust, found.inverse))
    assert narrow < wide
    assert 1_000 < found.worth_people < 20_000


def test_a_policy_that_nobody_s_lot_tried_is_refused() -> None:
    logged = Logged(np.zeros(500, dtype=np.intp), np.ones(500), np.ones(500))
    with pytest.raises(NotExploredError, match="explore"):
        try_out(logged, np.tile([0.0, 1.0], (500, 1)))


def test_single_effects_earn_their_use_only_where_customers_differ() -> None:
    names = [f"C{number}" for number in range(8_000)]
    differing, alike = shop(8_000, on_some), shop(8_000, lambda known: 0.05 * np.exp(0.5 * known[:, 0]))
    usual = np.exp(0.5 * differing.known[:, 0])
    assert earned(differing, usual, names, np.random.default_rng(5)).holds
    assert not earned(alike, usual, names, np.random.default_rng(5)).holds
