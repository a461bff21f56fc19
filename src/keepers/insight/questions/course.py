"""Course: orders, customers and revenue period by period, quiet ones included."""

import pyarrow as pa

from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope, ask, main_measure, with_column
from keepers.insight.drawings.pictures import Curve
from keepers.warehouse.store import Store

SHOWN = 13


def answer(store: Store, scope: Scope) -> Answer:
    """How do orders, active and new customers, and revenue go from week to week?

    Raises:
        MissingForInsightError: there are no orders of known customers.
    """
    by = scope.span("week")
    rows = ask(store, "insight_periods", scope, by=by)
    if rows.num_rows == 0:
        raise MissingForInsightError("There are no orders of known customers up to this day, so there is no course.")
    rows = with_column(
        rows, "span", [wording.period(start, by) for start in rows["period"].to_pylist()], after="period"
    )
    return Answer(
        finding=_finding(rows, by, scope.currency),
        definition=f"Known customers by {by}, net of returns. New: first order seen. A {by} that the "
        "history holds in part is not drawn.",
        rows=rows,
        shown=rows.slice(max(0, rows.num_rows - SHOWN)).drop_columns(["period", "is_complete"]),
        drawn=rows.filter(rows["is_complete"]) if any(rows["is_complete"].to_pylist()) else rows,
        picture=Curve("period", main_measure(rows)),
        currency=scope.currency,
        left_out=f"The last {SHOWN} of {rows.num_rows} {by}s are shown" if rows.num_rows > SHOWN else "",
    )


def _finding(rows: pa.Table, by: str, currency: str | None) -> str:
    complete = [row for row in rows.to_pylist() if row["is_complete"]]
    if not complete:
        return f"The first {by} is not over yet."
    measure = main_measure(rows)
    total = sum(row[measure] or 0 for row in complete)
    usual = total / len(complete)
    last = complete[-1]
    amount = wording.money(last[measure], currency) if measure == "revenue" else wording.plural(last[measure], "order")
    mean = wording.money(usual, currency) if measure == "revenue" else f"{wording.number(usual, decimals=1)} orders"
    return f"The last full {by} ({last['span']}) brought {amount}; the mean of all {len(complete):,} is {mean}."


INSIGHT = Insight("course", "How do orders and revenue go, week by week?", answer)
