"""Columns lined up with blanks, as statistics programs write them: runs of blanks become the delimiter."""

from collections import Counter
from pathlib import Path

import numpy as np

from keepers.ingest.dialect import SAMPLE_BYTES, Dialect, encoding_of, header_in
from keepers.ingest.files import unpacked
from keepers.ingest.sources.delimited import DelimitedSource

_TAB, _BREAK = b"\t\n"
_EVEN = 0.9


def open_fixed_width(path: Path) -> DelimitedSource | None:
    """The file as lined-up columns, or `None` if its lines do not have the same number of words."""
    with unpacked(path) as file:
        sample = file.read(SAMPLE_BYTES)
    encoding = encoding_of(sample)
    lines = sample.decode(encoding, errors="replace").splitlines()
    records = [line.split() for line in (lines if len(sample) < SAMPLE_BYTES else lines[:-1])]
    widths = Counter(len(record) for record in records if record)
    if not widths:
        return None
    width, rows = widths.most_common(1)[0]
    if width < 2 or rows < _EVEN * widths.total():
        return None
    found = header_in(records)
    dialect = Dialect(encoding, "\t", found.names, found.skip, found.preamble, found.has_header)
    return DelimitedSource(path, dialect, format_name="fixed width", rewrite=_with_tabs)


def _with_tabs(text: bytes) -> bytes:
    """Each run of blanks as one tab; none where a line begins or ends."""
    signs = np.frombuffer(text, dtype=np.uint8)
    blank = (signs == ord(" ")) | (signs == _TAB)
    edge = np.concatenate([[True], signs == _BREAK, [True]])  # of each sign the one before it, and two on the one after
    begins = np.flatnonzero(blank & ~np.concatenate([[False], blank[:-1]]))
    ends = np.flatnonzero(blank & ~np.concatenate([blank[1:], [False]]))
    between = begins[~edge[begins] & ~edge[ends + 2]]
    written = signs.copy()
    written[between] = _TAB
    kept = ~blank
    kept[between] = True
    return bytes(written[kept])
