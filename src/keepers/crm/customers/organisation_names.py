"""How organisations are called: the same with and without its legal form, with and without points and commas."""

import re
from collections.abc import Iterable
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


def first_spellings(names: Iterable[str]) -> dict[str, str]:
    """Each name → how the one that it means is written first.

    Names that differ in points, case or a missing legal form alone mean one, but where several legal forms are told.
    """
    taken_apart = {name: called(name) for name in names}
    forms = _forms(taken_apart.values())
    first: dict[tuple[str, frozenset[str]], str] = {}
    found = {}
    for name, each in taken_apart.items():
        legal_form = each.legal_form if len(forms[each.words]) > 1 else frozenset()
        found[name] = first.setdefault((each.words, legal_form), name)
    return found


def meant(names: Iterable[str], there: Iterable[tuple[int, str]]) -> dict[str, int]:
    """Name → the organisation that it means: the one alone that bears its legal form, or the one alone without it.

    Where several legal forms are told or there, a missing one says nothing.

    Args:
        names: as they are written.
        there: primary keys and names of organisations.
    """
    wanted = {name: called(name) for name in names}
    words = {each.words for each in wanted.values()}
    known: dict[str, list[tuple[int, Called]]] = {}
    for pk, name in there:
        each = called(name)
        if each.words in words:
            known.setdefault(each.words, []).append((pk, each))
    forms = _forms([*wanted.values(), *(each for of in known.values() for _pk, each in of)])
    found = {}
    for name, each in wanted.items():
        others = known.get(each.words, [])
        alike = [pk for pk, other in others if other.legal_form == each.legal_form]
        any_form = [pk for pk, _other in others] if len(forms[each.words]) <= 1 else []
        match alike or any_form:
            case [pk]:
                found[name] = pk
    return found


def _forms(names: Iterable[Called]) -> dict[str, set[frozenset[str]]]:
    """Words → the legal forms that are told with them."""
    found: dict[str, set[frozenset[str]]] = {}
    for each in names:
        found.setdefault(each.words, set()).update({each.legal_form} - {frozenset()})
    return found
