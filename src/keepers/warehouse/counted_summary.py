"""The customer summary of a large log, counted in arrays instead of grouped in SQL; the same rows.

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
from keepers.warehouse import counting
from keepers.warehouse.tables import CUSTOMER_SUMMARY

LINES_AT_ONCE = 122_880  # what comes at once stays in the caches until it is parted
SHARES = 1 << counting.SHARE_BITS
_NO_PLACES, _NO_AMOUNTS = np.empty(0, np.int32), np.empty(0, np.int64)
_COSTS = ("cost", "costed_revenue")
_COUNTED = 12
_TOO_LARGE = "The money of one customer does not fit into 64 bits."


class SumTooLargeError(KeepersError):
    """A customer's money does not fit into 64 bits; SQL has wider sums."""


def counted_summary(batches: Iterable[pa.RecordBatch], *, as_of: date, run_id: str) -> pa.Table:
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
    if not lines.batches:
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
        codes, self.known = counting.look_up(offsets, data, self.slots, self.ends, self.held, self.known)
        return codes

    def array(self) -> pl.Series:
        """Every text, by its code."""
        ends = self.ends[: self.known]
        offsets = np.concatenate(([0], ends)).astype(np.int64)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self.held[: int(offsets[-1])])]
        return pl.Series(pa.LargeStringArray.from_buffers(self.known, buffers[1], buffers[2]))

    def in_order(self) -> NDArray[np.int64]:
        """The codes in the order of their texts: by their beginnings, where these tell all of them apart."""
        beginnings = counting.beginnings(self.ends, self.held, self.known)
        codes = np.argsort(beginnings)
        beginnings = beginnings[codes]
        if (beginnings[1:] == beginnings[:-1]).any():
            codes = self.array().arg_sort().to_numpy()
        return codes.astype(np.int64)

    def _make_room(self, more: int, more_bytes: int) -> None:
        filled = int(self.ends[self.known - 1]) if self.known else 0
        if self.known + more > len(self.ends):
            self.ends = _grown(self.ends, self.known, 2 * self.known + more)
        if filled + more_bytes > len(self.held):
            self.held = _grown(self.held, filled, 2 * filled + more_bytes)
        if 3 * (self.known + more) > 2 * len(self.slots):
            wider = np.zeros((1 << (3 * (self.known + more) // 2).bit_length(), 3), np.uint64)
            counting.move(self.slots, wider)
            self.slots = wider


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some lines, share by share, as `counting.parted` gives them."""

    ends: NDArray[np.int64]
    codes: NDArray[np.int32]
    days: NDArray[np.int32]
    places: NDArray[np.int32]
    amounts: NDArray[np.int64]

    def of(self, share: int) -> slice:
        """Where the lines of a share are."""
        return slice(int(self.ends[share - 1]) if share else 0, int(self.ends[share]))


@dataclass(slots=True)
class _Lines:
    """The lines in shares of their customers, and what each customer cost, added up as the batches come."""

    customers: _Texts = field(default_factory=_Texts)
    places: _Texts = field(default_factory=_Texts)
    batches: list[_Batch] = field(default_factory=list)
    sums: dict[str, NDArray[np.int64]] = field(default_factory=lambda: {name: np.zeros(0, np.int64) for name in _COSTS})
    counts: dict[str, NDArray[np.int64]] = field(
        default_factory=lambda: {name: np.zeros(0, np.int64) for name in _COSTS}
    )

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in some lines."""
        if not batch.num_rows:
            return
        codes = self.customers.codes_of(batch["customer_id"])
        occasions = batch["makes_occasion"].to_numpy(zero_copy_only=False)
        days = batch["counts_on"].cast(pa.int32()).to_numpy()
        revenue, cost = _whole(batch["revenue"]), _whole(batch["cost"])
        amounts = _NO_AMOUNTS if revenue is None else _told(*revenue)
        self.batches.append(_Batch(*counting.parted(codes, days, occasions, self._places(batch["location"]), amounts)))
        if cost is not None:
            self._add_up("cost", codes, *cost)
            if revenue is not None:
                self._add_up("costed_revenue", codes, revenue[0], revenue[1] & cost[1])

    def _places(self, column: pa.Array) -> NDArray[np.int32]:
        """Code of each line's place, one higher than in `places`; 0 where it has none; nothing where none has any."""
        if column.null_count == len(column):
            return _NO_PLACES
        known = np.asarray(pc.is_valid(column))
        codes = np.zeros(len(column), np.int32)
        codes[known] = self.places.codes_of(column.drop_null()) + 1
        return codes

    def _add_up(
        self, name: str, codes: NDArray[np.int32], amounts: NDArray[np.int64], valid: NDArray[np.bool_]
    ) -> None:
        known = self.customers.known
        if known > len(self.sums[name]):
            self.sums[name] = np.concatenate([self.sums[name], np.zeros(2 * known - len(self.sums[name]), np.int64)])
            self.counts[name] = np.concatenate(
                [self.counts[name], np.zeros(2 * known - len(self.counts[name]), np.int64)]
            )
        if not counting.add_up(codes, amounts, valid, self.sums[name], self.counts[name]):
            raise SumTooLargeError(_TOO_LARGE)

    def costs(self, name: str) -> NDArray[np.float64]:
        """Each customer's sum; nan where no line has an amount, shape (n,) [money]."""
        known = self.customers.known
        missing = np.zeros(max(0, known - len(self.sums[name])), np.int64)
        return _money(*(np.concatenate([held[name][:known], missing]) for held in (self.sums, self.counts)))

    def counted(self, ranks: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the days of each customer say, by code; see `counting.count_days`."""
        known = self.customers.known
        counts = np.empty((known, _COUNTED), np.int64)
        days = [(int(batch.days.min()), int(batch.days.max())) for batch in self.batches]
        gaps = np.maximum(np.arange((max(last for _, last in days) - min(first for first, _ in days)) // 2 + 2), 1)
        log_gaps = np.rint(np.log(gaps) * counting.LOG_STEPS).astype(np.int64)
        for share in range(min(SHARES, known)):
            rows, ends = self._dealt(share, len(range(share, known, SHARES)), ranks)
            counts[share::SHARES], fits = counting.count_days(rows, ends, log_gaps)
            if not fits:
                raise SumTooLargeError(_TOO_LARGE)
        return counts

    def _dealt(
        self, share: int, customers: int, ranks: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The keys and amounts of a share's lines customer by customer, and where each customer's end."""
        pieces = [(batch, batch.of(share)) for batch in self.batches]
        rows_of = np.zeros(customers, np.int64)
        for batch, at in pieces:
            counting.tally(batch.codes[at], rows_of)
        ends = np.cumsum(rows_of)
        next_place = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        rows = np.empty((int(ends[-1]), 2), np.int64)
        for batch, at in pieces:
            places = batch.places[at] if len(batch.places) else _NO_PLACES
            amounts = batch.amounts[at] if len(batch.amounts) else _NO_AMOUNTS
            counting.deal_out(batch.codes[at], batch.days[at], places, ranks, amounts, next_place, rows)
        return rows, ends


def _table(lines: _Lines, *, as_of: date, run_id: str) -> pa.Table:
    ids, places = lines.customers.array(), lines.places.array()
    by_rank = places.arg_sort().to_numpy().astype(np.int64)
    ranks = np.zeros(len(places) + 1, np.int64)
    ranks[by_rank + 1] = np.arange(1, len(places) + 1)
    counts = lines.counted(ranks)
    in_order = lines.customers.in_order()
    rows = in_order[counts[in_order, counting.ORDERS] > 0]
    counts, (cost, costed) = np.ascontiguousarray(counts[rows].T), (lines.costs(name)[rows] for name in _COSTS)
    revenue = _money(counts[counting.REVENUE], counts[counting.AMOUNTS])
    told = {name: counts[getattr(counting, name)] for name in ("ORDERS", "FIRST", "LAST", "VALUED", "PAID")}
    age = (as_of - date(1970, 1, 1)).days - told["FIRST"]
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.where(costed > 0, 1 - cost / costed, np.nan)
        mean_log, mean_square = (
            counts[which] / counting.LOG_STEPS / told["PAID"] for which in (counting.LOGS, counting.SQUARES)
        )
        mean = np.where(told["VALUED"] > 0, revenue / told["VALUED"], np.nan)
    largest = np.where(told["VALUED"] > 0, counts[counting.LARGEST] / counting.MONEY_STEPS, np.nan)
    floats = {
        "age_at_last_order": told["LAST"] - told["FIRST"],
        "age": age,
        "sum_log_gaps": counts[counting.LOG_GAPS] / counting.LOG_STEPS,
        "revenue": revenue,
        "mean_order_value": mean,
        "mean_log_value": mean_log,
        "var_log_value": np.maximum(mean_square - mean_log**2, 0.0),
        "largest_order_value": largest,
        "margin_rate": margin,
    }
    table = {
        "run_id": pa.repeat(run_id, len(rows)),
        "customer_id": ids.gather(rows).to_arrow().cast(pa.string()),
        "orders": told["ORDERS"],
        "repeat_orders": told["ORDERS"] - 1,
        "first_order": pa.array(told["FIRST"].astype(np.int32)).cast(pa.date32()),
        "last_order": pa.array(told["LAST"].astype(np.int32)).cast(pa.date32()),
        "valued_orders": told["VALUED"],
        "paid_orders": told["PAID"],
        "location": _places_of(counts[counting.AT], places.gather(by_rank)),
        **{name: pa.array(values.astype(np.float64), from_pandas=True) for name, values in floats.items()},
    }
    return CUSTOMER_SUMMARY.conform(pa.table(table))


def _money(sums: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums as money; nan where nothing was added up."""
    return np.where(counts > 0, sums / counting.MONEY_STEPS, np.nan)


def _places_of(ranks: NDArray[np.int64], places: pl.Series) -> pa.Array:
    """The place of each rank, counted from 1; null where it is 0."""
    if not len(places):
        return pa.nulls(len(ranks), pa.string())
    named = places.gather(np.maximum(ranks - 1, 0)).to_arrow().cast(pa.string())
    return pc.if_else(pa.array(ranks > 0), named, pa.scalar(None, pa.string()))


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


def _told(amounts: NDArray[np.int64], valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    return amounts if valid.all() else np.where(valid, amounts, counting.NO_AMOUNT)


def _grown(values: NDArray[Any], filled: int, size: int) -> NDArray[Any]:
    grown = np.empty(size, values.dtype)
    grown[:filled] = values[:filled]
    return grown
