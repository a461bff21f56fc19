"""Ids of rows that have none: the same for the same row, so that a file that comes again brings nothing anew."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

import polars as pl

from keepers.crm.customers.models.lives import FINGERPRINT_DIGITS


@dataclass(slots=True)
class Fingerprints:
    """Those of a table's rows, one block after the other."""

    seen: Counter[str] = field(default_factory=Counter)

    def of(self, rows: Iterable[str]) -> pl.Series:
        """One for each row, given as text; rows that repeat another bear a number beside it."""
        found = []
        for text in rows:
            digest = sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS]
            self.seen[digest] += 1
            found.append(f"#{digest}" + (f"-{self.seen[digest]}" if self.seen[digest] > 1 else ""))
        return pl.Series(found, dtype=pl.String)

    def of_some(self, rows: pl.DataFrame, chosen: pl.Series) -> pl.Series:
        """One for each row that is chosen; null for the others."""
        found = pl.Series([None] * rows.height, dtype=pl.String)
        if chosen.any():
            texts = rows.filter(chosen).select(pl.all().cast(pl.String, strict=False)).iter_rows(named=True)
            found = found.scatter(chosen.arg_true(), self.of(_as_text(row) for row in texts))
        return found


def _as_text(row: dict[str, str | None]) -> str:
    return json.dumps({header: cell for header, cell in row.items() if cell}, ensure_ascii=False)
