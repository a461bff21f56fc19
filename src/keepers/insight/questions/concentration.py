"""Concentration: how much the biggest customers hold, of revenue so far and of value still to come."""

from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope, ask
from keepers.insight.drawings.pictures import Curve
from keepers.warehouse.store import Store

TOPS = (1, 5, 10, 20, 50)
WORDS = {"revenue": "revenue so far", "residual_value": "residual value"}


def answer(store: Store, scope: Scope) -> Answer:
    """What share do the top 1, 5, 10, 20 and 50 % of the customers hold, and how unequal is that (Gini)?

    Customers are ranked by each measure on its own. Who returned more than they bought, or is worth less than nothing,
    counts as holding nothing.

    Raises:
        MissingForInsightError: the orders have no money.
    """
    curve = ask(store, "insight_concentration", scope)
    if curve.num_rows == 0:
        raise MissingForInsightError(
            "The orders have no money, so nobody holds a share of it. If a column does, pass --map revenue=HEADER.",
        )
    points = curve.to_pylist()
    measures = sorted({point["measure"] for point in points})
    held = {(point["measure"], point["percent"]): point["share"] for point in points}
    measure = measures[0]
    return Answer(
        finding=Told.of(
            "The top fifth of the customers hold %(share)s of the %(measure)s.",
            share=wording.share(held[measure, 20]),
            measure=Told.of(WORDS[measure]),
        ),
        definition="Customers ranked by the measure, the biggest first; Gini 0: all hold the same, 1: one holds all.",
        rows=_named(curve),
        shown=_tops(points, measures),
        picture=Curve("percent", "share", "Customers, the biggest first [%]", series="measure", even=True),
        currency=scope.currency,
    )


def _named(curve: pa.Table) -> pa.Table:
    words = [WORDS[measure] for measure in curve["measure"].to_pylist()]
    return curve.set_column(0, "measure", pa.array(words))


def _tops(points: list[dict[str, Any]], measures: list[str]) -> pa.Table:
    held = {(point["measure"], point["percent"]): point for point in points}
    rows = []
    for top in TOPS:
        row: dict[str, Any] = {"top_share": f"{top} %", "customers": held[measures[0], top]["customers"]}
        rows.append(row | {_column(measure): held[measure, top]["share"] for measure in measures})
    gini = {_column(measure): f"{held[measure, 100]['gini']:.2f}" for measure in measures}
    shares = [{name: wording.share(row[name], decimals=1) for name in gini} for row in rows]
    return pa.Table.from_pylist(
        [
            *(row | written for row, written in zip(rows, shares, strict=True)),
            {"top_share": "Gini", "customers": None} | gini,
        ]
    )


def _column(measure: str) -> str:
    return WORDS[measure].capitalize()


INSIGHT = Insight("concentration", "How much do the biggest customers hold?", answer)
