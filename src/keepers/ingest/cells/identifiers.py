"""Ids stay text: leading zeros are kept; a spreadsheet's 1.2345E+04 is undone where that is exact."""

import re
from collections.abc import Sequence

import polars as pl

from keepers.ingest.recognising.vocabulary import NO_VALUE

_SHORTENED = r"^\d(?:[.,]\d+)?[eE]\+?\d{1,3}$"
_PLAIN = r"^(?:[1-9][0-9]*|[A-Za-z]{1,4}[-_#]?[0-9]{2,})$"  # neither a word for nothing nor anything to undo


def are_whole_numbers(column: pl.Series) -> bool:
    """Whether each cell is a whole number from 0 on: an id with no blank, word, mark or power to look for."""
    if column.dtype != pl.String and not column.dtype.is_integer():
        return False
    numbers = column.cast(pl.Int64, strict=False)
    return not numbers.null_count() and bool((numbers >= 0).all())


def to_ids(column: pl.Series, *, missing: Sequence[str] = NO_VALUE) -> pl.Series:
    """Ids as text; null where the cell says that there is none."""
    if column.dtype == pl.String and column.str.contains(_PLAIN).all():
        return column
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        if (whole.cast(pl.Float64) == column).fill_null(value=True).all():
            return whole.cast(pl.String)
    text = column.cast(pl.String, strict=False).str.strip_chars(" \t\n\u00a0")
    text = text.set(text.str.contains(_one_of(missing)), None)
    if text.str.contains(".", literal=True).any():
        text = text.str.replace(r"^(\d+)\.0+$", "$1")
    shortened = text.str.contains(_SHORTENED).fill_null(value=False)
    return text.scatter(shortened.arg_true(), _lengthened(text.filter(shortened))) if shortened.any() else text


def _one_of(words: Sequence[str]) -> str:
    return f"(?i)^(?:{'|'.join(re.escape(word) for word in words)})$"


def was_shortened(ids: pl.Series) -> pl.Series:
    """Which ids stand in E-notation; after `to_ids`, those beyond repair: 1.23457E+11 may be any of a million."""
    if not ids.str.contains("[eE]").any():  # one quick look for most columns
        return pl.Series([False]).new_from_index(0, len(ids))
    return ids.str.contains(_SHORTENED).fill_null(value=False)


def _lengthened(text: pl.Series) -> pl.Series:
    """The whole number where the mantissa holds all its digits; else the text as it is."""
    parts = text.to_frame("text").select(
        "text",
        whole=pl.col("text").str.extract(r"^(\d)"),
        decimals=pl.col("text").str.extract(r"[.,](\d+)").fill_null(""),
        power=pl.col("text").str.extract(r"(\d+)$").cast(pl.Int64),
    )
    exact = pl.col("decimals").str.len_chars() >= pl.col("power")
    digits = pl.col("whole") + pl.col("decimals").str.slice(0, pl.col("power"))
    spare = pl.col("decimals").str.slice(pl.col("power")).str.contains(r"[1-9]")
    return parts.select(pl.when(exact & ~spare).then(digits).otherwise("text")).to_series()
