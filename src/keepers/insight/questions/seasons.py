"""Seasons: which months of the year are strong, against the year's own mean."""

from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope, ask, main_measure
from keepers.insight.drawings.pictures import Bars
from keepers.insight.questions.mix import measure_words
from keepers.warehouse.store import Store

NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
A_YEAR = 12


def answer(store: Store, scope: Scope) -> Answer:
    """How strong is each month of the year? Only months that the history holds whole count, one without orders as 0.

    Two years prove something.

    Raises:
        MissingForInsightError: no calendar month with orders is over.
    """
    months = ask(store, "insight_seasons", scope)
    complete = [row for row in months.to_pylist() if row["is_complete"]]
    if not any(row["orders"] for row in complete):
        raise MissingForInsightError(
            "The history holds no whole month with orders yet, so nothing can be said of the seasons."
        )
    measure = main_measure(months)
    rows = _by_month(complete, measure)
    best = max(rows, key=lambda row: row[measure])
    return Answer(
        finding=Told.of(
            "%(month)s is the strongest month: %(times)s times the mean month by %(measure)s.",
            month=Told.of(best["month_name"]),
            times=wording.number(best["index"]),
            measure=measure_words(measure),
        ),
        definition="Mean of each calendar month over the years, net of returns; index 1.00 is the mean month. Months "
        "that the history holds whole count, one without orders as 0; a log that begins after the 7th does not hold "
        "that month.",
        rows=pa.Table.from_pylist(rows),
        shown=pa.Table.from_pylist(rows).drop_columns(["month"]),
        picture=Bars("month_name", measure),
        currency=scope.currency,
        notes=() if len(complete) >= 2 * A_YEAR else (_too_short(len(complete)),),
    )


def _by_month(complete: list[dict[str, Any]], measure: str) -> list[dict[str, Any]]:
    usual = sum(row[measure] for row in complete) / len(complete)
    rows = []
    for month, name in enumerate(NAMES, start=1):
        seen = [row for row in complete if row["month"] == month]
        if not seen:
            continue
        means = {key: sum(row[key] for row in seen) / len(seen) for key in ("customers", "orders", measure)}
        index = means[measure] / usual if usual > 0 else None
        rows.append({"month": month, "month_name": name, "years": len(seen)} | means | {"index": index})
    return rows


def _too_short(months: int) -> str:
    held = wording.plural(months, "full month")
    return f"The history holds {held}; under two years a season cannot be told from a trend."


INSIGHT = Insight("seasons", "Which months of the year are strong?", answer)
