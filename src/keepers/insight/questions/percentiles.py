"""Percentiles: what a customer is worth at every percent of the base, and how sure that is."""

from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, Needs, Scope, ask, with_column
from keepers.insight.drawings.pictures import Band
from keepers.insight.runs import run_in, values_of
from keepers.warehouse.store import Store

TENTH = 10
OFTEN = 1_000  # times the median from which a ratio tells nothing but that the median is next to nothing


def answer(store: Store, scope: Scope) -> Answer:
    """What is a customer worth at each percent of the base, and between what ends may it fall?

    The range is for the single customer, the mean over the percent's customers of what each may bring; ranges of
    customers do not add up to the range of the base, which `equity` gives.

    Raises:
        MissingForInsightError: no run has valued the customers, or the orders have no money.
    """
    run = run_in(store, scope)
    rows = values_of(ask(store, "insight_percentiles", scope))
    total = sum(rows["residual_value"].to_pylist())
    shares = [value / total if total > 0 else None for value in rows["residual_value"].to_pylist()]
    rows = with_column(rows, "share", shares, after="residual_value")
    return Answer(
        finding=_finding(rows.to_pylist(), run.currency),
        definition=Told.of(
            "Residual value per customer, as of %(day)s, customers ranked by it, the most valuable first. The range "
            "holds nine in ten of what such a customer may bring.",
            day=wording.day(run.as_of),
        ),
        rows=rows,
        shown=_tenths(rows.to_pylist()),
        picture=Band(
            "percent",
            "value_low",
            "value_high",
            "where nine in ten end",
            solid=("value_per_head", "worth per customer"),
            x_words="Customers, the most valuable first [%]",
        ),
        currency=run.currency,
    )


def _finding(percents: list[dict[str, Any]], currency: str | None) -> str:
    best = [row for row in percents if row["percent"] <= TENTH]
    per_customer = sum(row["residual_value"] for row in best) / max(sum(row["customers"] for row in best), 1)
    median = next(row["value_from"] for row in percents if row["percent"] >= 50)
    told = {"worth": wording.money(per_customer, currency), "median": wording.money(median, currency)}
    if median <= 0 or per_customer / median > OFTEN:
        words = "The best tenth is worth %(worth)s per customer; half of the customers are worth %(median)s or less."
        return Told.of(words, **told)
    times = wording.number(per_customer / median, decimals=0 if per_customer / median >= 9.5 else 1)
    words = "The best tenth is worth %(worth)s per customer, %(times)s times the median (%(median)s)."
    return Told.of(words, times=times, **told)


def _tenths(percents: list[dict[str, Any]]) -> pa.Table:
    """Ten rows that add up the percents; what is a mean stays one."""
    rows = []
    for tenth in range(1, 11):
        inside = [row for row in percents if TENTH * (tenth - 1) < row["percent"] <= TENTH * tenth]
        if not inside:
            continue
        customers = sum(row["customers"] for row in inside)
        rows.append(
            {
                "tenth": tenth,
                "customers": customers,
                "residual_value": sum(row["residual_value"] for row in inside),
                "share": sum(row["share"] or 0 for row in inside),
                "value_from": min(row["value_from"] for row in inside),
                **{
                    name: sum(row[name] * row["customers"] for row in inside) / customers
                    for name in ("value_per_head", "value_low", "value_high")
                    if inside[0].get(name) is not None
                },
            }
        )
    return pa.Table.from_pylist(rows)


INSIGHT = Insight("percentiles", "What is a customer worth, from the best to the last?", answer, Needs.VALUES)
