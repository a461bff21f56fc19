"""Buyers: who bought most, by day, week, month, quarter or year."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope, ask, main_measure, with_column
from keepers.insight.pictures import Bars
from keepers.warehouse.store import Store

PERIODS_SHOWN = 6


def answer(store: Store, scope: Scope) -> Answer:
    """Who bought most in each period, and how much of the period's revenue was theirs?

    Raises:
        MissingForInsightError: there are no orders of known customers.
    """
    by = scope.span("year")
    rows = ask(store, "insight_buyers", scope, by=by, top=scope.top)
    if rows.num_rows == 0:
        raise MissingForInsightError("There are no orders of known customers up to this day, so nobody bought most.")
    spans = [wording.period(start, by) for start in rows["period"].to_pylist()]
    rows = with_column(rows, "span", spans, after="period")
    latest = rows.filter(pc.equal(rows["period"], pc.max(rows["period"])))
    return Answer(
        finding=_finding(latest, spans[-1], scope.currency),
        definition=f"The {wording.plural(scope.top, 'biggest buyer')} of each {by}, net of returns; the share is of "
        f"the {by}'s total.",
        rows=rows,
        shown=_last_periods(rows, PERIODS_SHOWN).drop_columns(["period"]),
        drawn=latest,
        picture=Bars("customer_id", main_measure(rows)),
        currency=scope.currency,
        notes=_note(spans, by),
    )


def _finding(latest: pa.Table, span: str, currency: str | None) -> str:
    first = latest.slice(0, 1).to_pylist()[0]
    what = wording.plural(first["orders"], "order")
    if "revenue" in first:
        what = f"{wording.money(first['revenue'], currency)} in {what}, {wording.share(first['share'])} of the total"
    return f"In {span} customer {first['customer_id']} bought most: {what}."


def _last_periods(rows: pa.Table, periods: int) -> pa.Table:
    starts = sorted(set(rows["period"].to_pylist()))[-periods:]
    return rows.filter(pc.is_in(rows["period"], pa.array(starts, rows["period"].type)))


def _note(spans: Sequence[str], by: str) -> tuple[str, ...]:
    hidden = len(set(spans)) - PERIODS_SHOWN
    return (f"The last {PERIODS_SHOWN} of {len(set(spans))} {by}s are shown; --json gives all.",) if hidden > 0 else ()


INSIGHT = Insight("buyers", "Who bought most, by day, week, month or year?", answer)
