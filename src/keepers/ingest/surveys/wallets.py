"""From a file of what customers said of their spending to one row a customer."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa

from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.surveys.answers import LINE, UnreadableSurveyError, cells_of, numbers_in, recognised

FIGURES = ("category_spend", "own_spend", "rank", "brands_used")
SHARES = ("share_of_wallet", "share_of_wallet_high")
NAMES: Mapping[str, tuple[str, ...]] = {
    "customer_id": ("customer_id", "customer", "id", "external_id", "respondent"),
    "segment": ("segment", "group"),
    "category_spend": ("category_spend", "total_spend", "wallet", "spend_in_category"),
    "own_spend": ("own_spend", "spend_with_us", "spend"),
    "rank": ("rank", "our_rank"),
    "brands_used": ("brands_used", "brands", "number_of_brands"),
}


def read_wallet_answers(path: Path, *, mapping: Mapping[str, str] | None = None) -> pa.Table:
    """A row a customer: customer_id, segment, category_spend, own_spend, rank, brands_used; null where not told.

    Raises:
        UnreadableFileError: the file cannot be opened.
        UnreadableSurveyError: a column or cell cannot be read, somebody is there twice, or a rank has no `brands_used`.
    """
    cells = cells_of(path)
    headers = recognised(cells.columns, NAMES, mapping or {}, who="customer_id")
    ids = to_ids(cells[headers["customer_id"]]).cast(pl.String)
    if ids.null_count():
        raise UnreadableSurveyError(f"Line {cells[LINE].filter(ids.is_null())[0]} names no customer. Fill it.")
    if ids.is_duplicated().any():
        twice = ids.filter(ids.is_duplicated())[0]
        raise UnreadableSurveyError(f'Customer "{twice}" is there more than once. Leave one line of theirs.')
    empty = pl.Series([None], dtype=pl.Float64).new_from_index(0, cells.height)
    figures = [
        (numbers_in(cells, headers[name]) if name in headers else empty).cast(pl.Float64).alias(name)
        for name in FIGURES
    ]
    segment = cells[headers["segment"]].cast(pl.String).fill_null("") if "segment" in headers else pl.lit("")
    found = pl.DataFrame({"customer_id": ids}).with_columns(segment.alias("segment"), *figures)
    alone = found["rank"].is_not_null() & found["brands_used"].is_null()
    if alone.any():
        raise UnreadableSurveyError(
            f"Line {cells[LINE].filter(alone)[0]} has a rank and not among how many: fill brands_used."
        )
    return found.to_arrow()


def read_shares(path: Path) -> pa.Table:
    """What `keepers wallet --out` wrote: customer_id, share_of_wallet, share_of_wallet_high.

    Raises:
        UnreadableFileError: the file cannot be opened.
        UnreadableSurveyError: a column is not there, or a cell holds no number.
    """
    cells = cells_of(path)
    names = {name: (name,) for name in ("customer_id", *SHARES)}
    headers = recognised(cells.columns, names, {}, who="customer_id")
    if missing := [name for name in SHARES if name not in headers]:
        raise UnreadableSurveyError(
            f"{path.name} has no {missing[0]}. Write it with: keepers wallet ANSWERS --out FILE"
        )
    ids = to_ids(cells[headers["customer_id"]]).cast(pl.String).alias("customer_id")
    shares = [numbers_in(cells, headers[name]).cast(pl.Float64).alias(name) for name in SHARES]
    return pl.DataFrame([ids, *shares]).unique("customer_id", keep="last", maintain_order=True).to_arrow()
