"""What the status of an order or a payment means for its money: taken back, never paid, or never sold."""

import polars as pl

from keepers.ingest.recognising.vocabulary import WORDS


def taken_back(status: pl.Expr) -> pl.Expr:
    """Orders that were cancelled or paid back in full: on record, worth nothing, no occasion."""
    return _is_one_of(status, "taken_back")


def not_paid(status: pl.Expr) -> pl.Expr:
    """Payments that never succeeded."""
    return _is_one_of(status, "not_paid")


def not_sold(status: pl.Expr) -> pl.Expr:
    """Deals and quotes that are no order, or not yet."""
    return _is_one_of(status, "not_sold")


def unknown(statuses: pl.Series) -> pl.Series:
    """The statuses that are no word known here, in lower case: what they mean for the money is anybody's guess."""
    known = [word.replace("_", " ") for words in WORDS["statuses"].values() for word in words]
    said = statuses.drop_nulls().to_frame("status").select(_plain(pl.col("status"))).to_series()
    return said.filter(~said.str.replace_all("_", " ", literal=True).is_in(known))


def _is_one_of(status: pl.Expr, meaning: str) -> pl.Expr:
    return _plain(status).is_in(WORDS["statuses"][meaning]).fill_null(value=False)


def _plain(status: pl.Expr) -> pl.Expr:
    return status.str.strip_chars().str.to_lowercase()
