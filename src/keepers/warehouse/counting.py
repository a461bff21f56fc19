"""Kernels that count a customer's days: texts to codes, rows brought together by customer, days told apart.

Grouping millions of lines by a text and a day is what a summary costs in SQL. Here each text is looked up once in a
table of hashes (equal only where all bytes are), rows are dealt out to their customers in two passes, and each
customer's few rows are sorted by day. Sums are whole numbers, so their order does not matter.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Keys = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Slots = NDArray[np.uint64]

MOST = 9.2e18  # what 64 bits hold, a little less
NO_AMOUNT = np.int64(-(2**63))
MONEY_STEPS, LOG_STEPS = 1e4, 1e12  # money is whole ten-thousandths, logarithms are rounded as the SQL step does
# what is counted of a customer
ORDERS, VALUED, PAID, FIRST, LAST, LOG_GAPS, AT, LARGEST, LOGS, SQUARES, REVENUE, AMOUNTS = range(12)
PLACE = np.int64(0xFFFFFFFF)
PLACE_BITS = 32  # of a key: the day and whether it makes an occasion above, the rank of the place below
AT_ONCE = 512  # texts looked up side by side, so that their waits for memory overlap
SHARE_BITS = 6  # of a code: the rows of a share fit into the caches of a processor
SHORT = 16  # bytes of a text that stand in its slot themselves
_SEEDS = (np.uint64(14695981039346656037), np.uint64(0x9AE16A3B2F90404F))
_MIX, _TURN = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)), np.uint64(29)
_CODE, _HALF, _ONE, _BYTE = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(1), np.uint64(8)


@njit(cache=True, nogil=True)
def look_up(offsets: Codes, texts: Bytes, slots: Slots, ends: Keys, held: Bytes, known: int) -> tuple[Codes, int]:
    """The code of each text and how many there are now; new texts are added behind the `known` ones.

    Args:
        offsets: where each text begins in `texts`, and the end of the last, shape (n + 1,).
        texts: the bytes of all texts, one after another.
        slots: two words of a text, its length above its code and one; 0 where free. Shape (m, 3), m a power of two and
            at least half as many again as codes can come to be.
        ends: where each code's text ends in `held`; has room for n more.
        held: the bytes of all codes' texts, one after another; has room for `texts`.
        known: codes so far.
    """
    rows, mask = len(offsets) - 1, np.uint64(len(slots) - 1)
    codes = np.empty(rows, np.int32)
    words, places = np.empty((AT_ONCE, 2), np.uint64), np.empty(AT_ONCE, np.uint64)
    for block in range(0, rows, AT_ONCE):
        many = min(AT_ONCE, rows - block)
        for row in range(many):
            begin, end = offsets[block + row], offsets[block + row + 1]
            words[row, 0], words[row, 1] = _words(texts, begin, end)
            places[row] = _place(words[row, 0], words[row, 1], np.uint64(end - begin)) & mask
        for row in range(many):
            codes[block + row] = np.int64(slots[places[row], 2] & _CODE)
        for row in range(many):
            begin, end = offsets[block + row], offsets[block + row + 1]
            size, place, code = np.uint64(end - begin), places[row], np.int64(-1)
            while slots[place, 2]:
                alike = slots[place, 0] == words[row, 0] and slots[place, 1] == words[row, 1]
                if alike and slots[place, 2] >> _HALF == size:
                    code = np.int64(slots[place, 2] & _CODE) - 1
                    if size <= SHORT or _same(texts, begin, end, held, ends, code):
                        break
                    code = np.int64(-1)
                place = (place + _ONE) & mask
            if code < 0:
                code, known = np.int64(known), known + 1
                slots[place, 0], slots[place, 1] = words[row, 0], words[row, 1]
                slots[place, 2] = size << _HALF | np.uint64(known)
                first = ends[code - 1] if code else 0
                ends[code] = first + end - begin
                for at in range(end - begin):
                    held[first + at] = texts[begin + at]
            codes[block + row] = code
    return codes, known


@njit(cache=True, nogil=True)
def _words(texts: Bytes, begin: int, end: int) -> tuple[np.uint64, np.uint64]:
    """A short text as it is, in two words; of a longer one two hashes."""
    first, second = np.uint64(0), np.uint64(0)
    if end - begin <= SHORT:
        middle = min(end, begin + 8)
        for at in range(begin, middle):
            first = first << _BYTE | np.uint64(texts[at])
        for at in range(middle, end):
            second = second << _BYTE | np.uint64(texts[at])
        return first, second
    first, second = _SEEDS
    for at in range(begin, end):
        byte = np.uint64(texts[at])
        first, second = (first ^ byte) * _MIX[0], (second ^ byte) * _MIX[1]
        first, second = first ^ (first >> _TURN), second ^ (second >> _HALF)
    return first, second


@njit(cache=True, nogil=True)
def _place(first: np.uint64, second: np.uint64, size: np.uint64) -> np.uint64:
    hashed = (first * _MIX[0]) ^ ((second + size) * _MIX[1])
    hashed = (hashed ^ (hashed >> _TURN)) * _MIX[0]
    return hashed ^ (hashed >> _HALF)


@njit(cache=True, nogil=True)
def _same(texts: Bytes, begin: int, end: int, held: Bytes, ends: Keys, code: np.int64) -> np.bool_:
    """Whether a text of the same length is that of the code."""
    first = ends[code] - (end - begin)
    other = np.uint8(0)
    for at in range(end - begin):
        other |= held[first + at] ^ texts[begin + at]
    return np.bool_(other == 0)


@njit(cache=True, nogil=True)
def move(slots: Slots, wider: Slots) -> None:
    """Enter all slots that are not free into a larger table."""
    mask = np.uint64(len(wider) - 1)
    for slot in range(len(slots)):
        if slots[slot, 2]:
            place = _place(slots[slot, 0], slots[slot, 1], slots[slot, 2] >> _HALF) & mask
            while wider[place, 2]:
                place = (place + _ONE) & mask
            for word in range(3):
                wider[place, word] = slots[slot, word]


@njit(cache=True, nogil=True)
def add_up(codes: Codes, amounts: Keys, valid: NDArray[np.bool_], sums: Keys, counts: Keys) -> bool:
    """Add each row's amount to its code's sum and count it; False where a sum would not fit."""
    for row in range(len(codes)):
        if valid[row]:
            code = codes[row]
            if abs(float(sums[code]) + float(amounts[row])) > MOST:
                return False
            sums[code] += amounts[row]
            counts[code] += 1
    return True


@njit(cache=True, nogil=True)
def parted(
    codes: Codes, days: Codes, occasions: NDArray[np.bool_], places: Codes, amounts: Keys
) -> tuple[Keys, Codes, Codes, Codes, Keys]:
    """Rows in the order of their codes' shares: those of a share have codes that are alike in the last SHARE_BITS.

    Args:
        codes: of each row, shape (n,).
        days: since 1970.
        occasions: whether the row makes an occasion.
        places: codes of places, shape (n,) or (0,) where none has one.
        amounts: shape (n,) or (0,) likewise.

    Returns:
        Where the rows of each share end, shape (1 << SHARE_BITS,); the rest of their codes; twice the day, and one more
        for an occasion; places; amounts.
    """
    ends, mask = np.zeros(1 << SHARE_BITS, np.int64), (1 << SHARE_BITS) - 1
    for row in range(len(codes)):
        ends[codes[row] & mask] += 1
    following = np.cumsum(ends) - ends
    rests, keys = np.empty_like(codes), np.empty_like(days)
    their_places, their_amounts = np.empty_like(places), np.empty_like(amounts)
    for row in range(len(codes)):
        at = following[codes[row] & mask]
        following[codes[row] & mask] = at + 1
        rests[at], keys[at] = codes[row] >> SHARE_BITS, 2 * days[row] + occasions[row]
        if len(places):
            their_places[at] = places[row]
        if len(amounts):
            their_amounts[at] = amounts[row]
    return following, rests, keys, their_places, their_amounts


@njit(cache=True, nogil=True)
def beginnings(ends: Keys, held: Bytes, known: int) -> Slots:
    """The first eight bytes of each code's text as a number in which earlier bytes weigh more; 0 behind its end."""
    words = np.zeros(known, np.uint64)
    begin = np.int64(0)
    for code in range(known):
        for at in range(8):
            byte = np.uint64(held[begin + at]) if begin + at < ends[code] else np.uint64(0)
            words[code] = words[code] << _BYTE | byte
        begin = ends[code]
    return words


@njit(cache=True, nogil=True)
def tally(codes: Codes, rows_of: Keys) -> None:
    """Add the number of rows of each code to those counted before."""
    for row in range(len(codes)):
        rows_of[codes[row]] += 1


@njit(cache=True, nogil=True)
def deal_out(
    codes: Codes, days: Codes, places: Codes, ranks: Keys, amounts: Keys, next_place: Keys, dealt: Keys
) -> None:
    """Put each row's key and amount behind those of its code that are there already.

    Args:
        codes: of each row, shape (n,).
        days: as `parted` gives them.
        places: codes of places, shape (n,) or (0,) where none has one.
        ranks: of each code of a place.
        amounts: shape (n,) or (0,) likewise.
        next_place: where the next row of each code goes; moved on.
        dealt: keys and amounts of all rows, shape (rows, 2).
    """
    for row in range(len(codes)):
        place = next_place[codes[row]]
        next_place[codes[row]] = place + 1
        dealt[place, 0] = np.int64(days[row]) << PLACE_BITS
        if len(places):
            dealt[place, 0] |= ranks[places[row]]
        dealt[place, 1] = amounts[row] if len(amounts) else NO_AMOUNT


@njit(cache=True, nogil=True)
def count_days(dealt: Keys, ends: Keys, log_gaps: Keys) -> tuple[Keys, bool]:
    """What each customer's days say.

    Args:
        dealt: key and amount of all rows, customer by customer, shape (rows, 2); they are sorted in place.
        ends: where each customer's rows end, shape (n,).
        log_gaps: logarithm of a gap of that many days as a whole number.

    Returns:
        ORDERS, VALUED (with an amount), PAID (above zero), FIRST and LAST day, sum of LOG_GAPS, rank of the place AT
        the latest occasion that has one (0: none), LARGEST amount of a day, sums of the LOGS of the paid days' amounts
        and of their SQUARES as whole numbers, sum of all rows' amounts (REVENUE) and their number (AMOUNTS),
        shape (n, 12); and False where a sum would not fit into 64 bits.
    """
    counts = np.zeros((len(ends), 12), np.int64)
    begin = 0
    for customer in range(len(ends)):
        end = ends[customer]
        _sort(dealt, begin, end)
        row, told = begin, counts[customer]
        told[LARGEST] = NO_AMOUNT
        while row < end:
            day = dealt[row, 0] >> (PLACE_BITS + 1)
            occasion, place, amount, valued = False, np.int64(0), np.int64(0), False
            while row < end and dealt[row, 0] >> (PLACE_BITS + 1) == day:
                occasion = occasion or (dealt[row, 0] >> PLACE_BITS) & 1 == 1
                place = max(place, dealt[row, 0] & PLACE)
                if dealt[row, 1] != NO_AMOUNT:
                    amount, valued = amount + dealt[row, 1], True
                    told[AMOUNTS] += 1
                    if abs(float(told[REVENUE]) + float(dealt[row, 1])) > MOST:
                        return counts, False
                    told[REVENUE] += dealt[row, 1]
                row += 1
            if not occasion:
                continue
            if told[ORDERS]:
                told[LOG_GAPS] += log_gaps[day - told[LAST]]
            else:
                told[FIRST] = day
            told[LAST], told[ORDERS] = day, told[ORDERS] + 1
            told[AT] = place or told[AT]
            if valued:
                told[VALUED], told[LARGEST] = told[VALUED] + 1, max(told[LARGEST], amount)
                if amount > 0:
                    told[PAID] += 1
                    log = math.log(amount / MONEY_STEPS)
                    told[LOGS] += np.int64(np.rint(log * LOG_STEPS))
                    told[SQUARES] += np.int64(np.rint(log * log * LOG_STEPS))
        begin = end
    return counts, True


@njit(cache=True, nogil=True)
def _sort(rows: Keys, begin: int, end: int) -> None:
    """By key; few rows in their place, many by way of a copy."""
    if end - begin > 48:
        order = np.argsort(rows[begin:end, 0])
        copy = rows[begin:end].copy()
        for row in range(end - begin):
            rows[begin + row] = copy[order[row]]
        return
    for row in range(begin + 1, end):
        key, amount, at = rows[row, 0], rows[row, 1], row
        while at > begin and rows[at - 1, 0] > key:
            rows[at, 0], rows[at, 1] = rows[at - 1, 0], rows[at - 1, 1]
            at -= 1
        rows[at, 0], rows[at, 1] = key, amount
