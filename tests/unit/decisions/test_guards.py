"""Each guard protects whom it says, and nobody else."""

import numpy as np
import pyarrow as pa
import pytest

from keepers.decisions.keeping import guards
from keepers.decisions.keeping.guards import Case
from keepers.decisions.keeping.worth import Worth
from keepers.decisions.standing import Ahead, Standing

ALICE, BOB, CAROL = range(3)


def case(
    *, proposed: tuple[int, ...] = (ALICE, BOB), net=(-5.0, -5.0, 100.0), above=(0.1, 0.1, 0.9), to_come=None, **columns
) -> Case:
    flags = np.isin(np.arange(len(net)), proposed)
    table = pa.table({"residual_value": [float(each) for each in net], **columns})
    standing = Standing(table, 0.3, (), Ahead(52.0, 260.0, 0.002), money=None)  # type: ignore[arg-type]  # no draws here
    worth = Worth(*(np.array(each, dtype=float) for each in (net, net, net, above, net)), np.full(len(net), ""))
    return Case(standing, worth, flags, np.maximum(worth.net, 0.0) if to_come is None else np.array(to_come))


@pytest.mark.parametrize(
    ("guard", "given"),
    [
        (guards.upper_tail, {"above": (0.3, 0.1, 0.9)}),
        (guards.open_ticket, {"open_tickets": [1, 0, 1]}),
        (guards.duty_to_serve, {"duty_to_serve": [True, False, True]}),
        (guards.influence, {"referred": [2, 0, 5]}),
    ],
    ids=["upper tail", "ticket", "duty", "influence"],
)
def test_a_guard_protects_whom_it_is_about_among_the_proposed(guard, given) -> None:
    found = guard(case(**given))
    assert found.protects.tolist() == [True, False, False]
    assert guards.sentences((found,), 3) == [found.sentence, None, None]


def test_without_its_column_a_guard_is_silent() -> None:
    silent = (guards.open_ticket, guards.duty_to_serve, guards.influence, guards.fairness)
    assert not any(guard(case()).protects.any() for guard in silent)


def test_a_protected_group_is_not_let_go_more_often_than_others() -> None:
    groups = ["a", "b", "b"]
    found = guards.fairness(case(proposed=(ALICE,), protected_group=groups))
    assert found.protects.tolist() == [True, False, False]
    even = guards.fairness(case(proposed=(ALICE, BOB, CAROL), protected_group=groups))
    assert not even.protects.any()


def test_too_much_hanging_on_a_few_protects_everybody_proposed() -> None:
    net, to_come = [100.0] * 2 + [30.0] * 6 + [-4.0] * 12, [110.0] * 2 + [40.0] * 6 + [12.0] * 12
    found = guards.exposure(np.array(to_come), np.arange(20) >= 8)
    assert (found.before, found.after) == (pytest.approx(220 / 604), pytest.approx(220 / 460))
    base = {"net": net, "to_come": to_come, "above": [0.1] * 20}
    assert not guards.poaching(case(proposed=tuple(range(8, 20)), **base)).protects.any(), "less than half"
    assert guards.poaching(case(proposed=tuple(range(6, 20)), **base)).protects.sum() == 14
    few = base | {"to_come": [400.0] * 2 + to_come[2:]}
    assert not guards.poaching(case(proposed=(19,), **few)).protects.any(), "hardly more than before"
