"""What two valuations say of a base, side by side: totals, groups, and which assumptions differ."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import keepers
from keepers.core.told import with_sentences
from keepers.loop.last_day import last_day_in
from keepers.loop.runs import Run, as_kept
from keepers.loop.workspace import imports_of
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.fits import MARGINS_FROM_COSTS
from keepers.valuation.groups import GROUPS
from keepers.warehouse.delta import DeltaStore, PinnedStore

MONEY = ("residual_value", "period_value")
TOTALS = (*MONEY, "expected_orders")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a valuation says of the base.

    totals: `residual_value`, `period_value`, `expected_orders`: mean, low and high, or nothing where there is no money
    groups: group → customers and residual value, in the order of the groups
    """

    customers: int
    totals: Mapping[str, Mapping[str, float] | None]
    groups: Mapping[str, dict[str, float | None]]


def outcome_kept(store: DeltaStore | PinnedStore, row: Mapping[str, Any]) -> Outcome:
    """The outcome of a run, by its row in `runs`."""
    return _outcome(json.loads(row["base"]), store.query("insight_groups", value_run=row["run_id"]).to_pylist())


def outcome_of(run: Run) -> Outcome:
    """The outcome of a run that was computed and not kept."""
    grouped = run.table.group_by("group").aggregate([("customer_id", "count"), ("residual_value", "sum")])
    rows = grouped.rename_columns(["group", "customers", "residual_value"]).to_pylist()
    return _outcome(run.valuation.totals, rows)


def knows_all(store: DeltaStore, row: Mapping[str, Any]) -> bool:
    """Whether a run valued the imports that count now, up to the last day that is known."""
    pinned = store.pinned()
    counted = [state["batch_id"] for state in imports_of(pinned) if state["active"]]
    return bool(json.loads(row["batches"]) == counted and row["as_of"] == last_day_in(pinned))


def outcome_at_margin(store: DeltaStore | PinnedStore, row: Mapping[str, Any], wanted: Assumptions) -> Outcome | None:
    """What a kept run would have found at another margin, without valuing anything; None where that cannot be told.

    Where no line has a cost, every value and every draw of one is the margin times what does not know the margin, and
    the groups go by ratios of values. So the money scales, and nothing else moves.
    """
    assumed = json.loads(row["parameters"])["assumptions"]
    asked = {
        name: as_kept(value)
        for name, value in asdict(replace(wanted, currency=wanted.currency or row["currency"])).items()
    }
    others = {name for name in asked if name != "margin" and asked[name] != assumed.get(name)}
    warnings = with_sentences(json.loads(row["diagnostics"])["warnings"])
    costs = any(told.startswith(MARGINS_FROM_COSTS) for told in warnings)
    converted = store.query("saved_exchange_rates").num_rows > 0
    served = bool(wanted.cost_to_serve)  # what serving costs does not scale with the margin
    if others or costs or served or converted or row["version"] != keepers.__version__:
        return None
    return _scaled(outcome_kept(store, row), wanted.margin / assumed["margin"])


def _scaled(outcome: Outcome, factor: float) -> Outcome:
    totals = {
        name: told if told is None or name not in MONEY else {part: factor * amount for part, amount in told.items()}
        for name, told in outcome.totals.items()
    }
    groups = {
        group: told | {"residual_value": None if (worth := told["residual_value"]) is None else factor * worth}
        for group, told in outcome.groups.items()
    }
    return Outcome(outcome.customers, totals, groups)


def _outcome(base: Mapping[str, Any], rows: list[dict[str, Any]]) -> Outcome:
    named = {row["group"]: row for row in rows}
    groups = {
        group: {"customers": named[group]["customers"], "residual_value": named[group]["residual_value"]}
        for group in GROUPS
        if group in named
    }
    return Outcome(base["customers"], {name: base[name] for name in TOTALS}, groups)
