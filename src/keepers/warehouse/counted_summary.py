"""The customer summary of a large log, counted in arrays instead of grouped in SQL; the same rows to the last bit.

The lines come from the step `lines_to_count` in batches, so returns, versions, keys and rates are SQL's business. What
SQL does at great cost, grouping by customer and day, is done by the kernels of `counting`. `customer_summary.sql` says
what each figure means and computes small logs, logs too large for arrays, and those of other engines; a contract suite
holds the two to the same rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.warehouse.counting import PLACE_BITS, add_up, count_days, deal_out, look_up, move
from keepers.warehouse.tables import CUSTOMER_SUMMARY

LINES_AT_ONCE = 500_000
_MONEY_STEPS = 10_000.0  # money is whole ten-thousandths
_LOG_STEPS = 1e12  # logarithms are whole steps of this many a unit, as the SQL step rounds them
_MONEY = ("revenue", "cost", "costed_revenue")

Batch = pa.RecordBatch


class SumTooLargeError(KeepersError):
    """A customer's money does not fit into 64 bits; SQL has wider sums."""


def counted_summary(batches: Iterable[Batch], *, as_of: date, run_id: str) -> pa.Table:
    """The rows of `customer_summary` from batches of the step `lines_to_count`.

    Args:
        batches: customer_id, counts_on, makes_occasion, revenue, cost, location.
        as_of: last day that is known.
        run_id: the run that asks.

    Returns:
        One row a customer with at least one occasion, in the contract of CUSTOMER_SUMMARY, ordered by customer.

    Raises:
        SumTooLargeError: the money of one customer exceeds 64 bits.
    """
    lines = _Lines()
    for batch in batches:
        lines.add(batch)
    if not lines.codes:
        return CUSTOMER_SUMMARY.schema.empty_table()
    return _table(lines, as_of=as_of, run_id=run_id)


@dataclass(slots=True)
class _Texts:
    """Texts seen so far and their codes, counted from 0 in the order they came."""

    known: int = 0
    slots: NDArray[np.uint64] = field(default_factory=lambda: np.zeros((1 << 12, 3), np.uint64))
    ends: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    held: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    def codes_of(self, texts: pa.Array) -> NDArray[np.int32]:
        """The codes of texts without nulls, shape (n,)."""
        offsets, data = _buffers(texts)
        self._make_room(len(texts), len(data))
        codes, self.known = look_up(offsets, data, self.slots, self.ends, self.held, self.known)
        return codes

    def array(self) -> pl.Series:
        """Every text, by its code."""
        ends = self.ends[: self.known]
        offsets = np.concatenate(([0], ends)).astype(np.int64)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self.held[: int(offsets[-1])])]
        return pl.Series(pa.LargeStringArray.from_buffers(self.known, buffers[1], buffers[2]))

    def _make_room(self, more: int, more_bytes: int) -> None:
        filled = int(self.ends[self.known - 1]) if self.known else 0
        if self.known + more > len(self.ends):
            self.ends = _grown(self.ends, self.known, 2 * self.known + more)
        if filled + more_bytes > len(self.held):
            self.held = _grown(self.held, filled, 2 * filled + more_bytes)
        if 2 * (self.known + more) > len(self.slots):
            wider = np.zeros((1 << int(2 * (self.known + more)).bit_length(), 3), np.uint64)
            move(self.slots, wider)
            self.slots = wider


@dataclass(slots=True)
class _Lines:
    """Customer and key of each line, and each customer's money, added up as the batches come."""

    customers: _Texts = field(default_factory=_Texts)
    places: _Texts = field(default_factory=_Texts)
    codes: list[NDArray[np.int32]] = field(default_factory=list)
    days: list[NDArray[np.int32]] = field(default_factory=list)
    place_codes: list[NDArray[np.int32] | None] = field(default_factory=list)
    sums: dict[str, NDArray[np.int64]] = field(default_factory=lambda: {name: np.zeros(0, np.int64) for name in _MONEY})
    counts: dict[str, NDArray[np.int64]] = field(
        default_factory=lambda: {name: np.zeros(0, np.int64) for name in _MONEY}
    )

    def add(self, batch: Batch) -> None:
        """Take in some lines."""
        if not batch.num_rows:
            return
        codes = self.customers.codes_of(batch["customer_id"])
        occasion = batch["makes_occasion"].to_numpy(zero_copy_only=False).astype(np.int32)
        self.codes.append(codes)
        self.days.append(batch["counts_on"].cast(pa.int32()).to_numpy() * np.int32(2) + occasion)
        self.place_codes.append(self._places(batch["location"]))
        revenue, cost = _whole(batch["revenue"]), _whole(batch["cost"])
        both = None if revenue is None or cost is None else (revenue[0], revenue[1] & cost[1])
        for name, amounts in zip(_MONEY, (revenue, cost, both), strict=True):
            if amounts is not None:
                self._add_up(name, codes, *amounts)

    def _places(self, column: pa.Array) -> NDArray[np.int32] | None:
        """Code of each line's place, one higher than in `places`; 0 where it has none."""
        if column.null_count == len(column):
            return None
        known = np.asarray(pc.is_valid(column))
        codes = np.zeros(len(column), np.int32)
        codes[known] = self.places.codes_of(column.drop_null()) + 1
        return codes

    def _add_up(self, name: str, codes: NDArray[np.int32], amounts: NDArray[np.int64], valid: NDArray[np.bool_]) -> None:
        known = self.customers.known
        if known > len(self.sums[name]):
            self.sums[name] = np.concatenate([self.sums[name], np.zeros(2 * known - len(self.sums[name]), np.int64)])
            self.counts[name] = np.concatenate(
                [self.counts[name], np.zeros(2 * known - len(self.counts[name]), np.int64)]
            )
        if not add_up(codes, amounts, valid, self.sums[name], self.counts[name]):
            raise SumTooLargeError("The money of one customer does not fit into 64 bits.")

    def money(self, name: str) -> NDArray[np.float64]:
        """Each customer's sum; nan where no line has an amount, shape (n,) [money]."""
        known = self.customers.known
        missing = np.zeros(max(0, known - len(self.sums[name])), np.int64)
        sums, counts = (np.concatenate([held[name][:known], missing]) for held in (self.sums, self.counts))
        return np.where(counts > 0, sums / _MONEY_STEPS, np.nan)

    def dealt(self, ranks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The keys of all lines customer by customer, and where each customer's end."""
        known = self.customers.known
        ends = np.cumsum(sum(np.bincount(codes, minlength=known) for codes in self.codes))
        next_place = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        keys = np.empty(int(ends[-1]), np.int64)
        for codes, days, places in zip(self.codes, self.days, self.place_codes, strict=True):
            key = days.astype(np.int64) << PLACE_BITS
            deal_out(codes, key if places is None else key | ranks[places], next_place, keys)
        return keys, ends.astype(np.int64)


def _table(lines: _Lines, *, as_of: date, run_id: str) -> pa.Table:
    ids, places = lines.customers.array(), lines.places.array()
    by_rank = places.arg_sort().to_numpy().astype(np.int64)
    ranks = np.zeros(len(places) + 1, np.int64)
    ranks[by_rank + 1] = np.arange(1, len(places) + 1)
    keys, ends = lines.dealt(ranks)
    span = int((keys.max() >> (PLACE_BITS + 1)) - (keys.min() >> (PLACE_BITS + 1))) + 1
    log_gaps = np.round(np.log(np.maximum(np.arange(span + 1), 1)) * _LOG_STEPS).astype(np.int64)
    orders, first, last, sums, place = count_days(keys, ends, log_gaps)
    rows = np.flatnonzero(orders > 0)
    rows = rows[pl.Series(ids.gather(rows)).arg_sort().to_numpy()]
    orders, first, last = orders[rows], first[rows], last[rows]
    revenue, cost, costed = (lines.money(name)[rows] for name in _MONEY)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.where(costed > 0, 1 - cost / costed, np.nan)
    end = (as_of - date(1970, 1, 1)).days
    at = place[rows]
    named = places.gather(by_rank).gather(np.maximum(at - 1, 0)).set(pl.Series(at == 0), None) if len(places) else None
    table = pa.table(
        {
            "run_id": pa.repeat(run_id, len(rows)),
            "customer_id": ids.gather(rows).to_arrow().cast(pa.string()),
            "orders": orders,
            "repeat_orders": orders - 1,
            "first_order": pa.array(first).cast(pa.date32()),
            "last_order": pa.array(last).cast(pa.date32()),
            "age_at_last_order": (last - first).astype(np.float64),
            "age": (end - first).astype(np.float64),
            "sum_log_gaps": sums[rows] / _LOG_STEPS,
            "revenue": _null_where_nan(revenue),
            "mean_order_value": _null_where_nan(revenue / orders),
            "margin_rate": _null_where_nan(margin),
            "location": pa.nulls(len(rows), pa.string()) if named is None else named.to_arrow().cast(pa.string()),
        }
    )
    return CUSTOMER_SUMMARY.conform(table)


def _null_where_nan(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _buffers(texts: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Offsets and bytes of an array of texts."""
    _, offsets, data = texts.cast(pa.string()).buffers()
    of_rows = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return of_rows, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


def _whole(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
    """DECIMAL(18, 4) as whole ten-thousandths, and where there is any; None where there is none at all."""
    if column.null_count == len(column):
        return None
    halves = np.frombuffer(column.buffers()[1], np.int64)  # 18 digits fit into the lower of the two
    lower = halves[::2][column.offset : column.offset + len(column)]
    return np.ascontiguousarray(lower), np.asarray(pc.is_valid(column))


def _grown(values: NDArray[Any], filled: int, size: int) -> NDArray[Any]:
    grown = np.empty(size, values.dtype)
    grown[:filled] = values[:filled]
    return grown
