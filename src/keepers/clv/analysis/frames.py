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
    return np.asarray(frame[name])


def names_of(frame: Frame) -> list[str]:
    """The names of a frame's columns.

    Raises:
        FrameError: the frame is of no known kind.
    """
    if isinstance(frame, Mapping):
        return list(frame)
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
    try:
        if column.dtype.kind in "iuf":
            raise ValueError("numbers")  # noqa: TRY301 -- told in one place
        dates = column.astype("datetime64[D]")
    except (ValueError, TypeError):
        first = column[0] if len(column) else ""
        raise FrameError(
            f'Column "{name}" does not hold dates (its first value is {first!r}). Pass dates, or texts such as '
            "1997-09-30; for numbers of days use Customers.from_summary."
        ) from None
    return dates.astype(np.int64)


def floats_of(column: NDArray[Any], *, name: str) -> Floats:
    """Numbers, (n,); a missing one is nan.

    Raises:
        FrameError: the column holds something else.
    """
    try:
        return np.asarray(column, dtype=np.float64)
    except (ValueError, TypeError):
        first = next((value for value in column if not isinstance(value, int | float)), "")
        raise FrameError(f'Column "{name}" does not hold numbers (for example {first!r}).') from None
