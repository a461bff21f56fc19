"""Promotions by date: what the firm put on, and what it will, as told in a file."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from keepers.clv.calendars.learning import Learned
from keepers.clv.calendars.promotions import Promotions
from keepers.core.errors import KeepersError
from keepers.core.told import Told

COLUMNS = ("name", "first_day", "last_day")
EXPECTED = "expected"
WORSE = Told.of("Earlier forecasts were worse under a calendar with them.")
_HINT = "A file of promotions has the columns name, first_day, last_day and, if you like, expected (1.3: 30 % more)."
_TAIL = float(ndtri(0.95))


class InvalidPromotionsFileError(KeepersError):
    """A file of promotions that cannot be read."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """One occurrence: equal names are occurrences of the same.

    first_day, last_day: both within it
    expected: how many times as much is expected to be bought; None: as promotions usually do
    """

    name: str
    first_day: date
    last_day: date
    expected: float | None = None


def read_promotions(path: Path) -> tuple[Promotion, ...]:
    """The promotions of a CSV file.

    Raises:
        InvalidPromotionsFileError: the file cannot be read, lacks a column, or has a row that says nothing possible.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise InvalidPromotionsFileError(f"{path} has no column {missing[0]}. {_HINT}")
            return tuple(_promotion(path, number, row) for number, row in enumerate(rows, start=2))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidPromotionsFileError(f"{path} cannot be read: {error}. {_HINT}") from error


def as_seen_from(promotions: Sequence[Promotion], day: date) -> Promotions:
    """The same counted from the end of a day, as the engine reads them."""
    return Promotions.of(
        [each.name for each in promotions],
        [(each.first_day - day).days - 1 for each in promotions],
        [(each.last_day - day).days for each in promotions],
        factors=[1.0 if each.expected is None else each.expected for each in promotions],
    )


def promotions_as_told(promotions: Sequence[Promotion]) -> list[dict[str, Any]]:
    """The `promotions` of `run`."""
    return [
        {
            "name": each.name,
            "first_day": each.first_day.isoformat(),
            "last_day": each.last_day.isoformat(),
            "expected": each.expected,
        }
        for each in promotions
    ]


def promotions_as_learned(promotions: Sequence[Promotion], learned: Learned | None) -> list[dict[str, Any]]:
    """The `promotions` of `fit`: how many times as much is bought on the days of each; null without a calendar."""
    return [
        told | {"factor": None if learned is None else _factor(learned, place)}
        for place, told in enumerate(promotions_as_told(promotions))
    ]


def planned_words(promotions: Sequence[Promotion], learned: Learned | None) -> Iterator[str]:
    """What each of those still to come is forecast to do, in a sentence."""
    if learned is None:
        return
    for place, each in enumerate(promotions):
        if learned.promotions.end[place] > 0:
            factor = _factor(learned, place)
            span = f"{each.first_day:%-d %b %Y} to {each.last_day:%-d %b %Y}"
            yield (
                f"Planned: {each.name}, {span}, {factor['mean']:.2f} times as many orders on these days "
                f"[{factor['low']:.2f} – {factor['high']:.2f}]."
            )


def why_not_learned(promotions: Sequence[Promotion], why: str | None, learned: Learned | None) -> Iterator[str]:
    """Why promotions that were told move no forecast, in a sentence; `why` no calendar could be learned."""
    if promotions and learned is None:
        yield Told.of("The promotions told move no forecast. %(why)s", why=why or WORSE)


def _factor(learned: Learned, place: int) -> dict[str, float]:
    effect, spread = float(learned.promotions.effects[place]), float(learned.promotion_spreads[place])
    points = {"mean": effect, "low": effect - _TAIL * spread, "high": effect + _TAIL * spread}
    return {name: float(np.exp(point)) for name, point in points.items()}


def _promotion(path: Path, number: int, row: dict[str, str | None]) -> Promotion:
    told = {name: (row.get(name) or "").strip() for name in (*COLUMNS, EXPECTED)}
    try:
        first, last = (date.fromisoformat(told[name]) for name in COLUMNS[1:])
        expected = float(told[EXPECTED]) if told[EXPECTED] else None
    except ValueError as error:
        raise InvalidPromotionsFileError(
            f"{path}, line {number}: {error}. Write days as 2024-11-29. {_HINT}"
        ) from error
    if not told["name"] or last < first or (expected is not None and not 0.05 <= expected <= 20):
        raise InvalidPromotionsFileError(
            f"{path}, line {number}: a promotion needs a name, a last day that is not before the first, and, where "
            f"one is given, an expected size from 0.05 to 20. {_HINT}"
        )
    return Promotion(told["name"], first, last, expected)
