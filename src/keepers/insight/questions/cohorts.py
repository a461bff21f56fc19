"""Cohorts: of the customers who came in a month or quarter, how many order again later, and what they bring."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope, ask, with_column
from keepers.insight.drawings.pictures import Grid
from keepers.warehouse.store import Store

COHORT_SPANS = ("month", "quarter", "year")
COLUMNS_SHOWN = 13
ALREADY_THERE = "and before"


def answer(store: Store, scope: Scope) -> Answer:
    """How many customers of each cohort order again, period by period?

    Raises:
        MissingForInsightError: there are no orders of known customers.
    """
    by = scope.span("month", allowed=COHORT_SPANS)
    rows = cohort_rows(store, scope, by=by)
    shown = rows.filter(rows["is_complete"])
    return Answer(
        finding=_finding(shown, by),
        definition=Told.of(
            "Share [%%] of a cohort's customers (%(by)s of the first order seen) who ordered again in the n-th %(by)s "
            "after it; only %(those)s that are over.",
            by=Told.of(by),
            those=Told.of(f"{by}s"),
        ),
        rows=rows,
        shown=_pivot(shown, by),
        drawn=_drawn(shown),
        picture=Grid(
            "periods_since", "cohort_with_size", "active_share", f"{by.capitalize()}s since the first order", ""
        ),
        currency=scope.currency,
        notes=_note(rows),
    )


def cohort_rows(store: Store, scope: Scope, *, by: str) -> pa.Table:
    """Cohort × periods since, with active share and revenue per customer; one that mixes in old customers is named so.

    Raises:
        MissingForInsightError: there are no orders of known customers.
    """
    rows = ask(store, "insight_cohorts", scope, by=by)
    if rows.num_rows == 0:
        raise MissingForInsightError("There are no orders of known customers up to this day, so there are no cohorts.")
    rows = with_column(rows, "span", _names(rows, by, scope), after="cohort")
    if "revenue" not in rows.column_names:
        return rows
    records = rows.to_pylist()
    rows = with_column(rows, "revenue_per_head", [row["revenue"] / row["customers"] for row in records])
    return with_column(rows, "cumulative_revenue_per_head", _running(records))


def _names(rows: pa.Table, by: str, scope: Scope) -> list[str]:
    first_acquired = scope.acquired_from
    return [
        f"{wording.period(start, by)}{f' {ALREADY_THERE}' if first_acquired and start < first_acquired else ''}"
        for start in rows["cohort"].to_pylist()
    ]


def _running(records: list[dict[str, Any]]) -> list[float]:
    """Revenue per customer so far; the rows are in the order of cohort and period."""
    running: list[float] = []
    for row in records:
        before = running[-1] if row["periods_since"] else 0.0
        running.append(before + row["revenue"] / row["customers"])
    return running


def _finding(complete: pa.Table, by: str) -> str:
    for since in (3, 1):
        later = complete.filter(pc.equal(complete["periods_since"], since))
        customers = sum(later["customers"].to_pylist())
        if customers:
            active = sum(later["active"].to_pylist())
            return Told.of(
                "%(share)s of the customers order again in the third %(by)s after their first order."
                if since == 3
                else "%(share)s of the customers order again in the first %(by)s after their first order.",
                share=wording.share(active / customers),
                by=Told.of(by),
            )
    return nothing_yet(by)


def nothing_yet(by: str) -> str:
    """What is said where no period after a first order is over."""
    words = "No %(by)s after a first order is over yet, so nothing can be said of retention."
    return Told.of(words, by=Told.of(by))


def _drawn(complete: pa.Table) -> pa.Table:
    """The later periods of each cohort under its name and size; the first is everybody, which says nothing."""
    later = complete.filter(pc.greater(complete["periods_since"], 0))
    later = complete if later.num_rows == 0 else later
    names = [
        f"{span.replace(f' {ALREADY_THERE}', '*')} ({wording.count(customers)})"
        for span, customers in zip(later["span"].to_pylist(), later["customers"].to_pylist(), strict=True)
    ]
    return with_column(later, "cohort_with_size", names)


def _pivot(complete: pa.Table, by: str) -> pa.Table:
    """One row a cohort; a column for each period since, up to a width that a terminal holds."""
    names = {since: f"{by[0]}{since}" for since in range(COLUMNS_SHOWN)}
    lines: dict[str, dict[str, Any]] = {}
    for row in complete.to_pylist():
        line = lines.setdefault(row["span"], {"span": row["span"], "customers": row["customers"]})
        if row["periods_since"] in names:
            line[names[row["periods_since"]]] = f"{100 * row['active_share']:.0f}"
    used = [name for name in names.values() if any(name in line for line in lines.values())]
    schema = pa.schema(
        [("span", pa.string()), ("customers", pa.int64()), *((name, pa.string()) for name in used)],
    )
    return pa.Table.from_pylist([dict.fromkeys(used, "") | line for line in lines.values()], schema=schema)


def _note(rows: pa.Table) -> tuple[str, ...]:
    if not any(ALREADY_THERE in name for name in rows["span"].to_pylist()):
        return ()
    words = 'Cohorts marked "%(mark)s" (*) hold customers who were there before the log began; they were not new then.'
    return (Told.of(words, mark=ALREADY_THERE),)


INSIGHT = Insight("cohorts", "How many of those who came in a month order again later?", answer)
