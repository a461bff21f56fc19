"""Where the records of a block of delimited text begin and end, found on whole arrays of bytes.

A record ends at a line break outside quotes. Quotes open and close in turn, so a line break is outside when an even
number of quotes stands before it. A quote that can neither open nor close a field (15" ruler) is text. One that opens
a field and is never closed would turn the rest of the block inside out; it shows as a record of several lines with
quotes in the wrong places, and then the quotes of its first line are taken as text.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]
_QUOTE, _BREAK = 34, 10
_MOST_STRAY_LINES = 200
_MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Records:
    """Records of a block: byte range, fields, and the line (from 0, within the block) on which each begins."""

    starts: Positions
    ends: Positions
    fields: Positions
    lines: Positions
    several_lines: bool
    stray: Flags
    rest: int


@dataclass(frozen=True, slots=True)
class _Marks:
    """Positions of line breaks, delimiters and quotes, and which quotes may open or close a field."""

    breaks: Positions
    delimiters: Positions
    quotes: Positions
    opening: Flags
    closing: Flags

    def without_quotes(self, start: int, end: int) -> "_Marks":
        keep = (self.quotes < start) | (self.quotes > end)
        return replace(self, quotes=self.quotes[keep], opening=self.opening[keep], closing=self.closing[keep])


def find_records(text: bytes, *, delimiter: bytes, width: int, last: bool) -> Records:
    """Split a block into records. `rest` is where the unfinished record at its end begins (the end if `last`)."""
    marks = _marks_in(text, delimiter[0], last=last)
    stray: list[int] = []
    while True:
        records, twisted = _split(marks, width=width, last=last)
        if not len(twisted) or len(stray) >= _MOST_STRAY_LINES:
            return replace(records, stray=np.isin(records.starts, stray))
        start = int(records.starts[twisted[0]])
        stray.append(start)
        marks = marks.without_quotes(start, int(marks.breaks[records.lines[twisted[0]]]))


def _marks_in(text: bytes, delimiter: int, *, last: bool) -> _Marks:
    buffer = np.frombuffer(text, dtype=np.uint8)
    breaks = np.flatnonzero(buffer == _BREAK)
    if last and len(buffer) and (not len(breaks) or breaks[-1] != len(buffer) - 1):
        breaks = np.append(breaks, len(buffer))
    delimiters = np.flatnonzero(buffer == delimiter)
    quotes = np.flatnonzero(buffer == _QUOTE)
    before = np.where(quotes > 0, buffer[quotes - 1], _BREAK) if len(quotes) else quotes
    after = np.where(quotes + 1 < len(buffer), buffer[np.minimum(quotes + 1, len(buffer) - 1)], _BREAK)
    opening = (before == delimiter) | (before == _BREAK) | (before == _QUOTE)
    closing = (after == delimiter) | (after == _BREAK) | (after == _QUOTE)
    meant = opening | closing
    return _Marks(breaks, delimiters, quotes[meant], opening[meant], closing[meant])


def _split(marks: _Marks, *, width: int, last: bool) -> tuple[Records, Positions]:
    """The records as the quotes stand, and which of them look twisted."""
    breaks, quotes = marks.breaks, marks.quotes
    ends = breaks[_outside(breaks, quotes)]
    if last and len(breaks) and (not len(ends) or ends[-1] != breaks[-1]):
        ends = np.append(ends, breaks[-1])
    starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64) if len(ends) else np.empty(0, np.int64)
    fields = 1 + np.diff(np.searchsorted(marks.delimiters[_outside(marks.delimiters, quotes)], ends), prepend=0)
    lines = np.searchsorted(breaks, starts)
    several = np.searchsorted(breaks, ends) > lines
    turn = np.arange(len(quotes)) % 2
    misplaced = quotes[((turn == 0) & ~marks.opening) | ((turn == 1) & ~marks.closing)]
    ill = np.searchsorted(misplaced, ends) > np.searchsorted(misplaced, starts)
    records = Records(
        starts=starts,
        ends=ends.astype(np.int64),
        fields=fields.astype(np.int64),
        lines=lines.astype(np.int64),
        several_lines=bool(several.any()),
        stray=np.zeros(len(starts), dtype=bool),
        rest=int(ends[-1]) + 1 if len(ends) else 0,
    )
    open_at_end = (np.searchsorted(quotes, ends) - np.searchsorted(quotes, starts)) % 2 == 1
    endless = (fields != width) & (np.searchsorted(breaks, ends) - lines > _MOST_LINES)
    return records, np.flatnonzero(several & (ill | open_at_end | endless))


def _outside(positions: Positions, quotes: Positions) -> Flags:
    if not len(quotes):
        return np.ones(len(positions), dtype=bool)
    outside: Flags = np.searchsorted(quotes, positions) % 2 == 0
    return outside
