"""How a text file is written: encoding, delimiter, and where its header stands."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from keepers.core.errors import KeepersError
from keepers.ingest.recognising.vocabulary import name_score
from keepers.ingest.western_letters import CENTRAL, WESTERN, western_or_central

SAMPLE_BYTES = 1 << 18
csv.field_size_limit(
    1 << 30
)  # a quote that is never closed makes one field of a whole block, which is no reason to end
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = [WESTERN, CENTRAL, "gb18030", "cp1251", "shift_jis", "big5", "euc_kr", "cp1254", "cp1253"]
_DATA_CELL = re.compile(
    r"[-+(]?[\W_]{0,4}\d[\d\s.,:/'’+-]*(?:[TZ]\S*)?[\W_]{0,2}(?:[AaPp][Mm])?\)?|\d{1,2}[- ]\w{3,9}[- ]\d{2,4}.*"
)


class EmptyFileError(KeepersError):
    """A file holds no rows."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The way a text file is written. `skip` counts the records above the first row, the header included."""

    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    skip: int
    preamble: int
    has_header: bool


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, the records above the first row, and how many of those held something."""

    names: tuple[str, ...]
    skip: int
    preamble: int
    has_header: bool


def encoding_of(sample: bytes) -> str:
    """The encoding of a file's beginning: marks first, then UTF-8, then what its bytes look like."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if b"\0" in sample[:4096]:
        odd = sample[1:4096:2].count(b"\0")
        return "utf-16-le" if odd * 2 >= sample[:4096].count(b"\0") else "utf-16-be"
    if _decodes(sample, "utf-8"):
        return "utf-8"
    return _legacy_encoding(sample)


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _legacy_encoding(sample: bytes) -> str:
    telling = b"\n".join(line for line in sample.split(b"\n")[:-1] or [sample] if not line.isascii())
    if len(telling) < 64 and _decodes(telling, WESTERN):
        return western_or_central(telling)
    import charset_normalizer  # most files are UTF-8 and need not wait for it to load

    best = charset_normalizer.from_bytes(telling or sample, cp_isolation=_LEGACY).best()
    if best is None:
        return western_or_central(telling) if _decodes(telling, WESTERN) else "latin-1"
    if best.encoding in {WESTERN, CENTRAL}:
        return western_or_central(telling)
    western = telling.decode(WESTERN, errors="replace")
    return WESTERN if telling.decode(best.encoding, errors="replace") == western else best.encoding


def dialect_of(sample: bytes, *, complete: bool, least_even: float = 0.4) -> Dialect | None:
    """The dialect of a file's beginning; `None` where no delimiter splits the share `least_even` of its lines alike.

    Raises:
        EmptyFileError: the file holds nothing but blanks.
    """
    encoding = encoding_of(sample)
    text = sample.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if not text.strip():
        raise EmptyFileError("it is empty")
    if not complete and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    declared = re.match(r'"?sep=(.)"?\n', text)
    delimiter = declared[1] if declared else _delimiter_of(text, least_even)
    if delimiter is None:
        return None
    records = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    return _with_header(encoding, delimiter, records)


def _delimiter_of(text: str, least_even: float) -> str | None:
    lines = [line for line in text.split("\n", 400)[:400] if line.strip()]
    scores = {delimiter: _evenness(lines, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > least_even else None


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    """Share of the records that have the usual number of fields, and a little for having many of them."""
    widths = Counter(
        len(record) for record in csv.reader([f"{line}\n" for line in lines], delimiter=delimiter) if record
    )
    width, _ = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    if width == 1:
        return 0.0
    return widths[width] / sum(widths.values()) + min(width, 20) / 50


def _with_header(encoding: str, delimiter: str, records: Sequence[Sequence[str]]) -> Dialect:
    found = header_in(records)
    return Dialect(encoding, delimiter, found.names, found.skip, found.preamble, found.has_header)


def header_in(records: Sequence[Sequence[str]]) -> Header:
    """Where the header stands among the first records: the first that is as wide as most and names its columns.

    Records that are mostly blank have no say in what is wide; one that calls its cells customer and date needs none.
    """
    filled = [(len(record), cells) for record in records if (cells := _filled(record))]
    widths = [width for width, cells in filled if 2 * cells >= width] or [width for width, _ in filled]
    width = Counter(widths).most_common(1)[0][0]
    position = next((at for at, record in enumerate(records[:60]) if _could_be_header(record, width)), 0)
    known = next((at for at, record in enumerate(records[: position + 1]) if _names_orders(record)), None)
    if known is not None:
        position, width = known, len(records[known])
    first = list(records[position])
    has_header = not any(is_data(cell) for cell in first)
    names = first if has_header else [""] * max(width, len(first))
    return Header(
        names=unique_headers(names + [""] * (width - len(names))),
        skip=position + int(has_header),
        preamble=sum(1 for record in records[:position] if any(cell.strip() for cell in record)),
        has_header=has_header,
    )


def _could_be_header(record: Sequence[str], width: int) -> bool:
    filled = _filled(record)
    if not filled or record[0].lstrip().startswith("#"):
        return False
    return len(record) >= max(2, width - 1) and filled >= 0.6 * width


def _names_orders(record: Sequence[str]) -> bool:
    """Whether a record calls one cell a customer and another the date of an order, in words we know."""
    return all(any(name_score(column, cell) >= 0.85 for cell in record) for column in ("customer_id", "ordered_at"))


def _filled(record: Sequence[str]) -> int:
    return sum(map(bool, map(str.strip, record)))


def is_data(cell: str) -> bool:
    """Whether a cell looks like a number or a date rather than like a name."""
    return bool(_DATA_CELL.fullmatch(cell.strip()))


def unique_headers(names: Sequence[str]) -> tuple[str, ...]:
    """Headers that can be told apart: blank ones get their position, repeated ones a number."""
    seen: Counter[str] = Counter()
    unique: list[str] = []
    for position, name in enumerate(names, start=1):
        header = " ".join(name.replace("\ufeff", "").split()) or f"column {position}"
        seen[header] += 1
        unique.append(header if seen[header] == 1 else f"{header} ({seen[header]})")
    return tuple(unique)
