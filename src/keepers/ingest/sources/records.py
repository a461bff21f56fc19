"""Where the records of a block of delimited text begin and end, found on whole arrays of bytes.

A record ends at a line break outside quotes. Quotes open and close in turn, so a line break is outside when an even
number of quotes stands before it. One stray quote (15" ruler) would turn the rest of the block inside out; it shows as
a record of several lines with the wrong number of fields, and then the quotes of its first line are taken as text.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
_QUOTE, _BREAK = 34, 10
_MOST_STRAY_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Records:
    """Records of a block: byte range, fields, and the line (from 0, within the block) on which each begins."""

    starts: Positions
    ends: Positions
    fields: Positions
    lines: Positions
    several_lines: bool
    stray: NDArray[np.bool_]
    line_breaks: int
    rest: int


def find_records(text: bytes, *, delimiter: bytes, width: int, last: bool) -> Records:
    """Split a block into records. `rest` is where the unfinished record at its end begins (the end if `last`)."""
    buffer = np.frombuffer(text, dtype=np.uint8)
    breaks = np.flatnonzero(buffer == _BREAK)
    if last and (not len(breaks) or breaks[-1] != len(buffer) - 1):
        breaks = np.append(breaks, len(buffer))
    delimiters = np.flatnonzero(buffer == delimiter[0])
    quotes = np.flatnonzero(buffer == _QUOTE)
    return _split(breaks, delimiters, quotes, width=width, last=last)


def _split(breaks: Positions, delimiters: Positions, quotes: Positions, *, width: int, last: bool) -> Records:
    stray_starts: list[int] = []
    while True:
        ends = breaks[_outside(breaks, quotes)]
        if last and len(breaks) and (not len(ends) or ends[-1] != breaks[-1]):
            ends = np.append(ends, breaks[-1])
        starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64) if len(ends) else np.empty(0, np.int64)
        fields = 1 + np.diff(np.searchsorted(delimiters[_outside(delimiters, quotes)], ends), prepend=0)
        lines = np.searchsorted(breaks, starts)
        lengths = np.searchsorted(breaks, ends) - lines + 1
        twisted = np.flatnonzero((lengths > 1) & (fields != width))
        if not len(twisted) or len(stray_starts) >= _MOST_STRAY_LINES:
            break
        start = int(starts[twisted[0]])
        stray_starts.append(start)
        first_break = breaks[lines[twisted[0]]]
        quotes = quotes[(quotes < start) | (quotes > first_break)]
    return Records(
        starts=starts,
        ends=ends.astype(np.int64),
        fields=fields.astype(np.int64),
        lines=lines.astype(np.int64),
        several_lines=bool((lengths > 1).any()) if len(lengths) else False,
        stray=np.isin(starts, stray_starts),
        line_breaks=len(breaks),
        rest=int(ends[-1]) + 1 if len(ends) else 0,
    )


def _outside(positions: Positions, quotes: Positions) -> NDArray[np.bool_]:
    if not len(quotes):
        return np.ones(len(positions), dtype=bool)
    outside: NDArray[np.bool_] = np.searchsorted(quotes, positions) % 2 == 0
    return outside
