"""What the status of an order or a payment means for its money: taken back, never paid, or never sold."""

import polars as pl

from keepers.ingest.vocabulary import WORDS


def taken_back(status: pl.Expr) -> pl.Expr:
    """Orders that were cancelled or paid back in full: on record, worth nothing, no occasion."""
    return _is_one_of(status, "taken_back")


def not_paid(status: pl.Expr) -> pl.Expr:
    """Payments that never succeeded."""
    return _is_one_of(status, "not_paid")


def not_sold(status: pl.Expr) -> pl.Expr:
    """Deals and quotes that are no order, or not yet."""
    return _is_one_of(status, "not_sold")


def _is_one_of(status: pl.Expr, meaning: str) -> pl.Expr:
    return status.str.strip_chars().str.to_lowercase().is_in(WORDS["statuses"][meaning]).fill_null(value=False)
