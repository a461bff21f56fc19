"""How organisations are called: the same with and without its legal form, with and without points and commas."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
LEGAL_FORMS = frozenset(
    ("gmbh", "ag", "kg", "ltd", "limited", "inc", "llc", "plc", "co", "doo", "bv", "nv", "sa", "srl", "spa")
)
_THE_SAME = {"limited": "ltd"}


class Called(NamedTuple):
    """A name taken apart: its words in small letters, and the legal form, of which either may be missing."""

    words: str
    legal_form: frozenset[str]

    def may_be(self, other: "Called") -> bool:
        """Whether nothing speaks against the two being one: Alpha and Alpha Ltd, but not Alpha Ltd and Alpha AG."""
        either = self.legal_form and other.legal_form
        return self.words == other.words and (not either or self.legal_form == other.legal_form)


def called(name: str) -> Called:
    """A name taken apart."""
    words = _WORD.findall(name.lower().replace(".", ""))
    legal_form = frozenset(_THE_SAME.get(word, word) for word in words if word in LEGAL_FORMS)
    return Called(" ".join(word for word in words if word not in LEGAL_FORMS) or name.lower(), legal_form)


def first_spellings(names: Iterable[str]) -> dict[str, str]:
    """Each name → how the one that it means is written first.

    Names that differ in points, case or a missing legal form alone mean one, but where several legal forms are told.
    """
    taken_apart = {name: called(name) for name in names}
    forms: dict[str, set[frozenset[str]]] = {}
    for each in taken_apart.values():
        forms.setdefault(each.words, set()).add(each.legal_form)
    first: dict[tuple[str, frozenset[str]], str] = {}
    found = {}
    for name, each in taken_apart.items():
        is_one = len(forms[each.words] - {frozenset()}) <= 1
        found[name] = first.setdefault((each.words, frozenset() if is_one else each.legal_form), name)
    return found


def meant(names: Iterable[str], there: Iterable[tuple[int, str]]) -> dict[str, int]:
    """Name → the organisation that it means, of which there is one alone.

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
    found = {}
    for name, each in wanted.items():
        match known.get(each.words, []):
            case [(pk, other)] if each.may_be(other):
                found[name] = pk
    return found
