"""How formulas are written: a text is cut into pieces, each of them known, and read as a tree by Python's own parser.

The parser sees operators and numbered names alone, so no text of anybody's is ever run.
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from keepers.core.errors import KeepersError

LONGEST = 2_000  # letters
MOST_PIECES = 250
_PIECE = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')
    |(?P<number>\d{1,15}(?:\.\d{1,6})?(?![\w.]))
    |(?P<field>\[[^\[\]]+\])
    |(?P<name>[^\W\d]\w*)
    |(?P<sign><=|>=|<>|!=|==|[=<>≤≥≠+\-−*×·/÷&(),;])""",
    re.VERBOSE,
)
_SIGNS: Mapping[str, str] = {
    "=": "==", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">=", "−": "-", "×": "*", "·": "*", "÷": "/", ";": ",",
}  # fmt: skip
_WORDS = frozenset({"and", "or", "not"})


class FormulaError(KeepersError):
    """A formula cannot be read or computed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a formula: text, number, field, name or sign, and where it begins."""

    kind: str
    text: str
    at: int

    @property
    def said(self) -> str:
        """What it stands for: a text without its quotation marks, a field without its brackets."""
        if self.kind == "text":
            return self.text[1:-1].replace(self.text[0] * 2, self.text[0])
        return self.text[1:-1].strip() if self.kind == "field" else self.text


@dataclass(frozen=True, slots=True)
class Written:
    """A formula as a tree, whose names are the numbers of its pieces."""

    tree: ast.expr
    pieces: Sequence[Piece]
    starts: Sequence[int]  # of each piece in what the parser saw

    def piece(self, node: ast.expr) -> Piece:
        """Where a part of the tree begins."""
        return self.pieces[_last_before(self.starts, node.col_offset)]


def read(text: str) -> Written:
    """The tree of a formula.

    Raises:
        FormulaError: it cannot be read; the sentence says where.
    """
    pieces = pieces_of(text)
    starts, length = [], 0
    for piece in pieces:
        starts.append(length)
        length += len(_as_python(piece, len(starts) - 1)) + 1
    source = " ".join(_as_python(piece, number) for number, piece in enumerate(pieces))
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, MemoryError, RecursionError) as wrong:
        offset = (getattr(wrong, "offset", None) or length) - 1
        piece = pieces[_last_before(starts, min(offset, starts[-1]))]
        raise wrong_at(piece, "something is missing or too much here: an operator, a bracket, a comma") from wrong
    return Written(tree, pieces, starts)


def pieces_of(text: str) -> list[Piece]:
    """A formula's pieces.

    Raises:
        FormulaError: it is empty, too long, or holds a character that no formula has.
    """
    if len(text) > LONGEST:
        raise FormulaError(
            f"The formula has {len(text):,} letters; {LONGEST:,} are the most. Split it into two fields."
        )
    found, at = [], 0
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            raise FormulaError(f'At character {at + 1}: "{text[at]}" means nothing in a formula.')
        if match.lastgroup != "space":
            found.append(Piece(str(match.lastgroup), match.group(), at))
        at = match.end()
    if not found:
        raise FormulaError("Write a formula, such as: residual_value - acquisition_cost")
    if len(found) > MOST_PIECES:
        raise FormulaError(
            f"The formula has {len(found)} pieces; {MOST_PIECES} are the most. Split it into two fields."
        )
    return found


def rewritten(text: str, spelled: Callable[[Piece], str]) -> str:
    """The formula with each of its pieces spelled anew, and its spaces as they were."""
    done, at = [], 0
    for piece in pieces_of(text):
        done += [text[at : piece.at], spelled(piece)]
        at = piece.at + len(piece.text)
    return "".join([*done, text[at:]]).strip()


def wrong_at(piece: Piece, what: str) -> FormulaError:
    """An error that names its place."""
    return FormulaError(f"At character {piece.at + 1}, {_quoted(piece)}: {what}.")


def _quoted(piece: Piece) -> str:
    return piece.text if piece.kind == "text" else f'"{piece.text}"'


def _as_python(piece: Piece, number: int) -> str:
    if piece.kind == "sign":
        return _SIGNS.get(piece.text, piece.text)
    word = piece.text.lower()
    return word if piece.kind == "name" and word in _WORDS else f"_{number}"


def _last_before(starts: Sequence[int], offset: int) -> int:
    return max((number for number, start in enumerate(starts) if start <= offset), default=0)
