"""RFM: cells of how long ago, how often and for how much the customers bought."""

from datetime import date
from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import (
    Answer,
    Insight,
    MissingForInsightError,
    Scope,
    ask,
    main_measure,
    shares_of,
    with_column,
)
from keepers.insight.drawings.pictures import Grid
from keepers.insight.runs import opening_run_in
from keepers.warehouse.store import Store

BEST = 5
FIFTHS = ("last_order_fifth", "orders_fifth")


def answer(store: Store, scope: Scope) -> Answer:
    """How many customers, how much revenue and, where a run has valued them, how much value is in each cell?

    Fifths go by mean rank: equals are in the same fifth, so fifths of the number of orders may be of unequal size.

    Raises:
        MissingForInsightError: there are no orders of known customers.
    """
    rows = ask(store, "insight_rfm", scope)
    if rows.num_rows == 0:
        raise MissingForInsightError("There are no orders of known customers up to this day, so there are no cells.")
    measure = main_measure(rows)
    rows = with_column(rows, "share", shares_of(rows[measure].to_pylist()), after=measure)
    before = _opening_day(store, scope, rows)
    rows = _with_change(rows) if before else rows.drop_columns(["opening_customers"])
    return Answer(
        finding=_finding(rows, measure, before),
        definition=_definition(before),
        rows=rows,
        shown=_grid(rows),
        picture=Grid(
            "orders_fifth",
            "last_order_fifth",
            "customers",
            "Number of orders, in fifths",
            "Last order, in fifths",
            change="change" if before else None,
        ),
        currency=scope.currency,
    )


def _opening_day(store: Store, scope: Scope, rows: pa.Table) -> date | None:
    """The day of the earlier run, where there is one that kept its customers and an earlier day."""
    if scope.opening_run is None or not sum(rows["opening_customers"].to_pylist()):
        return None
    opened_on = opening_run_in(store, scope).as_of
    return opened_on if opened_on < scope.as_of else None


def _with_change(rows: pa.Table) -> pa.Table:
    now, before = rows["customers"].to_pylist(), rows["opening_customers"].to_pylist()
    changes = [one - other for one, other in zip(now, before, strict=True)]
    return with_column(rows, "change", changes, after="opening_customers")


def _finding(rows: pa.Table, measure: str, before: date | None) -> str:
    cells = rows.to_pylist()
    held_now = [cell for cell in cells if cell["customers"]]
    corner = max(held_now, key=lambda cell: (sum(cell[fifth] for fifth in FIFTHS), cell["last_order_fifth"]))
    highest = [corner[fifth] for fifth in FIFTHS]
    best = [cell for cell in cells if [cell[fifth] for fifth in FIFTHS] == highest]
    customers = sum(cell["customers"] for cell in best)
    everyone = sum(cell["customers"] for cell in cells)
    finding = Told.of(
        "%(people)s (%(part)s) ordered most recently and most often; they hold %(held)s of %(measure)s so far.",
        people=wording.plural(customers, "customer"),
        part=wording.share(customers / everyone),
        held=wording.share(sum(cell["share"] or 0 for cell in best)),
        measure=Told.of("revenue") if measure == "revenue" else Told.of("orders"),
    )
    if before is None:
        return finding
    change = sum(cell["change"] for cell in best)
    told = {"finding": finding, "count": wording.count(abs(change)), "day": wording.day(before)}
    if not change:
        return Told.of("%(finding)s They are as many as on %(day)s.", **told)
    return Told.of(
        "%(finding)s They are %(count)s more than on %(day)s."
        if change > 0
        else "%(finding)s They are %(count)s fewer than on %(day)s.",
        **told,
    )


def _definition(before: date | None) -> str:
    words = "Customers by fifth of the last order (rows, 5: latest) and of their orders (columns, 5: most)."
    if before is None:
        return Told.of(f"{words} Fifths go by mean rank.")
    return Told.of(f"{words} Fifths go by mean rank; the change is since %(day)s.", day=wording.day(before))


def _grid(rows: pa.Table) -> pa.Table:
    lines = []
    for fifth in range(BEST, 0, -1):
        cells = [cell for cell in rows.to_pylist() if cell["last_order_fifth"] == fifth]
        line = {"cell": f"fifth {fifth}{' (latest)' if fifth == BEST else ''}"}
        for orders in range(1, BEST + 1):
            line[f"orders {orders}"] = _written([cell for cell in cells if cell["orders_fifth"] == orders])
        lines.append(line)
    return pa.Table.from_pylist(lines)


def _written(cells: list[dict[str, Any]]) -> str:
    """The customers of a field, with what changed where that is known."""
    customers = sum(cell["customers"] for cell in cells)
    change = sum(cell.get("change", 0) for cell in cells)
    changed = f" ({wording.change(change)})" if change else ""
    return f"{wording.count(customers)}{changed}" if customers or change else ""


INSIGHT = Insight("rfm", "How recently, how often and for how much did they buy?", answer)
