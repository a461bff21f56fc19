"""Stock: what each product will sell, and how much to keep; computed with the run, which keeps it."""

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import keeping, wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Needs, Scope, with_column
from keepers.insight.drawings.pictures import Bars
from keepers.insight.questions.mix import MOST_DRAWN
from keepers.warehouse.store import Store

NAME = "stock"
MOST_LINES = 3_000_000  # of a run that also says what to keep: rows of sales are read into memory
SALES_NOT_WISHES = (
    "Known are sales, not wishes: where something was sold out, nobody knows what would have been asked for."
)


@dataclass(frozen=True, slots=True)
class Promise:
    """What the levels are to do, and how often such levels did it in weeks that were held out.

    service: chance that a level lasts for the window [0–1]
    window: weeks that it must last
    weeks: how far demand is forecast
    achieved: share of products and past windows whose level lasted [0–1]; None where the history is too short
    """

    service: float
    window: int
    weeks: int
    achieved: float | None


def answer(store: Store, scope: Scope) -> Answer:
    """What will each product sell, and how much of it is to be kept?

    Raises:
        MissingForInsightError: the run keeps no such table.
    """
    for row in store.query("kept_insights", run_id=scope.value_run or "").to_pylist():
        if row["insight"] == NAME:
            return keeping.restored(json.loads(row["answer"]))
    raise MissingForInsightError(
        "The run does not say what to keep in stock: the orders name no products, the history is too short, or there "
        f"are more than {MOST_LINES:,} order lines. "
        "For files: keepers stock FILES."
    )


def answer_of(products: pa.Table, promise: Promise) -> Answer:
    """The answer that a run keeps.

    Args:
        products: `product_id`, `name`, `category`, `sells`, `expected_units`, `units_low`, `units_high`,
            `window_units`, `stock_level`, `stock_reason`; what sells most first.
        promise: what the levels are to do.
    """
    weekly = np.maximum(products["window_units"].to_numpy() / promise.window, 1e-9)
    covered = products["stock_level"].to_numpy() / weekly
    rows = with_column(_whole(products), "weeks_covered", covered.tolist(), after="stock_level")
    left = ["category", "window_units", "stock_reason"] + ["name"] * (rows["name"].null_count == rows.num_rows)
    return Answer(
        finding=_finding(rows, promise),
        definition=Told.of(
            "Expected: pieces in the next %(weeks)s weeks with their range of 90 %%, and in the %(window)s weeks that "
            "a level must last (two of delivery, one until the next ordering). Keep: the most these ask for with a "
            "chance of %(service)s; take off what is there or on its way.",
            weeks=promise.weeks,
            window=promise.window,
            service=wording.share(promise.service),
        ),
        rows=rows,
        shown=rows.drop_columns(left).slice(0, MOST_DRAWN),
        left_out=Told.of("%(count)s more products", count=f"{rows.num_rows - MOST_DRAWN:,}")
        if rows.num_rows > MOST_DRAWN
        else "",
        drawn=_drawn(rows),
        picture=Bars("product", "weeks_covered"),
        notes=(SALES_NOT_WISHES, "Other service levels and lead times: keepers stock --service 0.98 --lead-time 4."),
    )


def _whole(products: pa.Table) -> pa.Table:
    """Levels and ends of ranges as the whole numbers that they are."""
    for name in ("units_low", "units_high", "stock_level"):
        place = products.column_names.index(name)
        products = products.set_column(place, name, products[name].cast(pa.int64()))
    return products


def _finding(rows: pa.Table, promise: Promise) -> str:
    first = rows.slice(0, 1).to_pylist()[0]
    told = Told.of(
        "%(name)s sells most often: keep %(level)s for %(weeks)s weeks.",
        name=first["name"] or Told.of("Product %(code)s", code=first["product_id"]),
        level=f"{first['stock_level']:,.0f}",
        weeks=promise.window,
    )
    if promise.achieved is None:
        return Told.of("%(told)s The history is too short to test such levels.", told=told)
    share = wording.share(promise.achieved)
    return Told.of("%(told)s Such levels lasted in %(share)s of past cases.", told=told, share=share)


def _drawn(rows: pa.Table) -> pa.Table:
    """The first products under their names; by weeks of demand, the scale they share."""
    first = rows.slice(0, MOST_DRAWN)
    ids, named = first["product_id"].to_pylist(), first["name"].to_pylist()
    names = [f"{name} ({product})" if name else product for name, product in zip(named, ids, strict=True)]
    return with_column(first, "product", names)


INSIGHT = Insight(NAME, "What will each product sell, and how much should be kept?", answer, Needs.VALUES)
