"""Whether what was taken for the order number is one: under a number of ours stands one customer."""

from collections.abc import Mapping, Sequence

import polars as pl

from keepers.core.told import Told
from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.recognising.recognition import recognise
from keepers.ingest.report import ChosenColumn

_FEW, _FEW_SHARE = 5, 0.02  # numbers that customers may share by mistakes in the file


def with_own_order_numbers(
    chosen: Sequence[ChosenColumn], sample: pl.DataFrame, asked: Mapping[str, str]
) -> tuple[tuple[ChosenColumn, ...], tuple[str, ...]]:
    """The columns without an order number that customers share, with the next best instead; and a warning for each.

    Customers' own references repeat from one customer to another, and so do receipts that are counted anew every day.
    Guests who share a booking share its day too: that stays a number.
    """
    left, notes = sample, list[str]()
    while (order := _order_number(chosen)) is not None and _is_shared(chosen, left):
        left = left.drop(order.header)
        chosen = recognise(left, asked)
        notes.append(_in_words(order.header, _order_number(chosen), sample.height))
    return tuple(chosen), tuple(notes)


def _order_number(chosen: Sequence[ChosenColumn]) -> ChosenColumn | None:
    found = next((choice for choice in chosen if choice.column == "order_id"), None)
    return None if found is None or found.by_hand else found


def _is_shared(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> bool:
    """Whether several customers stand on several days under more than a few of the numbers."""
    headers = {choice.column: choice.header for choice in chosen}
    if not {"customer_id", "ordered_at"} <= headers.keys():
        return False
    rows = pl.DataFrame(
        {
            "order": to_ids(sample[headers["order_id"]]),
            "customer": to_ids(sample[headers["customer_id"]]),
            "day": sample[headers["ordered_at"]].cast(pl.String).str.extract(r"^\s*([^T\s]+)"),
        }
    ).drop_nulls()
    numbers = rows.group_by("order").agg(pl.col("customer").n_unique(), pl.col("day").n_unique())
    shared = numbers.filter((pl.col("customer") > 1) & (pl.col("day") > 1)).height
    return shared > max(_FEW, _FEW_SHARE * numbers.height)


def _in_words(header: str, instead: ChosenColumn | None, rows: int) -> str:
    if instead is None:
        return Told.of(
            'WARNING: "%(header)s" is named like an order number, but in the first %(rows)s rows different customers '
            "share its numbers on different days: it was not used. What a customer bought on one day is one order. If "
            "another column numbers the orders, choose it; on the command line: --map order_id=HEADER.",
            header=header,
            rows=f"{rows:,}",
        )
    return Told.of(
        'WARNING: "%(header)s" is named like an order number, but in the first %(rows)s rows different customers share '
        'its numbers on different days: "%(instead)s" was taken instead. If it is not the order number, choose '
        "another; on the command line: --map order_id=HEADER.",
        header=header,
        rows=f"{rows:,}",
        instead=instead.header,
    )
