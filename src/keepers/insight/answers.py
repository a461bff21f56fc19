"""What every insight takes and gives: a scope in, an answer with its table, its sentence and its picture out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import isfinite
from typing import Any

import pyarrow as pa

from keepers.core.errors import KeepersError
from keepers.insight.columns import Kind, column_named
from keepers.insight.drawings.pictures import Picture
from keepers.warehouse.store import Store

SPANS = ("day", "week", "month", "quarter", "year")


class UnknownSpanError(KeepersError):
    """A length of calendar period that no insight knows."""


class MissingForInsightError(KeepersError):
    """The history or the runs lack what an insight is about."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an insight looks at.

    as_of: last day of the history it knows of
    currency: reporting currency of the money, None for plain numbers
    by: calendar period, None for the insight's own choice (one of `SPANS`)
    top: rows of a ranking
    margin: share of revenue that is earned where no cost is given
    acquired_from: customers first seen before this day may have been there before the log began
    value_run: run whose values are read; None: there are no values
    opening_run: earlier run to compare with; None: there is none
    """

    as_of: date
    currency: str | None = None
    by: str | None = None
    top: int = 10
    margin: float = 0.30
    acquired_from: date | None = None
    value_run: str | None = None
    opening_run: str | None = None

    def __post_init__(self) -> None:
        if self.by is not None and self.by not in SPANS:
            raise UnknownSpanError(f'There is no period "{self.by}". Choose one of {", ".join(SPANS)}.')

    def span(self, default: str, *, allowed: Sequence[str] = SPANS) -> str:
        """The calendar period to use.

        Raises:
            UnknownSpanError: the insight cannot be shown by the period asked for.
        """
        if self.by is None:
            return default
        if self.by not in allowed:
            raise UnknownSpanError(f"This insight has no view by {self.by}. Choose one of {', '.join(allowed)}.")
        return self.by


@dataclass(frozen=True, slots=True)
class Answer:
    """One question answered.

    finding: one sentence, what the table says today
    definition: what the figures mean
    rows: the table; every column is in `columns`
    shown: the rows as the terminal shows them, where that differs (a pivot, the head of a long list)
    picture: how to draw it
    drawn: the rows that the picture shows, where they are not `rows`
    notes: sentences the reader should see beside it
    left_out: what `shown` leaves out of `rows`, in words; empty where it leaves out nothing
    """

    finding: str
    definition: str
    rows: pa.Table
    picture: Picture
    currency: str | None = None
    shown: pa.Table | None = None
    drawn: pa.Table | None = None
    notes: tuple[str, ...] = field(default=())
    left_out: str = ""

    @property
    def table(self) -> pa.Table:
        """The rows as the terminal shows them."""
        return self.rows if self.shown is None else self.shown

    @property
    def pictured(self) -> pa.Table:
        """The rows that the picture shows."""
        return self.rows if self.drawn is None else self.drawn

    def as_json(self) -> dict[str, Any]:
        """The whole answer in values that JSON has; the table is `rows`, a list of objects."""
        return {
            "finding": self.finding,
            "definition": self.definition,
            "currency": self.currency,
            "notes": list(self.notes),
            "rows": [{name: _plain(value) for name, value in row.items()} for row in self.rows.to_pylist()],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not isfinite(value) else value


class Needs(StrEnum):
    """What an insight cannot do without: the history only, a run's values or backtest, or two runs to compare."""

    HISTORY = "history"
    VALUES = "values"
    BACKTEST = "backtest"
    TWO_RUNS = "two runs"


@dataclass(frozen=True, slots=True)
class Insight:
    """A question, and the function that answers it from a store."""

    name: str
    question: str
    answer: Callable[[Store, Scope], Answer]
    needs: Needs = Needs.HISTORY


def ask(store: Store, step: str, scope: Scope, **more: object) -> pa.Table:
    """Rows of a SQL step within the scope."""
    named = {
        "as_of": scope.as_of,
        "run_id": "",
        "value_run": scope.value_run or "",
        "opening_run": scope.opening_run or "",
    }
    return without_empty_money(store.query(step, **(named | more)))


def without_empty_money(rows: pa.Table) -> pa.Table:
    """The rows without money columns in which no row has a value: the source has no money."""
    empty = [
        name
        for name in rows.column_names
        if column_named(name).kind is Kind.MONEY and rows[name].null_count == rows.num_rows
    ]
    return rows.drop_columns(empty)


def with_column(rows: pa.Table, name: str, values: Sequence[Any], *, after: str | None = None) -> pa.Table:
    """The rows with one more column, at the end or after another one."""
    place = rows.num_columns if after is None else rows.column_names.index(after) + 1
    return rows.add_column(place, name, pa.array(values))


def main_measure(rows: pa.Table) -> str:
    """What a ranking goes by: revenue, or orders where the source has no money."""
    return "revenue" if "revenue" in rows.column_names else "orders"


def shares_of(values: Sequence[float | None]) -> list[float | None]:
    """Each value's share of their sum; None where the sum is not positive."""
    total = sum(value or 0 for value in values)
    return [(value or 0) / total if total > 0 else None for value in values]
