"""Frequency: how many customers ordered once, twice, often."""

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
from keepers.insight.drawings.pictures import Bars
from keepers.warehouse.store import Store

RANGES = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, None))


def answer(store: Store, scope: Scope) -> Answer:
    """How many customers ordered how often, and how much of the revenue is theirs?

    Raises:
        MissingForInsightError: there are no orders of known customers.
    """
    counts = ask(store, "insight_frequency", scope)
    if counts.num_rows == 0:
        raise MissingForInsightError(
            "There are no orders of known customers up to this day, so nothing can be counted."
        )
    rows = _in_ranges(counts)
    rows = with_column(rows, "share_of_customers", shares_of(rows["customers"].to_pylist()), after="customers")
    measure = main_measure(rows)
    rows = with_column(
        rows, "share_of_revenue" if measure == "revenue" else "share", shares_of(rows[measure].to_pylist())
    )
    return Answer(
        finding=_finding(counts),
        definition="Orders are occasions: days with at least one order that was not fully cancelled.",
        rows=rows,
        picture=Bars("orders_range", "customers"),
        currency=scope.currency,
    )


def _finding(counts: pa.Table) -> str:
    lines = counts.to_pylist()
    customers = sum(line["customers"] for line in lines)
    once = sum(line["customers"] for line in lines if line["orders"] == 1)
    mean = sum(line["customers"] * line["orders"] for line in lines) / customers
    return Told.of(
        "%(share)s of %(customers)s ordered once only; the mean is %(mean)s orders per customer.",
        share=wording.share(once / customers),
        customers=wording.plural(customers, "customer"),
        mean=wording.number(mean, decimals=1),
    )


def _in_ranges(counts: pa.Table) -> pa.Table:
    lines = counts.to_pylist()
    rows = []
    for least, most in RANGES:
        inside = [line for line in lines if line["orders"] >= least and (most is None or line["orders"] <= most)]
        if not inside:
            continue
        row = {
            "orders_range": f"{least}" if most == least else f"{least}–{most}" if most else f"{least} or more",
            "customers": sum(line["customers"] for line in inside),
            "orders": sum(line["customers"] * line["orders"] for line in inside),
        }
        if "revenue" in counts.column_names:
            row["revenue"] = sum(line["revenue"] or 0 for line in inside)
        rows.append(row)
    return pa.Table.from_pylist(rows)


INSIGHT = Insight("frequency", "How often do they order?", answer)
