"""Columns out of any data frame and back into the same kind, without importing any of their libraries.

A frame is anything whose columns are found by name: a pyarrow Table, a polars or pandas DataFrame, a dictionary.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keepers.clv.histories import Floats, Integers
from keepers.core.errors import KeepersError

Frame = Any
"""A pyarrow Table, a polars or pandas DataFrame, or a mapping of names to arrays."""

_FIRST_DAY, _LAST_DAY = np.datetime64("1000-01-01"), np.datetime64("9999-12-31")


class FrameError(KeepersError):
    """A data frame lacks a column, or a column does not hold what it was named for."""


def column_of(frame: Frame, name: str) -> NDArray[Any]:
    """A column by its name, (n,), as numpy gives it.

    Raises:
        FrameError: there is no such column, or the frame is of no known kind.
    """
    names = names_of(frame)
    if name not in names:
        raise FrameError(f'There is no column "{name}". The columns are {", ".join(map(str, names))}.')
    return np.asarray(_without_zone(frame[name]))


def names_of(frame: Frame) -> list[str]:
    """The names of a frame's columns.

    Raises:
        FrameError: the frame is of no known kind.
    """
    if isinstance(frame, Mapping):
        return list(frame)
    if hasattr(frame, "collect"):  # polars' lazy frames, Spark's
        raise FrameError(f"A {type(frame).__name__} holds no columns yet. Collect it into a data frame first.")
    names = getattr(frame, "column_names", None)  # Arrow
    if names is None:
        names = getattr(frame, "columns", None)
    if names is None:
        raise FrameError(
            f"A {type(frame).__name__} is no data frame that can be read here. Pass a pyarrow Table, a polars or "
            "pandas DataFrame, or a dictionary of columns."
        )
    return list(names)


def frame_like(frame: Frame, columns: Mapping[str, ArrayLike]) -> Frame:
    """The columns as a frame of the same kind as `frame`."""
    if isinstance(frame, Mapping):
        return dict(columns)
    kind = type(frame)
    if hasattr(kind, "from_pydict"):
        return kind.from_pydict(dict(columns))
    return kind(dict(columns))


def days_of(column: NDArray[Any], *, name: str) -> Integers:
    """Dates as days since 1970-01-01, (n,) [days]; a time of day is cut off, a missing date is the smallest number.

    Raises:
        FrameError: the column holds neither dates nor texts such as 1997-09-30.
    """
    if column.dtype.kind in "biuf":
        raise _no_dates(name, column[0] if len(column) else "")
    try:
        dates = _known(column).astype("datetime64[D]")
    except (ValueError, TypeError):
        raise _no_dates(name, next((value for value in column if not _is_date(value)), "")) from None
    odd = ~np.isnat(dates) & ((dates < _FIRST_DAY) | (dates > _LAST_DAY))
    if odd.any():  # numpy reads "19970930" as a year
        raise _no_dates(name, column[odd][0])
    return dates.astype(np.int64)


def floats_of(column: NDArray[Any], *, name: str) -> Floats:
    """Numbers, (n,); a missing one is nan.

    Raises:
        FrameError: the column holds something else.
    """
    try:
        return np.asarray(_known(column), dtype=np.float64)
    except (ValueError, TypeError):
        first = next((value for value in column if not isinstance(value, int | float)), "")
        raise FrameError(f'Column "{name}" does not hold numbers (for example {first!r}).') from None


def is_missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Which cells hold nothing, (n,): none, nan, pandas' NA, an empty text."""
    if column.dtype.kind == "f":
        return np.asarray(np.isnan(column))
    if column.dtype.kind == "U":
        return np.asarray(column == "")
    if column.dtype.kind != "O":
        return np.zeros(len(column), dtype=bool)
    return np.array([_is_nothing(value) for value in column], dtype=bool)


def _without_zone(column: Any) -> Any:
    """Times with a time zone as they read there: an order belongs to the day of its own clock."""
    if getattr(getattr(column, "dtype", None), "tz", None) is not None:  # pandas
        return column.dt.tz_localize(None)
    if getattr(getattr(column, "dtype", None), "time_zone", None) is not None:  # polars
        return column.dt.replace_time_zone(None)
    if getattr(getattr(column, "type", None), "tz", None) is not None:  # Arrow
        return np.array([each and each.replace(tzinfo=None) for each in column.to_pylist()], dtype="datetime64[us]")
    return column


def _known(column: NDArray[Any]) -> NDArray[Any]:
    """The cells, None where there is nothing."""
    if column.dtype.kind != "O":
        return column
    return np.where(is_missing(column), np.array(None, dtype=object), column)


def _is_nothing(value: object) -> bool:
    try:
        return value is None or value == "" or bool(value != value)  # nan differs from itself
    except TypeError:  # pandas' NA answers no question
        return True


def _is_date(value: object) -> bool:
    try:
        np.array([value]).astype("datetime64[D]")
    except (ValueError, TypeError):
        return False
    return not isinstance(value, int | float)


def _no_dates(name: str, value: Any) -> FrameError:
    shown = value.item() if isinstance(value, np.generic) else value
    return FrameError(
        f'Column "{name}" does not hold dates (for example {shown!r}). Pass dates, or texts such as 1997-09-30; for '
        "numbers of days use Customers.from_summary."
    )
