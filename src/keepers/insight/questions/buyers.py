"""Buyers: who bought most, by day, week, month, quarter or year."""

from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope, ask, main_measure, with_column
from keepers.insight.drawings.pictures import Bars
from keepers.insight.questions.course import last_shown
from keepers.insight.questions.mix import MOST_DRAWN
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
    told = _last_whole(rows["period"].to_pylist(), by, scope.as_of)
    latest = rows.filter(pc.equal(rows["period"], pa.scalar(told)))
    return Answer(
        finding=_finding(latest, wording.during(told, by), scope.currency),
        definition=Told.of(
            "The %(buyers)s of each %(by)s, net of returns; the share is of the %(by)s's total.",
            buyers=wording.plural(scope.top, "biggest buyer"),
            by=Told.of(by),
        ),
        rows=rows,
        shown=_last_periods(rows, PERIODS_SHOWN),
        drawn=latest.slice(0, MOST_DRAWN),
        picture=Bars("customer_id", main_measure(rows)),
        currency=scope.currency,
        left_out=_left_out(spans, by),
    )


def _last_whole(periods: Sequence[date], by: str, as_of: date) -> date:
    """The last period that is over, or the last one where none is."""
    over = [start for start in periods if wording.next_period(start, by) <= as_of + timedelta(days=1)]
    return max(over or periods)


def _finding(latest: pa.Table, when: str, currency: str | None) -> str:
    first = latest.slice(0, 1).to_pylist()[0]
    what = wording.plural(first["orders"], "order")
    if "revenue" in first:
        money, share = wording.money(first["revenue"], currency), wording.share(first["share"])
        what = Told.of("%(money)s in %(orders)s, %(share)s of the total", money=money, orders=what, share=share)
    words = "%(when)s customer %(customer)s bought most: %(what)s."
    return Told.of(words, when=when, customer=first["customer_id"], what=what)


def _last_periods(rows: pa.Table, periods: int) -> pa.Table:
    """The latest first."""
    starts = sorted(set(rows["period"].to_pylist()))[-periods:]
    shown = rows.filter(pc.is_in(rows["period"], pa.array(starts, rows["period"].type)))
    return shown.sort_by([("period", "descending"), ("rank", "ascending")]).drop_columns(["period"])


def _left_out(spans: Sequence[str], by: str) -> str:
    hidden = len(set(spans)) - PERIODS_SHOWN
    return last_shown(PERIODS_SHOWN, len(set(spans)), by) if hidden > 0 else ""


INSIGHT = Insight("buyers", "Who bought most, by day, week, month or year?", answer)
