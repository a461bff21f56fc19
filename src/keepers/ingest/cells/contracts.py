"""What the cells of a table of contracts mean: whether somebody left, how long a period is, that a contract is open."""

import polars as pl

from keepers.ingest.recognising.vocabulary import NO_VALUE

_LEFT = {
    "yes", "y", "true", "1", "t", "ja", "j", "oui", "si", "sí", "da", "churn", "churned", "exited", "cancelled",
    "canceled", "inactive", "terminated", "closed", "lost", "left", "ended", "expired", "lapsed", "attrited",
    "attrited customer", "stopped", "gekündigt", "gekuendigt", "beendet", "résilié", "resilie", "1.0",
}  # fmt: skip
_STAYED = {
    "no", "n", "false", "0", "f", "nein", "non", "ne", "active", "stayed", "stayer", "current", "retained", "existing",
    "existing customer", "open", "running", "joined", "aktiv", "laufend", "actif", "activo", "attivo", "trialing",
    "past_due", "0.0",
}  # fmt: skip
_OPEN = {
    "active", "current", "present", "ongoing", "open", "running", "now", "today", "never", "unlimited", "indefinite",
    "aktiv", "laufend", "offen", "unbefristet", "heute", "actif", "en cours", "activo", "vigente", "attivo", "∞",
}  # fmt: skip
_PERIODS = {
    "day": ("day", "daily", "d", "täglich", "1 day", "p1d"),
    "week": ("week", "weekly", "w", "wöchentlich", "1 week", "7 days", "7", "p1w", "wk"),
    "month": (
        "month", "monthly", "m", "mo", "1 month", "1m", "p1m", "monat", "monatlich", "mensuel", "mensual", "mensile",
        "1", "30", "31", "30 days", "month-to-month", "month to month", "maandelijks", "mesečno",
    ),
    "quarter": (
        "quarter", "quarterly", "q", "3 months", "3 month", "3m", "p3m", "quartal", "vierteljährlich", "trimestriel",
        "trimestral", "3", "90", "91", "kwartaal",
    ),
    "year": (
        "year", "yearly", "annual", "annually", "y", "yr", "12 months", "12 month", "12m", "1 year", "one year", "p1y",
        "p12m", "jahr", "jährlich", "jaehrlich", "annuel", "anual", "annuale", "12", "365", "1y", "jaarlijks", "letno",
    ),
}  # fmt: skip
_PERIOD_OF = {word: period for period, words in _PERIODS.items() for word in words}
LATEST_YEAR = 2100  # an end from here on is a way to write "none"


def to_left(cells: pl.Series) -> pl.Series:
    """Whether each cell says that the customer left; null where it says neither."""
    words = dict.fromkeys(_LEFT, True) | dict.fromkeys(_STAYED, False)
    return _plain(cells).replace_strict(words, default=None, return_dtype=pl.Boolean)


def reads_as_left(cells: pl.Series) -> float:
    """Share of the filled cells that say yes or no."""
    return _share(cells, to_left(cells))


def to_period(cells: pl.Series) -> pl.Series:
    """The renewal period that each cell names; null where it names none."""
    return _plain(cells).replace_strict(_PERIOD_OF, default=None, return_dtype=pl.String)


def reads_as_period(cells: pl.Series) -> float:
    """Share of the filled cells that name a renewal period."""
    return _share(cells, to_period(cells))


def says_open(cells: pl.Series) -> pl.Series:
    """Which cells of an end say that there is none: empty, or a word for it."""
    if cells.dtype != pl.String:
        return cells.is_null()
    return cells.is_null() | _plain(cells).is_in([*NO_VALUE, *_OPEN])


def _plain(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.String, strict=False).str.strip_chars().str.to_lowercase()


def _share(cells: pl.Series, found: pl.Series) -> float:
    filled = ~_plain(cells).is_in(NO_VALUE).fill_null(value=True)
    return float(found.filter(filled).is_not_null().mean() or 0.0)  # type: ignore[arg-type]
