"""A file of text in pieces of whole lines, as UTF-8 with plain line breaks."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from keepers.ingest.sources import UnreadableFileError

PIECE_BYTES = 4 << 20  # what the caches of a processor hold; the first piece is all that is read to recognise a file
LONGEST_LINE = 32 << 20


def texts_of(file: BinaryIO, encoding: str, path: Path) -> Iterator[tuple[bytes, int, bool]]:
    """Whole lines of a file as UTF-8 with plain line breaks, the bytes read for them, and whether they are the last.

    Raises:
        UnreadableFileError: a line does not end for so long that these are no orders.
    """
    decoder = None if encoding in {"utf-8", "utf-8-sig"} else codecs.getincrementaldecoder(encoding)(errors="replace")
    chunk, carry, read, first = file.read(PIECE_BYTES), b"", 0, True
    while True:
        following = file.read(PIECE_BYTES)
        last = not following
        text = decoder.decode(chunk, final=last).encode() if decoder else chunk
        read += len(chunk)
        cut = len(text) if last else text.rfind(b"\n") + 1
        if not cut:
            text, carry = carry + text, b""
            cut = len(text) if last else text.rfind(b"\r", 0, -1) + 1
        if cut or last:
            lines = b"".join((carry, memoryview(text)[:cut]))  # copied once
            yield _plain(_in_utf8(lines.removeprefix(codecs.BOM_UTF8) if first else lines)), read, last
            read, first = 0, False
        if last:
            return
        carry, chunk = text[cut:], following
        if len(carry) > LONGEST_LINE:
            raise UnreadableFileError(
                f"{path} has a line of more than {LONGEST_LINE >> 20} million characters, so it is no file of orders. "
                "Export it again."
            )


def _in_utf8(text: bytes) -> bytes:
    """The text as UTF-8; lines that are not (two exports pasted together) are read in the Western Windows code page."""
    if text.isascii():
        return text
    try:
        text.decode()
    except UnicodeDecodeError:
        return b"".join(_line_in_utf8(line) for line in text.splitlines(keepends=True))
    return text


def _line_in_utf8(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace").encode()
    return line


def _plain(text: bytes) -> bytes:
    if b"\0" in text:
        text = text.replace(b"\0", b"")
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text
