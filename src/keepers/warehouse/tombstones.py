"""Tombstones: what somebody who was forgotten was known by, kept as a keyed hash.

Without the key nobody can tell whom a tombstone is of; with it, a row that comes in again is known.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

from keepers.warehouse.store import Store
from keepers.warehouse.tables import TOMBSTONES

Kind = Literal["id", "email", "phone"]
WHY = "they were forgotten at their own wish"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that tells who somebody is.

    source: of an id that stands for them in one source alone; empty for one that stands for them everywhere
    """

    kind: Kind
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The tombstones, and the key that they were made with."""

    key: bytes = b""
    tombstones: frozenset[str] = field(default=frozenset())

    def __bool__(self) -> bool:
        return bool(self.tombstones)

    def knows(self, marks: Iterable[Mark]) -> bool:
        """Whether one of these marks is that of somebody who was forgotten."""
        return bool(self.tombstones) and not self.tombstones.isdisjoint(tombstones_of(self.key, marks))

    def among(self, ids: Iterable[str], *, source: str) -> set[str]:
        """The ids of a source, among these, that stood for somebody who was forgotten."""
        return {each for each in ids if self.knows((Mark("id", each), Mark("id", each, source)))}


NOBODY = Forgotten()


def tombstone(key: bytes, mark: Mark) -> str:
    """What is kept of a mark."""
    return _hash(key, "tombstone", mark.kind, mark.source, plain(mark.kind, mark.text))


def pseudonym(key: bytes, *what: str) -> str:
    """A name that stands for something and does not tell it; the same each time, for whoever has the key."""
    return f"forgotten-{_hash(key, 'pseudonym', *what)[:16]}"


def plain(kind: Kind, text: str) -> str:
    """As a mark is compared: an address in small letters, of a number its digits."""
    if kind == "phone":
        return "".join(letter for letter in text if letter.isdigit())
    return text.strip().lower() if kind == "email" else text.strip()


def tombstones_in(store: Store) -> frozenset[str]:
    """Every tombstone that is kept."""
    return frozenset(store.query(TOMBSTONES.name)["tombstone"].to_pylist())


def tombstones_of(key: bytes, marks: Iterable[Mark]) -> set[str]:
    """The tombstones of somebody; a mark that says nothing has none, and an id that is an address is one too."""
    return {tombstone(key, each) for mark in marks if plain(mark.kind, mark.text) for each in _ways_to_say(mark)}


def _ways_to_say(mark: Mark) -> Iterator[Mark]:
    yield mark
    if mark.kind == "id" and "@" in mark.text:
        yield Mark("email", mark.text)


def _hash(key: bytes, *parts: str) -> str:
    return blake2b("\0".join(parts).encode(), key=key, digest_size=16).hexdigest()
