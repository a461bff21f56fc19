"""Two outcomes as rows of a table: before, after, and by how much they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.loop.comparison import Outcome
from keepers.valuation.groups import GROUPS

ALIKE = 0.0005
TOTALS: Mapping[str, tuple[Promise, str]] = {
    "residual_value": (_("Worth of the base"), "money"),
    "period_value": (_("Value within the horizon"), "money"),
    "expected_orders": (_("Orders within the horizon"), "count"),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A figure before and after; `share` is the change as a share of before."""

    label: str | Promise
    kind: str
    before: Mapping[str, float] | None
    after: Mapping[str, float] | None
    group: str = ""

    @property
    def is_same(self) -> bool:
        """Whether nobody could tell before from after."""
        return self.share is not None and abs(self.share) < ALIKE

    @property
    def share(self) -> float | None:
        """The change of the mean; None where there is nothing to compare with."""
        if self.before is None or self.after is None or not self.before["mean"]:
            return None
        return self.after["mean"] / self.before["mean"] - 1


def outcome_rows(before: Outcome | None, after: Outcome) -> list[Changed]:
    """Totals with their intervals."""
    return [
        Changed(label, kind, before.totals[name] if before else None, after.totals[name])
        for name, (label, kind) in TOTALS.items()
        if after.totals[name] is not None or (before and before.totals[name] is not None)
    ]


def by_group(before: Outcome | None, after: Outcome) -> dict[str, Any]:
    """Customers and residual value of each group, side by side."""
    customers, worth = (_group_rows(before, after, figure) for figure in ("customers", "residual_value"))
    has_worth = any(row.before or row.after for row in worth)
    return {"groups": list(zip(customers, worth, strict=True)), "has_worth": has_worth}


def _group_rows(before: Outcome | None, after: Outcome, figure: str) -> list[Changed]:
    return [
        Changed(group, "count" if figure == "customers" else "money", _figure(before, group, figure),
                _figure(after, group, figure), group)
        for group in GROUPS
        if group in after.groups or (before and group in before.groups)
    ]  # fmt: skip


def _figure(outcome: Outcome | None, group: str, figure: str) -> Mapping[str, float] | None:
    if outcome is None:
        return None
    value = outcome.groups.get(group, {}).get(figure)
    return None if value is None else {"mean": value}
