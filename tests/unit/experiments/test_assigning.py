"""Lots: the same for the same name, others in every experiment, and nothing leaks to the held-out."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from keepers.experiments.assigning import GLOBAL_CONTROL, HELD_OUT, InvalidLotteryError, Lottery, assign, lots
from keepers.experiments.holding_out import HeldOut, HeldOutError

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
PEOPLE = [f"c{number}" for number in range(4_000)]


def drawn(lottery: Lottery, people: list[str] = PEOPLE, **more: object) -> dict[str, str]:
    rows = assign(lottery, people, assigned_at=NOON, **more)  # type: ignore[arg-type]
    return dict(zip(rows["customer_id"].to_pylist(), rows["arm"].to_pylist(), strict=True))


def test_a_customer_keeps_the_arm_whoever_else_takes_part() -> None:
    lottery = Lottery("spring", "letter", held_share=0.2)
    whole, few = drawn(lottery), drawn(lottery, PEOPLE[100:0:-1])
    assert {who: whole[who] for who in few} == few


def test_two_experiments_draw_lots_that_know_nothing_of_each_other() -> None:
    one, other = (lots(Lottery(name, "letter", held_share=0.5), PEOPLE) for name in ("spring", "autumn"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05
    assert abs(one.mean() - 0.5) < 0.02


def test_every_arm_gets_its_share_and_its_probability_is_kept() -> None:
    rows = assign(Lottery("spring", "letter", 0.2, {"letter": 3, "call": 1}), PEOPLE, assigned_at=NOON)
    chances = dict(zip(rows["arm"].to_pylist(), rows["probability"].to_pylist(), strict=True))
    assert chances == pytest.approx({HELD_OUT: 0.2, "letter": 0.6, "call": 0.2})
    counts = {row["values"]: row["counts"] for row in rows["arm"].value_counts().to_pylist()}
    assert all(abs(counts[arm] - 4_000 * chance) < 4 * 25.3 for arm, chance in chances.items())


def test_the_global_control_is_the_same_people_in_every_experiment() -> None:
    both = (drawn(Lottery(name, "letter", 0.2, global_share=0.05, seed=len(name))) for name in ("spring", "winters"))
    alone = [{who for who, arm in arms.items() if arm == GLOBAL_CONTROL} for arms in both]
    assert alone[0] == alone[1]
    assert 140 < len(alone[0]) < 260


def test_a_dozen_regions_divide_as_asked_and_stay_whole() -> None:
    regions = [f"r{number % 12}" for number in range(len(PEOPLE))]
    arms = drawn(Lottery("radio", "radio", held_share=0.25), clusters=regions)
    by_region = {
        region: {arms[who] for who, at in zip(PEOPLE, regions, strict=True) if at == region} for region in set(regions)
    }
    assert sorted(len(each) for each in by_region.values()) == [1] * 12
    assert sum(each == {HELD_OUT} for each in by_region.values()) == 3


@pytest.mark.parametrize(
    "lottery",
    [
        lambda: Lottery("spring", "letter", held_share=0.0),
        lambda: Lottery("spring", "letter", 0.1, {HELD_OUT: 1.0}),
        lambda: Lottery("spring", "letter", 0.1, {"letter": 0.0}),
        lambda: Lottery("", "letter", 0.1),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(lottery: object) -> None:
    with pytest.raises(InvalidLotteryError, match=r"\.$"):
        lottery()  # type: ignore[operator]


def test_a_customer_who_comes_twice_is_refused() -> None:
    with pytest.raises(InvalidLotteryError, match="twice"):
        assign(Lottery("spring", "letter", 0.1), ["alice", "bob", "alice"], assigned_at=NOON)


def test_nothing_reaches_the_held_out_by_another_way_and_the_global_control_by_any() -> None:
    rows = assign(
        Lottery("spring", "letter", 0.2, global_share=0.05), PEOPLE, assigned_at=NOON, held_until=date(2024, 5, 1)
    )
    arms = dict(zip(rows["customer_id"].to_pylist(), rows["arm"].to_pylist(), strict=True))
    held = HeldOut.on(date(2024, 4, 1), rows)
    allowed = held.allowed("letter", PEOPLE)
    assert {arms[who] for who in allowed} == {"letter"}
    held.check("letter", allowed)
    assert {arms[who] for who in held.allowed("call", PEOPLE)} == {"letter", HELD_OUT}
    with pytest.raises(HeldOutError, match="held out of"):
        held.check("letter", PEOPLE)


def test_the_held_out_may_be_reached_again_when_the_window_has_ended() -> None:
    rows = assign(Lottery("spring", "letter", 0.2), PEOPLE, assigned_at=NOON, held_until=date(2024, 5, 1))
    assert len(HeldOut.on(date(2024, 5, 1), rows).allowed("letter", PEOPLE)) < len(PEOPLE)
    assert HeldOut.on(date(2024, 5, 2), rows).allowed("letter", PEOPLE) == PEOPLE
    assert HeldOut.on(date(2024, 5, 2), rows).global_control == frozenset()
