"""Rows that are equal in every column, found without comparing them one by one.

Histories are counted in whole days, or in a unit that whole days are multiples of. So each row's columns fit into one
whole number, which a radix sort orders in a few passes; where they do not, the columns are sorted one after the other.
"""

import math
from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NEARLY_WHOLE = 1e-6
_MOST_KEYS = 2.0**62
_DIGIT_BITS = 11
_SHARES = 16  # cells along the age, and along the silence since the last order
_EXACT_COUNTS = 64  # numbers of repeat orders with cells of their own; beyond, they differ by 3 %


def first_of_each(columns: Sequence[NDArray[np.generic]], *, parts: float = 1.0) -> tuple[Integers, Integers]:
    """For rows of equal columns: the index of one row of each kind, and for each row its kind. Kinds are sorted.

    Args:
        columns: (n,) each, finite.
        parts: where real values are multiples of 1/parts the grouping is fast; it is exact in any case.
    """
    places = _by_key(columns, parts)
    if places is not None:
        return places
    order = np.lexsort(tuple(reversed(columns)))
    new = np.ones(len(order), dtype=bool)
    if len(order) > 0:
        new[1:] = False
    for column in columns:
        ordered = column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    inverse = np.empty(len(order), dtype=np.int64)
    inverse[order] = np.cumsum(new) - 1
    return order[new], inverse


def _by_key(columns: Sequence[NDArray[np.generic]], parts: float) -> tuple[Integers, Integers] | None:
    """The same by one whole number a row; None where the columns are no multiples, or span too much."""
    rows = len(columns[0])
    if rows == 0:
        return None
    key, kinds = np.zeros(rows, dtype=np.int64), 1.0
    values = [np.ascontiguousarray(column, dtype=np.float64) for column in columns]
    for column, given in zip(values, columns, strict=True):
        scale = 1.0 if given.dtype.kind in "iu" else float(parts)
        low, high = _extent(column, scale)
        kinds *= high - low + 1.0
        if not kinds < _MOST_KEYS:
            return None
        _append(key, column, scale, low, int(high - low) + 1)
    order = _order_of(key, math.ceil(math.log2(kinds + 1.0)))
    first, inverse = _numbered(key, order)
    same = all(_are_equal(column, first, inverse) for column in values)
    return (first, inverse) if same else None


@njit(cache=True, nogil=True)
def _extent(column: Floats, parts: float) -> tuple[float, float]:
    """The least and the largest multiple of 1/parts; an infinite span where some value is none."""
    low = high = np.rint(column[0] * parts)
    for value in column:
        scaled = value * parts
        whole = np.rint(scaled)
        if not abs(scaled - whole) <= _NEARLY_WHOLE:
            return 0.0, np.inf
        low, high = min(low, whole), max(high, whole)
    return low, high


@njit(cache=True, nogil=True)
def _append(key: Integers, column: Floats, parts: float, low: float, span: int) -> None:
    for i in range(len(key)):
        key[i] = key[i] * span + np.int64(np.rint(column[i] * parts) - low)


@njit(cache=True, nogil=True)
def _order_of(key: Integers, bits: int) -> Integers:
    """The rows by rising key, equal ones as they came; a radix sort from the lowest digit."""
    rows = len(key)
    order, moved = np.arange(rows), np.empty(rows, dtype=np.int64)
    keys, keys_moved = key.copy(), np.empty(rows, dtype=np.int64)
    mask = (1 << _DIGIT_BITS) - 1
    for shift in range(0, bits, _DIGIT_BITS):
        place = np.zeros(mask + 2, dtype=np.int64)
        for i in range(rows):
            place[((keys[i] >> shift) & mask) + 1] += 1
        for digit in range(mask + 1):
            place[digit + 1] += place[digit]
        for i in range(rows):
            digit = (keys[i] >> shift) & mask
            to = place[digit]
            place[digit] += 1
            moved[to], keys_moved[to] = order[i], keys[i]
        order, moved = moved, order
        keys, keys_moved = keys_moved, keys
    return order


@njit(cache=True, nogil=True)
def _numbered(key: Integers, order: Integers) -> tuple[Integers, Integers]:
    first, inverse = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=np.int64)
    kinds = 0
    for i in range(len(order)):
        row = order[i]
        if i == 0 or key[row] != key[order[i - 1]]:
            first[kinds] = row
            kinds += 1
        inverse[row] = kinds - 1
    return first[:kinds].copy(), inverse


@njit(cache=True, nogil=True)
def _are_equal(column: Floats, first: Integers, inverse: Integers) -> bool:
    others = 0
    for i in range(len(column)):
        others += int(column[i] != column[first[inverse[i]]])
    return others == 0


@njit(cache=True, nogil=True)
def cells(
    orders: Floats, last: Floats, age: Floats, weight: Floats, longest: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Histories of about equal orders, age and silence replaced by their mean; the total weight stays."""
    most = 0
    for count in orders:
        most = max(most, _count_class(count))
    sums = np.zeros(((most + 1) * _SHARES * _SHARES, 4))
    for i in range(len(orders)):
        w = weight[i]
        by_age = min(int(age[i] / longest * _SHARES), _SHARES - 1)
        silent = min(int((age[i] - last[i]) / max(age[i], 1e-300) * _SHARES), _SHARES - 1)
        cell = sums[(_count_class(orders[i]) * _SHARES + by_age) * _SHARES + silent]
        cell[0] += w
        cell[1] += w * orders[i]
        cell[2] += w * last[i]
        cell[3] += w * age[i]
    kept = np.flatnonzero(sums[:, 0] > 0.0)
    mass = sums[kept, 0]
    return np.rint(sums[kept, 1] / mass), sums[kept, 2] / mass, sums[kept, 3] / mass, mass


@njit(cache=True, nogil=True)
def _count_class(count: float) -> int:
    return int(count) if count <= _EXACT_COUNTS else _EXACT_COUNTS + int(math.log(count / _EXACT_COUNTS) / 0.03)
