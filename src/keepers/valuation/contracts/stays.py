"""Rows of contracts become stays: adjacent and overlapping rows of a customer are one, a gap begins a new one."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.core.periods import RenewalPeriod
from keepers.valuation.contracts.periods import Days, renewals_by, seen_in

OPEN = np.int64(10_000_000)  # later than any day: a contract without an end
_ROOM = np.int64(20_000_000)  # customers are set so far apart that running maxima never mix
_PERIODS = tuple(RenewalPeriod)
RENEWED_BY_ROWS = 0.1  # from this share of stays of several rows on, each renewal is a row of its own


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a table of contracts as arrays, sorted by customer and start.

    ids: the customers by number
    customer: (n,) number of the customer
    started, ended: (n,) [days since 1970-01-01]; `OPEN` without an end
    paid: (n,) revenue a period [money]; nan where none is given
    period: (n,) number of the row's renewal period in `RenewalPeriod`
    product: (n,) plan or product; "" where none is given
    paid_known: (n,) day from which `paid` is known: of an amount a period the start, of a total the last day that it
        covers [days since 1970-01-01]
    """

    ids: pa.Array
    customer: NDArray[np.int64]
    started: Days
    ended: Days
    paid: NDArray[np.float64]
    period: NDArray[np.int64]
    product: NDArray[np.object_]
    paid_known: Days

    def where(self, members: NDArray[np.bool_]) -> "Rows":
        """The rows for which `members` is true."""
        return Rows(
            self.ids, self.customer[members], self.started[members], self.ended[members], self.paid[members],
            self.period[members], self.product[members], self.paid_known[members],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """Unbroken times as a customer, as known on a day, sorted by customer and start.

    customer: (n,) number of the customer
    started, ended: (n,) [days since 1970-01-01]; `OPEN` while it runs
    paid: (n,) revenue a period, of all rows that run [money]; nan where none is given
    period: (n,) number of the renewal period
    product: (n,) of the latest row
    latest: (n,) whether it is the customer's last stay
    pending: (n,) whether its last row ended so lately that a renewal may only not be written yet
    merged_rows: rows that went on with a stay instead of beginning one
    """

    customer: NDArray[np.int64]
    started: Days
    ended: Days
    paid: NDArray[np.float64]
    period: NDArray[np.int64]
    product: NDArray[np.object_]
    latest: NDArray[np.bool_]
    pending: NDArray[np.bool_]
    merged_rows: int

    def __len__(self) -> int:
        return len(self.customer)

    def at(self, places: NDArray[np.int64]) -> "Stays":
        """The stays at `places`, in that order."""
        return Stays(
            self.customer[places], self.started[places], self.ended[places], self.paid[places], self.period[places],
            self.product[places], self.latest[places], self.pending[places], self.merged_rows,
        )  # fmt: skip

    @property
    def came_back(self) -> int:
        """Stays that began after a gap."""
        return len(self) - int(self.latest.sum())


def rows_of(table: pa.Table, *, unit: RenewalPeriod | None, until: date) -> Rows:
    """The dated rows of `contract_rows`, with the renewal period of each and revenue a period.

    Args:
        table: in the contract of `contract_rows`, with dates.
        unit: the renewal period asked for; None: as the ends of the contracts tell.
        until: the last known day, up to which an open row has paid its total.
    """
    external = table["external_id"].combine_chunks()
    ids = pc.unique(external)
    customer = pc.index_in(external, value_set=ids).to_numpy(zero_copy_only=False).astype(np.int64)
    started = days_of(table["started_on"])
    ended = np.where(has_day(table["ended_on"]), days_of(table["ended_on"]), OPEN)
    known = ended < OPEN
    told = unit or seen_in(started[known], ended[known])
    named = {period.value: number for number, period in enumerate(_PERIODS)}
    period = np.array([named.get(name, named[told.value]) for name in table["period"].to_pylist()], dtype=np.int64)
    last = np.minimum(ended, np.int64((until - date(1970, 1, 1)).days))
    paid = _paid(table, started, last, period)
    product = np.array([name or "" for name in table["product"].to_pylist()], dtype=object)
    paid_known = np.where(np.isfinite(floats_of(table["amount"])), started, last)
    order = np.lexsort((started, customer))
    return Rows(
        ids, customer[order], started[order], ended[order], paid[order], period[order], product[order],
        paid_known[order],
    )  # fmt: skip


def stays_at(rows: Rows, day: int) -> Stays:
    """The stays as they were known at the end of `day` [days since 1970-01-01]: later starts and ends are not seen.

    Nor is what a period of a contract pays, where only the total of a time beyond that day tells it.
    """
    known = rows.where(rows.started <= day)
    known = replace(known, paid=np.where(known.paid_known <= day, known.paid, np.nan))
    ended = np.where(known.ended > day, OPEN, known.ended)
    grace = np.array([period.grace for period in _PERIODS])[known.period]
    reached = np.maximum.accumulate(known.customer * _ROOM + ended) - known.customer * _ROOM
    before = np.append(-1, reached[:-1])
    same = np.append(False, known.customer[1:] == known.customer[:-1])
    first = ~(same & (known.started <= before + np.maximum(grace, 1)))
    stay = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    last = np.append(starts[1:], len(stay))[: len(starts)] - 1
    end = reached[last]
    several = last > starts
    by_rows = bool(len(starts)) and several.mean() > RENEWED_BY_ROWS
    pending = by_rows & (end < OPEN) & (end >= day - grace[last])
    customer = known.customer[starts]
    return Stays(
        customer=customer,
        started=known.started[starts],
        ended=end,
        paid=_together(known, ended, stay, last),
        period=known.period[last],
        product=known.product[last],
        latest=np.append(customer[1:] != customer[:-1], True)[: len(customer)],
        pending=np.asarray(pending),
        merged_rows=len(stay) - len(starts),
    )


def each_renewal_is_a_row(rows: Rows) -> bool:
    """Whether the table writes a new row at each renewal, so that the ends of the last rows are terms, not ends."""
    stays = stays_at(rows, int(rows.started.max(initial=0)))
    return len(stays) > 0 and stays.merged_rows / len(stays) > RENEWED_BY_ROWS


def days_of(column: pa.ChunkedArray) -> Days:
    """A column of days as numbers since 1970-01-01, null as 0, (n,)."""
    filled = pc.fill_null(column.cast(pa.int32()), 0)
    return np.asarray(filled.to_numpy(), dtype=np.int64)


def has_day(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows have a value, (n,)."""
    return np.asarray(pc.is_valid(column).to_numpy(), dtype=np.bool_)


def floats_of(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A column of numbers as floats, null as nan, (n,)."""
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _together(known: Rows, ended: Days, stay: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
    """Revenue a period of each stay: of all rows that run, or of the last one where none does."""
    runs = ended == OPEN
    given = runs & np.isfinite(known.paid)
    total = np.bincount(stay[given], weights=known.paid[given], minlength=len(last))
    count = np.bincount(stay[given], minlength=len(last))
    return np.where(count > 0, total, known.paid[last])


def _paid(table: pa.Table, started: Days, last: Days, period: NDArray[np.int64]) -> NDArray[np.float64]:
    """Revenue a period (n,): the amount, from months or years where its header says so; else total ÷ periods paid."""
    amount, total = floats_of(table["amount"]), floats_of(table["total_amount"])
    found = np.full(len(amount), np.nan)
    per = np.array(table["amount_per"].to_pylist(), dtype=object)
    for number, each in enumerate(_PERIODS):
        here = period == number
        if not here.any():
            continue
        factor = np.ones(len(amount))
        factor[per == "month"] = each.days / RenewalPeriod.MONTH.days
        factor[per == "year"] = each.days / RenewalPeriod.YEAR.days
        paid_periods = 1 + renewals_by(started, last - each.grace - 1, each)
        found[here] = np.where(np.isfinite(amount), amount * factor, total / paid_periods)[here]
    return found
