"""What two valuations say of a base, side by side: totals, groups, and which assumptions differ."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keepers.loop.runs import Run
from keepers.valuation.groups import GROUPS
from keepers.warehouse.delta import DeltaStore, PinnedStore

TOTALS = ("residual_value", "period_value", "expected_orders")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a valuation says of the base.

    totals: `residual_value`, `period_value`, `expected_orders`: mean, low and high, or nothing where there is no money
    groups: group → customers and residual value, in the order of the groups
    """

    customers: int
    totals: Mapping[str, Mapping[str, float] | None]
    groups: Mapping[str, Mapping[str, float | None]]


def outcome_kept(store: DeltaStore | PinnedStore, row: Mapping[str, Any]) -> Outcome:
    """The outcome of a run, by its row in `runs`."""
    return _outcome(json.loads(row["base"]), store.query("insight_groups", value_run=row["run_id"]).to_pylist())


def outcome_of(run: Run) -> Outcome:
    """The outcome of a run that was computed and not kept."""
    grouped = run.table.group_by("group").aggregate([("customer_id", "count"), ("residual_value", "sum")])
    rows = grouped.rename_columns(["group", "customers", "residual_value"]).to_pylist()
    return _outcome(run.valuation.totals, rows)


def _outcome(base: Mapping[str, Any], rows: list[dict[str, Any]]) -> Outcome:
    named = {row["group"]: row for row in rows}
    groups = {
        group: {"customers": named[group]["customers"], "residual_value": named[group]["residual_value"]}
        for group in GROUPS
        if group in named
    }
    return Outcome(base["customers"], {name: base[name] for name in TOTALS}, groups)
