"""Standing: how this customer compares with the rest of the base."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, MissingForInsightError
from keepers.insight.drawings.pictures import Bars

FIGURES = {
    "residual_value": "still worth",
    "orders": "orders so far",
    "mean_order_value": "mean order value",
    "probability_alive": "chance still active",
}
DEFINITION = "The share of the %(customers)s valued customers who have less; half of them have less than the median."


@dataclass(frozen=True, slots=True)
class Standing:
    """Where figures lie in a base: the 0, 1 … 100 % points of those that customers have.

    customers: how many were valued
    points: (101,) of each figure that anybody has
    """

    customers: int
    points: Mapping[str, NDArray[np.float64]]

    @classmethod
    def of(cls, rows: pa.Table) -> "Standing":
        """From one row a customer with the columns of `FIGURES`."""
        points = {}
        for name in FIGURES:
            values = rows[name].drop_null().to_numpy().astype(np.float64)
            if values.size:
                points[name] = np.quantile(values, np.linspace(0, 1, 101), method="inverted_cdf")
        return cls(rows.num_rows, points)

    def ahead_of(self, name: str, value: float) -> float:
        """The share of customers who surely have less, in whole per cent."""
        return max(int(np.searchsorted(self.points[name], value, side="left")) - 1, 0) / 100

    def median(self, name: str) -> float:
        """The middle customer's figure."""
        return float(self.points[name][50])


def standing_answer(standing: Standing, values: Mapping[str, Any], *, currency: str | None) -> Answer:
    """How does this customer compare with the base?

    Raises:
        MissingForInsightError: the run gave the customer no figure to compare.
    """
    rows: list[dict[str, Any]] = [
        {
            "measure": words,
            "figure": float(values[name]),
            "median": standing.median(name),
            "ahead_of": standing.ahead_of(name, float(values[name])),
        }
        for name, words in FIGURES.items()
        if values.get(name) is not None and name in standing.points
    ]
    if not rows:
        raise MissingForInsightError("The run valued nobody, so there is nothing to compare with.")
    return Answer(
        finding=_finding({row["measure"]: row["ahead_of"] for row in rows}),
        definition=Told.of(DEFINITION, customers=wording.count(standing.customers)),
        rows=pa.Table.from_pylist(rows),
        shown=_in_words(rows, currency),
        drawn=pa.Table.from_pylist(
            [row | {"label": f"ahead of {wording.share(row['ahead_of'], decimals=0)}"} for row in rows]
        ),
        picture=Bars("measure", "ahead_of", label="label", whole=1.0),
        currency=currency,
    )


def _finding(ahead_of: Mapping[str, float]) -> str:
    orders = _orders_in_words(ahead_of[FIGURES["orders"]])
    worth = ahead_of.get(FIGURES["residual_value"])
    if worth is None:
        words = "Has made %(orders)s of the customers." if ahead_of[FIGURES["orders"]] else "Has made %(orders)s."
        return Told.of(words, orders=orders)
    if worth == 0:
        return Told.of("Among the customers who are worth least, with %(orders)s.", orders=orders)
    share = wording.share(worth, decimals=0)
    return Told.of("Worth more than %(share)s of the customers, with %(orders)s.", share=share, orders=orders)


def _orders_in_words(ahead_of: float) -> str:
    if ahead_of == 0:
        return Told.of("as few orders as anybody")
    return Told.of("more orders than %(share)s", share=wording.share(ahead_of, decimals=0))


def _in_words(rows: list[dict[str, Any]], currency: str | None) -> pa.Table:
    """Money as money and counts as counts, which one column of numbers cannot show."""
    written = {words: _writer(name, currency) for name, words in FIGURES.items()}
    return pa.Table.from_pylist(
        [
            {
                "measure": row["measure"],
                "own_figure": written[row["measure"]](row["figure"]),
                "median_figure": written[row["measure"]](row["median"]),
                "ahead_of": row["ahead_of"],
            }
            for row in rows
        ]
    )


def _writer(name: str, currency: str | None) -> Any:
    if name == "orders":
        return wording.count
    if name == "probability_alive":
        return wording.number
    return lambda amount: wording.money(amount, currency)
