"""Who the customers of an import are: of each, the latest name, address and numbers that its lines give.

Each block of lines leaves its distinct descriptions in a file as they were written. When all are read, they are cleaned
and merged, a share of the customers at a time, so that memory does not grow with the number of customers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from keepers.ingest.recognising.describing import ADDRESS
from keepers.ingest.recognising.vocabulary import DESCRIBING, NO_CUSTOMER
from keepers.warehouse.tables import CUSTOMER_ATTRIBUTES

TOGETHER = ("street", "postal_code", "city")  # of one address, whichever of them the latest description gives
ALONE = ("name", "email", "phone", "country")
ATTRIBUTES = (*ALONE, *TOGETHER)
AT_ONCE = 400_000  # descriptions merged in memory together
_SEED = 23
_LONGEST = 200
_NO_VALUE = (*NO_CUSTOMER, ".", "..", "...", "---", "x", "xx", "xxx", "not available", "not provided", "no name")
_UNSEEN = (
    r"[\p{Cc}\p{Zl}\p{Zp}\u{a0}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}\u{2066}-\u{2069}\u{feff}\u{fffd}]"
)


@dataclass(slots=True)
class Descriptions:
    """What the blocks say of their customers, in files in the folder `into`."""

    into: Path
    parts: list[Path] = field(default_factory=list)
    rows: int = 0

    def add(self, lines: pl.DataFrame, columns: Mapping[str, pl.Series]) -> None:
        """Keep what lines say of their customers; a column of `columns` has a cell for each line."""
        if not columns:
            return
        told = pl.DataFrame([cells.cast(pl.String, strict=False).alias(name) for name, cells in columns.items()])
        told = _distinct(told.hstack(lines.select("external_id", "ordered_at", "ordered_on")))
        if told.height:
            part = self.into / f"described-{len(self.parts):05d}.arrow"
            told.write_ipc(part)
            self.parts.append(part)
            self.rows += told.height

    def write(self, *, source: str, batch_id: str) -> tuple[Path, ...]:
        """One row a customer, as Parquet parts in the CUSTOMER_ATTRIBUTES contract."""
        written = []
        for number, part in enumerate(self._shares()):
            known = _latest(_cleaned(_distinct(pl.concat([pl.read_ipc(path) for path in part], how="diagonal"))))
            for path in part:
                path.unlink()
            if known.height:
                rows = known.with_columns(source=pl.lit(source), batch_id=pl.lit(batch_id))
                path = self.into / f"customers-{number:05d}.parquet"
                pq.write_table(CUSTOMER_ATTRIBUTES.conform(rows.to_arrow()), path)
                written.append(path)
        return tuple(written)

    def _shares(self) -> list[list[Path]]:
        """The files in groups that have no customer in common, each small enough to merge in memory."""
        count = -(-self.rows // AT_ONCE)
        if count <= 1:
            return [self.parts] if self.parts else []
        shares: list[list[Path]] = [[] for _ in range(count)]
        for part in self.parts:
            told = pl.read_ipc(part)
            share = told["external_id"].hash(seed=_SEED) % count
            for (number,), rows in told.group_by(share.alias("share")):
                path = part.with_suffix(f".{number}")
                rows.drop("share", strict=False).write_ipc(path)
                shares[int(str(number))].append(path)
            part.unlink()
        return [share for share in shares if share]


def _distinct(told: pl.DataFrame) -> pl.DataFrame:
    """Each description of a known customer once, at its latest moment."""
    told = told.filter(pl.col("external_id").is_not_null())
    days = ("ordered_at", "ordered_on")
    key = told.drop(days).hash_rows(seed=_SEED)
    latest = told.select(*days, key=key).group_by("key", maintain_order=True).agg(pl.col(days).max())
    return told.drop(days).filter(key.is_first_distinct()).hstack(latest.select(days))


def _cleaned(told: pl.DataFrame) -> pl.DataFrame:
    """Descriptions in the warehouse's columns: what holds no value is null, and rows without any value are gone."""
    told = told.with_columns(
        _text(told[name]) if name in told.columns else pl.lit(None, pl.String).alias(name) for name in DESCRIBING
    )
    email = pl.col("customer_email").str.to_lowercase()
    parts = pl.concat_str("customer_first_name", "customer_last_name", separator=" ", ignore_nulls=True)
    street = pl.concat_str("customer_street", "customer_house_number", separator=" ", ignore_nulls=True)
    values = {
        "name": pl.coalesce("customer_name", pl.when(parts != "").then(parts)),
        "email": pl.when(email.str.contains(ADDRESS)).then(email),
        "phone": pl.col("customer_phone").str.replace(r"^'", "").str.replace(r"\.0$", ""),
        "street": pl.when(pl.col("customer_street").is_not_null()).then(street),
        "postal_code": pl.col("customer_postal_code").str.replace(r"^'", "").str.replace(r"\.0$", ""),
        "city": pl.col("customer_city"),
        "country": pl.col("customer_country"),
    }
    rows = told.select("external_id", "ordered_at", "ordered_on", **values)
    return rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in ATTRIBUTES))


def _text(cells: pl.Series) -> pl.Series:
    """Cells without blanks around them and signs that nobody sees; null where they hold no value."""
    if cells.str.contains(rf"{_UNSEEN}|\s\s").any():
        cells = cells.str.replace_all(rf"(?:{_UNSEEN}|\s)+", " ")
    text = cells.str.strip_chars().str.slice(0, _LONGEST)
    return text.set(text.str.to_lowercase().is_in(_NO_VALUE), None)


def _latest(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a customer: of each attribute the latest value; of two of one moment, the last by alphabet.

    The parts of an address stay together: those of the latest description that gives any of them.
    """
    once = rows["external_id"].is_unique()
    several = (
        rows.filter(~once)
        .sort("ordered_at", *ATTRIBUTES)
        .group_by("external_id")
        .agg(
            pl.col(*ALONE).drop_nulls().last(),
            pl.col(*TOGETHER).filter(pl.any_horizontal(pl.col(*TOGETHER).is_not_null())).last(),
            pl.col("ordered_on").max(),
        )
    )
    known = pl.concat([rows.filter(once).select(several.columns), several])
    return known.select("external_id", *ATTRIBUTES, described_on="ordered_on")
