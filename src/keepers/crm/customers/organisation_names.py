"""How organisations are called: the same with and without its legal form, with and without points and commas."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from unicodedata import category, normalize

LEGAL_FORMS = frozenset(
    ("gmbh", "ag", "kg", "ltd", "inc", "llc", "plc", "co", "doo", "bv", "nv", "sa", "srl", "società-per-azioni")
)
_THE_SAME = {"limited": "ltd"}
_SPA = re.compile(
    r"\bSpA\b|\b(?i:S\.P\.A)\b\.?"
)  # *Cima SpA*, *Cima S.p.A.*; *Day Spa* and *DAY SPA* are places to bathe
_SIGNS = re.compile(r"[^\w\s+#.\-]|_")
_HYPHENS = str.maketrans("\u2010\u2011", "--")
_POINTS_OF_LETTERS = re.compile(r"(?<=[^\d\s.])\.+")
_LOOSE = re.compile(r"\.+(?!\w)|(?<=\d)\.+(?!\d)|(?<!\S)-+|-+(?!\S)")


class Called(NamedTuple):
    """A name taken apart: its words in small letters, and the legal form, of which either may be missing."""

    words: str
    legal_form: frozenset[str]


def called(name: str) -> Called:
    """A name taken apart; marks belong to their letters, points between digits stay, and so do + and #."""
    told = normalize("NFC", _SPA.sub("Società-per-Azioni", name).casefold()).translate(_HYPHENS)
    told = _POINTS_OF_LETTERS.sub("", _SIGNS.sub(_sign, told))
    words = [_THE_SAME.get(word, word) for word in _LOOSE.sub(" ", told).split()]
    end = len(words)
    while end > 1 and words[end - 1] in LEGAL_FORMS:
        end -= 1
    return Called(" ".join(words[:end]).replace("-", " ") or name.casefold(), frozenset(words[end:]))


def _sign(sign: re.Match[str]) -> str:
    match category(sign[0]):
        case "Mn" | "Mc" | "Me":
            return sign[0]
        case "Cf":  # joins letters or parts them at the end of a line; nobody sees it
            return ""
        case _:
            return " "


class Landing(NamedTuple):
    """Which organisations names mean.

    spellings: name → how the one that it means is written first among them
    there: name → the organisation that is there already
    """

    spellings: dict[str, str]
    there: dict[str, int]


def where_they_land(names: Iterable[str], there: Iterable[tuple[int, str]] = ()) -> Landing:
    """Which organisations names mean: those of the same words and legal form, or, where all is one, of the same words.

    All is one where no two legal forms are told with these words, among the names, among those who are there, and among
    the names that landed on these before, and one alone is there at most.

    Args:
        names: as they are written.
        there: primary keys and names of organisations, and the other names that landed on them before.
    """
    wanted = {name: called(name) for name in names}
    known: dict[str, set[tuple[int, Called]]] = {each.words: set() for each in wanted.values()}
    for pk, name in there:
        each = called(name)
        if each.words in known:
            known[each.words].add((pk, each))
    apart = _apart(wanted.values(), known)
    first: dict[tuple[str, frozenset[str]], str] = {}
    landing = Landing({}, {})
    for name, each in wanted.items():
        is_one, others = each.words not in apart, known[each.words]
        landing.spellings[name] = first.setdefault((each.words, frozenset() if is_one else each.legal_form), name)
        alike = {pk for pk, other in others if other.legal_form == each.legal_form}
        match list(alike or ({pk for pk, _other in others} if is_one else ())):
            case [pk]:
                landing.there[name] = pk
    return landing


def _apart(names: Iterable[Called], known: Mapping[str, Collection[tuple[int, Called]]]) -> set[str]:
    """The words of which several legal forms are told, or several organisations are there."""
    forms = {words: {other.legal_form for _pk, other in others} for words, others in known.items()}
    for each in names:
        forms[each.words].add(each.legal_form)
    several = {words for words, others in known.items() if len({pk for pk, _other in others}) > 1}
    return several | {words for words, told in forms.items() if len(told - {frozenset()}) > 1}
