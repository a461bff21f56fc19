"""What forbids to let a customer go, however little they are worth: each guard is one function with its sentence.

A plan never lets anybody go by itself: the decision is a proposal to a person, and only where no guard speaks. A guard
looks at columns that the table of values may have beside the run's own (`open_tickets`, `duty_to_serve`, `referred`,
`protected_group`), which a workspace fills and a file may carry.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keepers.decisions.keeping.worth import Worth
from keepers.decisions.standing import Standing
from keepers.decisions.terms.effects import Flags, Floats

POACHING = "poaching"
UPPER_TAIL = 0.25  # chance above cost from which nobody is let go
REFERRED_SHARE = (0.1, 0.5)  # of a customer brought by somebody, the part owed to word of mouth: low and high
UNFAIR_RATIO = 0.8  # the four-fifths rule: a group's share kept against that of the group kept most
MOST_TO_TOP = 0.5  # share of the margin left that may hang on the top tenth before poaching is a danger
MOST_MORE = 0.05  # how much more may hang on them than before


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A reason not to let some customers go: (n,) whom it protects, and why, in a sentence."""

    name: str
    protects: Flags
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Whom somebody proposes to let go, (n,), and what is known of all customers.

    to_come: (n,) margin to come before the cost of serving them [money]
    """

    standing: Standing
    worth: Worth
    proposed: Flags
    to_come: Floats


@dataclass(frozen=True, slots=True)
class Exposure:
    """How much of the margin to come hangs on today's top tenth, before and after some customers are gone [share].

    It is the margin before the cost of serving: what the firm lives on, also where serving eats it up.
    """

    before: float
    after: float

    @property
    def dangerous(self) -> bool:
        """Whether that makes it too much, and clearly more than before."""
        return self.after > MOST_TO_TOP and self.after > self.before + MOST_MORE


def guards_for(case: Case) -> tuple[Guard, ...]:
    """Every guard, and whom of the proposed it protects."""
    return tuple(look(case) for look in (upper_tail, open_ticket, duty_to_serve, influence, fairness, poaching))


def upper_tail(case: Case) -> Guard:
    """Whoever may well turn out worth more than they cost."""
    protects = case.proposed & ((case.worth.above_cost >= UPPER_TAIL) | (case.worth.growable != ""))
    return Guard("upper tail", protects, "May well turn out to be worth more than they cost.")


def open_ticket(case: Case) -> Guard:
    """Whoever waits for an answer from us."""
    waiting = given(case.standing, "open_tickets") > 0
    return Guard("open ticket", case.proposed & waiting, "Has a complaint or request open: answer it first.")


def duty_to_serve(case: Case) -> Guard:
    """Whoever the law or a contract or consent obliges us to."""
    bound = given(case.standing, "duty_to_serve") > 0
    return Guard("duty", case.proposed & bound, "The firm is bound to serve them, by law, contract or consent.")


def influence(case: Case) -> Guard:
    """Whoever brought others: with the part of their worth that word of mouth may be owed, they pay."""
    protects = (
        case.proposed & (case.worth.net + word_of_mouth(case.standing)[1] > 0) & (given(case.standing, "referred") > 0)
    )
    return Guard("influence", protects, "Brought other customers, whose worth outweighs what they cost.")


def fairness(case: Case) -> Guard:
    """Members of a protected group that would be let go clearly more often than the group kept most."""
    if "protected_group" not in case.standing.table.column_names:
        return Guard("fairness", np.zeros(case.standing.size, dtype=np.bool_), _UNFAIR)
    _, group = np.unique(np.array(case.standing.table["protected_group"].to_pylist(), dtype=str), return_inverse=True)
    kept = np.bincount(group, weights=~case.proposed) / np.bincount(group)
    return Guard("fairness", case.proposed & (kept < UNFAIR_RATIO * kept.max())[group], _UNFAIR)


def poaching(case: Case) -> Guard:
    """Everybody proposed, where without them too much would hang on a few whom a rival could take."""
    protects = case.proposed & exposure(case.to_come, case.proposed).dangerous
    return Guard(POACHING, protects, "Without them too much would hang on a few whom a rival could take.")


def exposure(to_come: Floats, gone: Flags) -> Exposure:
    """How much hangs on today's top tenth (n,), before and after some are gone."""
    some = max(1, round(len(to_come) / 10))
    top = np.zeros(len(to_come), dtype=np.bool_)
    top[np.argsort(-to_come, kind="stable")[:some]] = True
    return Exposure(_held(to_come, top), _held(to_come[~gone], top[~gone]))


def word_of_mouth(standing: Standing) -> tuple[Floats, Floats]:
    """(n,) low and high of what customers brought by each are worth to the one who brought them [money].

    A customer brought may have come anyway: between a tenth and half of the mean customer's value is counted.
    """
    brought, usual = given(standing, "referred"), float(np.nanmean(standing.column("residual_value")))
    return REFERRED_SHARE[0] * usual * brought, REFERRED_SHARE[1] * usual * brought


def given(standing: Standing, name: str) -> Floats:
    """A column that may be there, as numbers; zeros where it is not."""
    if name not in standing.table.column_names:
        return np.zeros(standing.size)
    return np.nan_to_num(standing.column(name))


def sentences(guards: tuple[Guard, ...], size: int) -> list[str | None]:
    """(n,) the sentences of the guards that protect each customer; None where none does."""
    told: list[Any] = [None] * size
    for guard in guards:
        for row in np.flatnonzero(guard.protects):
            told[row] = guard.sentence if told[row] is None else f"{told[row]} {guard.sentence}"
    return told


_UNFAIR = "A protected group would be let go clearly more often than others."


def _held(to_come: Floats, top: Flags) -> float:
    total = float(to_come.sum())
    return float(to_come[top].sum()) / total if total > 0 else 0.0
