"""Course: orders, customers and revenue period by period, quiet ones included."""

import pyarrow as pa

from keepers.core.told import Told
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
        definition=Told.of(
            "Known customers by %(by)s, net of returns. New: first order seen. A %(by)s that the history holds in part "
            "is not drawn.",
            by=Told.of(by),
        ),
        rows=rows,
        shown=rows.slice(max(0, rows.num_rows - SHOWN)).drop_columns(["period", "is_complete"]),
        drawn=rows.filter(rows["is_complete"]) if any(rows["is_complete"].to_pylist()) else rows,
        picture=Curve("period", main_measure(rows)),
        currency=scope.currency,
        left_out=last_shown(SHOWN, rows.num_rows, by) if rows.num_rows > SHOWN else "",
    )


def last_shown(shown: int, of_all: int, by: str) -> str:
    """What a table of the last periods leaves out."""
    return Told.of(
        "The last %(shown)s of %(all)s %(those)s are shown", shown=shown, all=of_all, those=Told.of(f"{by}s")
    )


def _finding(rows: pa.Table, by: str, currency: str | None) -> str:
    complete = [row for row in rows.to_pylist() if row["is_complete"]]
    if not complete:
        return Told.of("The first %(by)s is not over yet.", by=Told.of(by))
    measure = main_measure(rows)
    total = sum(row[measure] or 0 for row in complete)
    usual = total / len(complete)
    last = complete[-1]
    amount = wording.money(last[measure], currency) if measure == "revenue" else wording.plural(last[measure], "order")
    mean = wording.money(usual, currency)
    if measure != "revenue":
        mean = Told.of("%(count)s orders", count=wording.number(usual, decimals=1))
    return Told.of(
        "The last full %(by)s (%(span)s) brought %(amount)s; the mean of all %(count)s is %(mean)s.",
        by=Told.of(by),
        span=last["span"],
        amount=amount,
        count=f"{len(complete):,}",
        mean=mean,
    )


INSIGHT = Insight("course", "How do orders and revenue go, week by week?", answer)
