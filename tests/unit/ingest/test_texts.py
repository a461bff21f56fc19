"""A file of text in pieces of whole lines."""

import io
from pathlib import Path

import pytest

from keepers.ingest.sources import texts


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("\ufeffé,1\r\nb,22\r\n\r\nccc,3", "utf-8"),
        ("a,1\rb,22\rccc,3\r", "utf-8"),
        ("a long line and no end", "utf-8"),
        ("é,1\nb,22\n", "utf-16-le"),
    ],
)
def test_pieces_of_any_size_are_whole_lines_and_make_the_whole_text(
    size: int, written: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "PIECE_BYTES", size)
    content = written.encode(encoding)
    pieces = list(texts.texts_of(io.BytesIO(content), encoding, Path("orders.csv")))
    lines = [piece for piece, _, _ in pieces]
    assert all(piece.endswith(b"\n") for piece in lines[:-1])
    assert b"".join(lines).decode() == written.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert sum(read for _, read, _ in pieces) == len(content)
    assert [last for _, _, last in pieces] == [False] * (len(pieces) - 1) + [True]
