"""Attributes of people as levels, coded alike for customers and prospects: words as they are, numbers in bins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

LEAST_CUSTOMERS = 20  # of a level; fewer count to the others
MOST_LEVELS = 40  # of an attribute, the largest; the rest count to the others
FEW_NUMBERS = 12  # different ones; as few as these are levels of their own
BINS = 5  # as many customers in each
OTHERS = "all others"
UNKNOWN = -1
_ALL_DIFFERENT = 0.5  # of those known: more different words than this name people, and tell nothing of others
_NUMBERS = 0.95  # of the different words: as many numbers make a column of numbers

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Attribute:
    """What people are told apart by, and its levels.

    cuts: where the bins of numbers part; empty for words
    """

    name: str
    levels: tuple[str, ...]
    cuts: tuple[float, ...] = ()

    def codes(self, cells: pa.ChunkedArray) -> Integers:
        """(n,) which level each has, `UNKNOWN` where the cell is empty, or says what no customer had."""
        words, places = _distinct(cells)
        if self.cuts:
            return self._binned(words)[places]
        known = {_key(level): code for code, level in enumerate(self.levels)}
        other = known.get(OTHERS, UNKNOWN)
        own = np.array([UNKNOWN if word is None else known.get(_key(word), other) for word in words], dtype=np.int64)
        return own[places]

    def _binned(self, words: Sequence[str | None]) -> Integers:
        numbers = np.array([_number(word) for word in words], dtype=np.float64)
        codes = np.searchsorted(np.array(self.cuts), numbers, side="right").astype(np.int64)
        return np.where(np.isfinite(numbers), codes, UNKNOWN)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that is not used, and why."""

    name: str
    why: str


def attributes_of(table: pa.Table) -> tuple[tuple[Attribute, ...], tuple[LeftOut, ...]]:
    """The columns that tell customers apart, and those that do not.

    Levels with fewer than 20 customers, and all but the 40 largest, are taken together; numbers with more than twelve
    different values go to five bins of as many customers each; days count by their year.

    Args:
        table: a row a customer; a column an attribute.
    """
    used, left_out = [], []
    for name in table.column_names:
        found = _attribute(name, table[name])
        if isinstance(found, Attribute):
            used.append(found)
        else:
            left_out.append(LeftOut(name, found))
    return tuple(used), tuple(left_out)


def labelled(attribute: Attribute, cells: pa.ChunkedArray) -> pa.Array:
    """(n,) the level of each in words; null where it is not known."""
    codes = attribute.codes(cells)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=codes == UNKNOWN), pa.array(attribute.levels, pa.string())
    ).cast(pa.string())


def _attribute(name: str, cells: pa.ChunkedArray) -> Attribute | str:
    words, places = _distinct(cells)
    counts = np.bincount(places, minlength=len(words))
    known = [(word, int(count)) for word, count in zip(words, counts.tolist(), strict=True) if word is not None]
    if not known:
        return "it is empty"
    if len(known) == 1:
        return f"everybody of whom it is known has {known[0][0]}"
    numbers = np.array([_number(word) for word, _ in known])
    if len(known) > FEW_NUMBERS and np.isfinite(numbers).mean() >= _NUMBERS:
        return _bins(name, numbers, np.array([count for _, count in known]))
    if len(known) > _ALL_DIFFERENT * sum(count for _, count in known):
        return "nearly everybody has another word there"
    return _words(name, known)


def _bins(name: str, numbers: Floats, counts: Integers) -> Attribute | str:
    order = np.argsort(numbers)
    order = order[np.isfinite(numbers[order])]
    ranked, share = numbers[order], np.cumsum(counts[order]) / counts[order].sum()
    places = np.searchsorted(share, np.arange(1, BINS) / BINS)
    cuts = np.unique(ranked[np.minimum(places + 1, ranked.size - 1)])
    cuts = cuts[cuts > ranked[0]]
    if cuts.size == 0:
        return "nearly everybody has the same number"
    ends = [f"below {cuts[0]:g}", *(f"{low:g} to below {high:g}" for low, high in pairwise(cuts))]
    return Attribute(name, (*ends, f"from {cuts[-1]:g}"), tuple(cuts.tolist()))


def _words(name: str, known: Sequence[tuple[str, int]]) -> Attribute | str:
    """Words that differ in capitals only are one, as it is written most."""
    by_key: dict[str, list[tuple[int, str]]] = {}
    for word, count in known:
        by_key.setdefault(_key(word), []).append((count, word))
    totals = sorted(((sum(count for count, _ in each), max(each)[1]) for each in by_key.values()), reverse=True)
    large = [word for count, word in totals[:MOST_LEVELS] if count >= LEAST_CUSTOMERS]
    rest = sum(count for count, _ in totals[len(large) :])
    if not large or (len(large) == 1 and rest < LEAST_CUSTOMERS):
        return f"no two words have {LEAST_CUSTOMERS} customers each"
    return Attribute(name, (*large, OTHERS) if rest >= LEAST_CUSTOMERS else tuple(large))


def _distinct(cells: pa.ChunkedArray) -> tuple[list[str | None], Integers]:
    """The different words, blank ones as none, and the (n,) place of each cell's among them."""
    coded = cells.cast(pa.string()).combine_chunks().dictionary_encode(null_encoding="encode")
    words: list[Any] = coded.dictionary.to_pylist()
    plain = [word.strip() or None if word is not None else None for word in words]
    return plain, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _key(word: str) -> str:
    return " ".join(word.casefold().split())


def _number(word: str | None) -> float:
    """The number or the year that a word is; nan otherwise."""
    if word is None:
        return float("nan")
    try:
        number = float(word)
    except ValueError:
        try:
            return float(date.fromisoformat(word[:10]).year)
        except ValueError:
            return float("nan")
    return number if isfinite(number) else float("nan")
