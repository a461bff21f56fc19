"""Customers who share a name: where names were taken for the customer, and a column of numbers tells more apart."""

from collections.abc import Sequence

import polars as pl

from keepers.core.told import Told
from keepers.ingest.cells.dates import reads_as_date
from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.report import ChosenColumn

_NUMBERED = r"^\p{L}{0,5}[-_/.# ]?\d[\w./-]*$"  # 10023, D-4711, AB12: a number that somebody was given, not a name
_LETTER = r"\p{L}"
_MOSTLY, _HALF, _SOME, _DISTINCT = 0.95, 0.5, 0.1, 0.8
_WORTH_A_WORD = 1.05  # customers by number for each by name


def namesakes(chosen: Sequence[ChosenColumn], sample: pl.DataFrame) -> tuple[str, ...]:
    """A warning where the customer's column holds names and one that nobody took splits them into more customers.

    Such a column holds numbers, each always with the same name, that come again in other orders: else it would number
    the orders.
    """
    held = {choice.column: choice for choice in chosen}
    customer = held.get("customer_id")
    if customer is None or customer.by_hand or customer.header not in sample.columns:
        return ()
    names = to_ids(sample[customer.header])
    if not _holds_names(names):
        return ()
    order = held.get("order_id") or held.get("ordered_at")
    taken = {choice.header for choice in chosen}
    if order is None or order.header not in sample.columns:
        return ()
    rows = pl.DataFrame({"name": names, "order": sample[order.header]})
    for header in sample.columns:
        if header in taken:
            continue
        known = rows.with_columns(number=to_ids(sample[header])).drop_nulls(["name", "number"])
        if known.height >= _MOSTLY * names.count() and _tells_more_apart(known):
            return (_in_words(customer.header, header, known, sample.height),)
    return ()


def _holds_names(cells: pl.Series) -> bool:
    known = cells.drop_nulls()
    are_names = known.str.contains(_LETTER) & ~known.str.contains(_NUMBERED) & ~known.str.contains("@", literal=True)
    return len(known) > 0 and _share(are_names) > _MOSTLY


def _tells_more_apart(rows: pl.DataFrame) -> bool:
    """Whether the numbers of name, order and number [rows] are of customers, and of more than there are names."""
    numbers = rows["number"]
    if not _WORTH_A_WORD * rows["name"].n_unique() < numbers.n_unique() < _DISTINCT * rows.height:
        return False
    if _share(numbers.str.contains(_NUMBERED)) < _MOSTLY or _share(reads_as_date(numbers)) > _HALF:
        return False
    each = rows.group_by("number").agg(pl.col("name").n_unique(), pl.col("order").n_unique())
    return _share(each["name"] == 1) >= _MOSTLY and _share(each["order"] > 1) >= _SOME


def _in_words(names: str, numbers: str, rows: pl.DataFrame, looked_at: int) -> str:
    return Told.of(
        'WARNING: Customers who share a name count as one: in the first %(rows)s rows "%(names)s", taken for the '
        'customer, has %(fewer)s values, and "%(numbers)s", which is not used, %(more)s, each with one name. If '
        '"%(numbers)s" tells who the customer is, choose it for the customer, and "%(names)s" for the name.',
        rows=f"{looked_at:,}",
        names=names,
        numbers=numbers,
        fewer=f"{rows['name'].n_unique():,}",
        more=f"{rows['number'].n_unique():,}",
    ).on_terminals('On the command line: --map customer_id="%(numbers)s".')


def _share(mask: pl.Series) -> float:
    return float(mask.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
