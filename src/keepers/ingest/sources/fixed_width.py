"""Columns lined up with blanks, as statistics programs write them: runs of blanks become the delimiter."""

import re
from collections import Counter
from pathlib import Path

from keepers.ingest.dialect import SAMPLE_BYTES, Dialect, encoding_of, header_in
from keepers.ingest.files import unpacked
from keepers.ingest.sources.delimited import DelimitedSource

_BLANKS = re.compile(rb"[ \t]+")
_EDGES = re.compile(rb"(?m)^[ \t]+|[ \t]+$")
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
    return _BLANKS.sub(b"\t", _EDGES.sub(b"", text))
