"""Address books: vCard 2.1, 3.0 and 4.0, a row a card; photos and sounds are left out and counted.

A card that cannot be read is a broken row, so one bad card costs no other. The reading of lines, quoted-printable and
structured values is vobject's.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import vobject
from vobject.base import ParseError, VObjectError

from keepers.ingest.dialect import encoding_of
from keepers.ingest.files import unpacked
from keepers.ingest.sources import Block, BrokenRow, Description, UnreadableFileError

BLOCK_CARDS = 5_000
SAMPLE = 1 << 18
_HEAVY = r"^(?:[\w-]+\.)?(?:photo|logo|sound|key|x-ms-cardpicture)[;:]"
_BEGIN, _END = re.compile(rb"^BEGIN\s*:\s*VCARD\s*$", re.IGNORECASE), re.compile(rb"^END\s*:\s*VCARD", re.IGNORECASE)
_CHARSET = re.compile(r"CHARSET=\"?([\w-]+)", re.IGNORECASE)
_ADDRESS = (
    ("street", "Street"), ("extended", "Street 2"), ("city", "City"), ("region", "Region"), ("code", "Postal Code"),
    ("country", "Country"),
)  # fmt: skip
_NAME_PARTS = ("family", "given", "additional", "prefix", "suffix")
_ADDRESS_PARTS = ("box", "extended", "street", "city", "region", "code", "country")
_PLACES = 2
_HEADERS = (
    "UID", "Full Name", "Salutation", "First Name", "Middle Name", "Last Name", "Suffix", "Nickname", "Is a Company",
    "Company", "Department", "Job Title", "Email", "Email 2", "Email 3", "Phone", "Mobile", "Home Phone", "Other Phone",
    "Fax", "Website", "LinkedIn", *(header for _, header in _ADDRESS),
    *(f"Other {header}" for _, header in _ADDRESS if header != "Street 2"), "Birthday", "Categories", "Notes",
)  # fmt: skip


class VCardSource:
    """A file of cards."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with unpacked(path) as file:
            self._encoding = encoding_of(file.read(SAMPLE))
        pictures = sum(_heavy(card) for _, card in self._cards())
        self.description = Description(
            path=path,
            format="vcard",
            headers=_HEADERS,
            size=path.stat().st_size,
            encoding=self._encoding,
            notes=(f"{path.name}: {pictures} photos, logos, sounds and keys were left out.",) if pictures else (),
        )

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Yield the cards; `columns` limits what is given, `None` asks for all."""
        cards = self._cards()
        while taken := list(islice(cards, BLOCK_CARDS)):
            good, broken = list[tuple[int, str, Mapping[str, str]]](), list[BrokenRow]()
            for line, card in taken:
                text = _decoded(card, self._encoding)
                read = _read(text)
                if isinstance(read, str):
                    broken.append(BrokenRow(line, read, _without_pictures(text)))
                else:
                    good.append((line, text, read))
            frame = pl.DataFrame(
                {header: [row.get(header) for _, _, row in good] for header in _HEADERS},
                schema=dict.fromkeys(_HEADERS, pl.String),
            )
            yield Block(
                rows=frame if columns is None else frame.select(columns),
                line_numbers=pl.Series([line for line, _, _ in good], dtype=pl.Int64),
                text_of=partial(_texts, [text for _, text, _ in good]),
                bytes_read=sum(len(card) for _, card in taken),
                broken=tuple(broken),
            )

    def _cards(self) -> Iterator[tuple[int, bytes]]:
        """Each card with the line it begins on; one that is not ended before the next begins, or the file, is whole."""
        begun, lines, depth = 0, list[bytes](), 0
        with unpacked(self._path) as file:
            for number, raw in enumerate(_plain_lines(file, self._encoding), start=1):
                if _BEGIN.match(raw.strip()):
                    if lines and depth and not _holds_agent(lines):
                        yield begun, b"".join(lines)
                        lines, depth = [], 0
                    begun = begun if depth else number
                    depth += 1
                if depth:
                    lines.append(raw)
                if depth and _END.match(raw.strip()):
                    depth -= 1
                    if not depth:
                        yield begun, b"".join(lines)
                        lines = []
        if lines:
            yield begun, b"".join(lines)


def is_vcard(path: Path) -> bool:
    """Whether a file begins like an address book."""
    with unpacked(path) as file:
        sample = file.read(512)
    return _decoded(sample, encoding_of(sample)).lstrip("\ufeff \t\r\n").upper().startswith("BEGIN:VCARD")


def _plain_lines(file: Any, encoding: str) -> Iterator[bytes]:
    if encoding.startswith(("utf-16", "utf-32")):
        text = file.read().decode(encoding, errors="replace")
        yield from (line.encode() for line in text.splitlines(keepends=True))
        return
    yield from file


def _holds_agent(lines: Sequence[bytes]) -> bool:
    """Whether the card that is begun holds another one: AGENT, of which vCard 2.1 writes the card right after."""
    last = lines[-1].strip().upper()
    return last.startswith(b"AGENT") or last.endswith(b"AGENT:")


def _heavy(card: bytes) -> int:
    return len(re.findall(_HEAVY.encode(), card, re.IGNORECASE | re.MULTILINE))


def _without_pictures(text: str) -> str:
    return re.sub(rf"(?ims){_HEAVY}.*?(?=^[\w.-]+[;:])", "", text)


def _decoded(card: bytes, encoding: str) -> str:
    if encoding.startswith(("utf-16", "utf-32")):
        return card.decode("utf-8", errors="replace") if b"\0" not in card else card.decode(encoding, errors="replace")
    return card.decode(encoding, errors="replace")


def _texts(texts: Sequence[str], positions: Sequence[int]) -> list[str]:
    return [_without_pictures(texts[at]) for at in positions]


def _read(text: str) -> dict[str, str] | str:
    """The card as a row, or why it cannot be read."""
    if not re.search(r"(?im)^END\s*:\s*VCARD", text):
        return "the card has no end"
    try:
        plain = re.sub(r"(?im)^PROFILE\s*:.*\n", "", _without_pictures(text))  # vobject knows another use of it
        card = vobject.readOne(plain.lstrip("\ufeff"), ignoreUnreadable=True, allowQP=True)
    except (VObjectError, ParseError, ValueError, StopIteration, AttributeError, IndexError, KeyError) as wrong:
        return f"the card cannot be read: {str(wrong).splitlines()[0] if str(wrong) else type(wrong).__name__}"
    if card is None:
        return "the card is empty"
    contents: Mapping[str, list[Any]] = card.contents
    row = _names(contents) | _work(contents) | _reached(contents) | _addresses(contents) | _rest(contents)
    row = {header: " ".join(value.split()) if header != "Notes" else value.strip() for header, value in row.items()}
    row = {header: value for header, value in row.items() if value}
    return row if row.keys() - {"UID", "Is a Company"} else "the card names nobody"


def _names(contents: Mapping[str, list[Any]]) -> dict[str, str]:
    parts = _parts(contents["n"][0].value if "n" in contents else "", _NAME_PARTS)
    full = _text(contents, "fn")
    kind = _text(contents, "kind").lower()
    company = _text(contents, "x-abshowas").upper() == "COMPANY" or kind in {"org", "group"}
    return {
        "Full Name": full,
        "Salutation": parts.get("prefix", ""),
        "First Name": parts.get("given", ""),
        "Middle Name": parts.get("additional", ""),
        "Last Name": parts.get("family", ""),
        "Suffix": parts.get("suffix", ""),
        "Nickname": _text(contents, "nickname"),
        "UID": _text(contents, "uid"),
        "Is a Company": "yes" if company else "",
    }


def _work(contents: Mapping[str, list[Any]]) -> dict[str, str]:
    value = contents["org"][0].value if "org" in contents else ""
    parts = _split(value) if isinstance(value, str) else [_joined(part) for part in value]
    return {
        "Company": parts[0] if parts else "",
        "Department": ", ".join(part for part in parts[1:] if part.strip()),
        "Job Title": _text(contents, "title"),
    }


def _reached(contents: Mapping[str, list[Any]]) -> dict[str, str]:
    emails = [_value(line).removeprefix("mailto:") for line in _preferred(contents.get("email", []))]
    row = dict(zip(("Email", "Email 2", "Email 3"), dict.fromkeys(filter(None, emails)), strict=False))
    for line in _preferred(contents.get("tel", [])):
        types, number = _types(line), _value(line).removeprefix("tel:")
        wanted = _header_of_number(types)
        free = [header for header in (wanted, "Phone", "Other Phone", "Home Phone") if header not in row]
        if number and free and not (wanted == "Fax" and "Fax" in row):
            row[free[0]] = number
    for line in contents.get("url", []):
        row.setdefault("Website", _value(line).replace("\\:", ":"))
    for line in contents.get("x-socialprofile", []):
        row.setdefault("LinkedIn", _value(line))
    return row


def _addresses(contents: Mapping[str, list[Any]]) -> dict[str, str]:
    row: dict[str, str] = {}
    for place, line in enumerate(_preferred(contents.get("adr", []))[:_PLACES]):
        parts = _parts(line.value, _ADDRESS_PARTS)
        if parts.get("box"):
            parts["street"] = " ".join(filter(None, (parts.get("street", ""), parts["box"])))
        for part, header in _ADDRESS:
            if not place or header != "Street 2":
                row[f"Other {header}" if place else header] = parts.get(part, "")
    return row


def _rest(contents: Mapping[str, list[Any]]) -> dict[str, str]:
    value = contents["categories"][0].value if "categories" in contents else ""
    categories = value if isinstance(value, str) else ",".join(value)
    birthday = _text(contents, "bday")
    digits = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", birthday)
    return {
        "Birthday": "-".join(digits.groups()) if digits else birthday[:10] if re.match(r"\d{4}-", birthday) else "",
        "Categories": categories,
        "Notes": "\n".join(_value(line) for line in contents.get("note", [])),
    }


def _parts(value: Any, names: Sequence[str]) -> dict[str, str]:
    """The parts of a structured value, which some readings leave in one piece."""
    if isinstance(value, str):
        return dict(zip(names, _split(value), strict=False))
    return {part: _joined(getattr(value, part, "")) for part in names}


def _header_of_number(types: set[str]) -> str:
    if "FAX" in types:
        return "Fax"
    if types & {"CELL", "IPHONE"}:
        return "Mobile"
    return "Home Phone" if "HOME" in types else "Phone"


def _text(contents: Mapping[str, list[Any]], name: str) -> str:
    lines = contents.get(name, [])
    return _value(lines[0]) if lines else ""


def _value(line: Any) -> str:
    """The value in words: quoted-printable in the character set that it names."""
    value = line.value
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    text = _joined(value)
    if "ENCODING" in getattr(line, "params", {}) and "B" in {code.upper() for code in line.params["ENCODING"]}:
        try:
            return base64.b64decode(text).decode("utf-8", errors="replace")
        except (binascii.Error, ValueError):
            return ""
    return text


def _joined(value: Any) -> str:
    return " ".join(str(part) for part in value if part) if isinstance(value, list | tuple) else str(value or "")


def _split(text: str) -> list[str]:
    return [part.replace("\\;", ";").replace("\\,", ",") for part in re.split(r"(?<!\\);", text)]


def _types(line: Any) -> set[str]:
    given = getattr(line, "params", {}).get("TYPE", []) + list(getattr(line, "singletonparams", []))
    return {part.upper() for each in given for part in str(each).split(",")}


def _preferred(lines: Sequence[Any]) -> list[Any]:
    """The lines with those that are preferred first."""
    return sorted(lines, key=lambda line: not ("PREF" in _types(line) or "PREF" in getattr(line, "params", {})))


def open_vcard(path: Path) -> VCardSource:
    """The cards of a file.

    Raises:
        UnreadableFileError: it holds none.
    """
    source = VCardSource(path)
    if not any(block.rows_read for block in source.blocks([])):
        raise UnreadableFileError(f"{path} holds no cards. Export it again.")
    return source
