"""Nothing leaks to the held-out: whoever sends anything asks here first, and is told whom to leave out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

import pyarrow as pa

from keepers.core.errors import KeepersError
from keepers.experiments.assigning import GLOBAL_CONTROL, HELD_OUT

PARTED_BY = " + "


class HeldOutError(KeepersError):
    """An action was about to reach people who are held out of it."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Who must not be reached on a day: by action those held out, and the global control by any.

    An action of several parts, such as `proactive + mailing`, reaches nobody who is held out of one of them.

    by_action: action, or a part of one → customers.
    """

    by_action: dict[str, frozenset[str]]
    global_control: frozenset[str]

    @classmethod
    def on(cls, day: date, assignments: pa.Table) -> Self:
        """Those of the rows of `assignments` whose window has not ended; a window without an end does not."""
        columns = ("customer_id", "arm", "action", "held_until")
        held, alone = dict[str, set[str]](), set[str]()
        for customer, arm, action, until in zip(*(assignments[name].to_pylist() for name in columns), strict=True):
            if arm == GLOBAL_CONTROL:
                alone.add(customer)
            elif arm == HELD_OUT and (until is None or until >= day):
                for part in parts_in(action):
                    held.setdefault(part, set()).add(customer)
        return cls({action: frozenset(people) for action, people in held.items()}, frozenset(alone))

    def allowed(self, action: str, customers: Sequence[str]) -> list[str]:
        """Those whom the action may reach, in their order: also when it comes from another experiment or none."""
        kept_out = self._kept_out(action)
        return [customer for customer in customers if customer not in kept_out]

    def check(self, action: str, customers: Iterable[str]) -> None:
        """Refuse a list that would reach anybody who is held out.

        Raises:
            HeldOutError: it would; the message says how many.
        """
        if leaked := self._kept_out(action) & set(customers):
            raise HeldOutError(
                f'{len(leaked):,} of the people on this list are held out of "{action}", so that what it brings can be '
                f"measured (such as {min(leaked)}). Take the list from the plan, or leave them out."
            )

    def _kept_out(self, action: str) -> frozenset[str]:
        return self.global_control.union(*(self.by_action.get(part, frozenset()) for part in parts_in(action)))


def parts_in(action: str) -> list[str]:
    """The parts of an action's name."""
    return action.split(PARTED_BY)
