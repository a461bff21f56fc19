"""A customer base as an analyst has it: from an order log, or from a table with a row a customer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from keepers.clv.analysis.frames import Frame, FrameError, column_of, days_of, floats_of, frame_like, is_missing
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.kinds.design import Groups, Numbers, Term
from keepers.clv.spend import Spend
from keepers.core.periods import TimeUnit

MISSING_DAY = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """Occasions in the order of customer and day, a row an occasion.

    customer: (m,) place of the customer in `Customers.customer_id`
    day: (m,) [days since 1970-01-01]
    value: (m,) what the customer paid on that day [money]; nan where nothing is known of it
    """

    customer: Integers
    day: Integers
    value: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """Customers with their histories, row by row.

    customer_id: (n,)
    histories: (n,) what the models of orders read
    spend: (n,) what the models of spend read; None without amounts
    as_of: the last day that is known [days since 1970-01-01]; None where only a summary is known
    log: the occasions behind the histories; None where only a summary is known
    set_aside: rows that were not used: without customer or date, or after `as_of`
    like: a frame of the kind in which answers are given
    traits: what else is known of the customers, (n,) each: numbers and groups that rates may depend on
    """

    customer_id: NDArray[Any]
    histories: Histories
    spend: Spend | None
    as_of: int | None
    log: Log | None
    set_aside: int
    like: Frame
    traits: tuple[Term, ...] = ()

    @classmethod
    def from_orders(
        cls,
        orders: Frame,
        *,
        customer: str,
        ordered_on: str,
        value: str | None = None,
        as_of: str | None = None,
        unit: str = "week",
        by: Sequence[str] = (),
    ) -> Self:
        """The customers of an order log with a row an order, or a line of one. All orders of a day are one occasion.

        Args:
            orders: pyarrow Table, polars or pandas DataFrame, or dictionary of columns.
            customer: name of the column with the customer.
            ordered_on: name of the column with the day: dates, times, or texts such as 1997-09-30.
            value: name of the column with what was paid [money]; None: no values.
            as_of: the last day that is known, such as 1997-09-30; the last day of the log where not given.
            unit: day, week or month: how the models count time. It rescales and merges nothing.
            by: names of columns that say who the customer is, such as a channel: rates may differ by them. What a
                customer's first row says counts, so that nothing later is known.

        Raises:
            FrameError: a column is missing or holds something else, or no row can be used.
        """
        names = column_of(orders, customer)
        days = days_of(column_of(orders, ordered_on), name=ordered_on)
        amounts = np.full(len(days), np.nan) if value is None else floats_of(column_of(orders, value), name=value)
        if len({len(names), len(days), len(amounts)}) > 1:
            raise FrameError(f"The columns differ in length: {len(names)}, {len(days)} and {len(amounts)} rows.")
        known = (days != MISSING_DAY) & ~is_missing(names)
        if not known.any():
            raise FrameError(f'No row has both a customer ("{customer}") and a date ("{ordered_on}").')
        last = int(days[known].max()) if as_of is None else int(days_of(np.array([as_of]), name="as_of")[0])
        used = known & (days <= last)
        if not used.any():
            raise FrameError(f"No order is as old as as_of ({as_of}). Pass a later day.")
        ids, place = _numbered(names[used], customer)
        log = _log(place, days[used], amounts[used])
        found = cls._of(ids, log, last, _unit(unit), int((~used).sum()), orders, with_values=value is not None)
        first = _first_rows(place, days[used])
        return replace(found, traits=tuple(_trait(name, column_of(orders, name)[used][first]) for name in _names(by)))

    @classmethod
    def from_summary(
        cls,
        summary: Frame,
        *,
        repeat_orders: str,
        age_at_last_order: str,
        age: str,
        customer: str | None = None,
        mean_order_value: str | None = None,
        mean_over: Literal["repeat", "all"] = "repeat",
        unit: str = "week",
        by: Sequence[str] = (),
    ) -> Self:
        """Customers from a table with a row each, such as the (frequency, recency, T) of other libraries.

        Args:
            summary: pyarrow Table, polars or pandas DataFrame, or dictionary of columns.
            repeat_orders: name of the column with the occasions after the first.
            age_at_last_order: name of the column with the time from the first occasion to the last [unit].
            age: name of the column with the time from the first occasion to now [unit].
            customer: name of the column with the customer; the row's number where not given.
            mean_order_value: name of the column with the mean value of an occasion [money].
            mean_over: whether that mean is over the repeat orders (as other libraries have it) or all orders.
            unit: day, week or month: what the times are counted in.
            by: names of columns that say who the customer is, such as a channel: rates may differ by them.

        Raises:
            FrameError: a column is missing or holds something else.
            InvalidHistoriesError: a history that cannot be.
        """
        x, last, whole = (
            floats_of(column_of(summary, name), name=name) for name in (repeat_orders, age_at_last_order, age)
        )
        if not np.all(np.isfinite(x) & (x == np.floor(x))):
            raise FrameError(
                f'Column "{repeat_orders}" holds {_odd(x)}, which counts no orders. Correct or drop such rows.'
            )
        histories = Histories.of(x, last, whole, time_unit_days=_unit(unit).days)
        spend = None
        if mean_order_value is not None:
            mean = floats_of(column_of(summary, mean_order_value), name=mean_order_value)
            behind = histories.repeat_orders + (1 if mean_over == "all" else 0)
            spend = Spend.of(np.nan_to_num(mean), np.where(np.isfinite(mean), behind, 0))
        ids = np.arange(len(histories)) if customer is None else column_of(summary, customer)
        return cls(
            ids,
            histories,
            spend,
            None,
            None,
            0,
            summary,
            tuple(_trait(name, column_of(summary, name)) for name in _names(by)),
        )

    def __len__(self) -> int:
        return len(self.histories)

    @property
    def unit(self) -> TimeUnit:
        """How the histories count time."""
        return next(unit for unit in TimeUnit if unit.days == self.histories.time_unit_days)

    def until(self, day: str | int) -> "Customers":
        """The customers known on an earlier day, as they were known then.

        Raises:
            FrameError: only a summary is known, or nobody had ordered by then.
        """
        log = self._known_log()
        last = day if isinstance(day, int) else int(days_of(np.array([day]), name="day")[0])
        early = log.day <= last
        if not early.any():
            raise FrameError(f"Nobody had ordered by {np.datetime64(last, 'D')}. Choose a later day.")
        kept, place = np.unique(log.customer[early], return_inverse=True)
        part = Log(place.astype(np.int64), log.day[early], log.value[early])
        with_values = self.spend is not None
        known = self._of(self.customer_id[kept], part, last, self.unit, 0, self.like, with_values=with_values)
        return replace(known, traits=tuple(_of_some(trait, kept) for trait in self.traits))

    def later(self, earlier: "Customers") -> tuple[Integers, Floats]:
        """What the customers of an `earlier` look did after it: occasions and what they paid, (n,) each."""
        log = self._known_log()
        if earlier.as_of is None:
            raise FrameError("The earlier customers have no date; make them with Customers.until.")
        after = log.day > earlier.as_of
        orders = np.bincount(log.customer[after], minlength=len(self))
        paid = np.bincount(log.customer[after], weights=np.nan_to_num(log.value[after]), minlength=len(self))
        place = np.searchsorted(self.customer_id, earlier.customer_id)
        return orders[place].astype(np.int64), paid[place].astype(np.float64)

    def to_frame(self) -> Frame:
        """The summary: a row a customer, in the kind of frame that the customers came from."""
        columns: dict[str, NDArray[Any]] = {
            "customer_id": self.customer_id,
            "repeat_orders": self.histories.repeat_orders,
            "age_at_last_order": self.histories.age_at_last_order,
            "age": self.histories.age,
        }
        if self.spend is not None:
            columns["mean_order_value"] = np.where(self.spend.orders > 0, self.spend.mean_order_value, np.nan)
        return frame_like(self.like, columns)

    @classmethod
    def _of(
        cls,
        ids: NDArray[Any],
        log: Log,
        as_of: int,
        unit: TimeUnit,
        set_aside: int,
        like: Frame,
        *,
        with_values: bool,
    ) -> Self:
        count = np.bincount(log.customer, minlength=len(ids))
        last = np.cumsum(count) - 1
        first = last - count + 1
        gaps = np.diff(log.day, prepend=log.day[0])
        gaps[first] = 1  # no gap before the first: its logarithm is 0
        histories = Histories.of(
            count - 1,
            (log.day[last] - log.day[first]) / unit.days,
            (as_of - log.day[first]) / unit.days,
            time_unit_days=unit.days,
            sum_log_gaps=np.add.reduceat(np.log(gaps), first) - (count - 1) * np.log(unit.days),
        )
        return cls(ids, histories, _spend(log, len(ids)) if with_values else None, as_of, log, set_aside, like)

    def _known_log(self) -> Log:
        if self.log is None:
            raise FrameError("Only a summary of these customers is known. Make them from their orders: from_orders.")
        return self.log


def _numbered(names: NDArray[Any], column: str) -> tuple[NDArray[Any], Integers]:
    """The distinct customers, and each row's place among them."""
    try:
        ids, place = np.unique(names, return_inverse=True)
    except TypeError:
        raise FrameError(
            f'Column "{column}" mixes texts and numbers, so it is not told whether "7" and 7 are one customer. Make '
            "them all texts."
        ) from None
    return ids, place.astype(np.int64)


def _unit(name: str) -> TimeUnit:
    if name not in set(TimeUnit):
        raise FrameError(f'Time is not counted by the "{name}". Choose {", ".join(TimeUnit)}.')
    return TimeUnit(name)


def _names(by: Sequence[str]) -> Sequence[str]:
    """A single name may stand without its list."""
    return (by,) if isinstance(by, str) else by


def _odd(counts: Floats) -> str:
    return f"{counts[~(np.isfinite(counts) & (counts == np.floor(counts)))][0]:g}"


def _trait(name: str, column: NDArray[Any]) -> Term:
    """Numbers as they are; anything else tells groups apart, an empty one being a group that is not known."""
    if column.dtype.kind in "iuf":
        return Numbers(name, column.astype(np.float64))
    return Groups.of(name, np.where(is_missing(column), "", column))


def _of_some(trait: Term, places: Integers) -> Term:
    if isinstance(trait, Numbers):
        return Numbers(trait.name, trait.values[places])
    return Groups(trait.name, trait.codes[places], trait.levels)


def _first_rows(customer: Integers, day: Integers) -> Integers:
    """The place of each customer's first row: of the first day, the one that stands first."""
    order = np.lexsort((np.arange(len(day)), day, customer))
    return order[np.unique(customer[order], return_index=True)[1]]


def _log(customer: Integers, day: Integers, value: Floats) -> Log:
    """Orders added up by customer and day; a day of which no amount is known has none."""
    order = np.lexsort((day, customer))
    customer, day, value = customer[order], day[order], value[order]
    new = np.ones(len(day), dtype=bool)
    new[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
    start = np.flatnonzero(new)
    known = np.add.reduceat(np.isfinite(value).astype(np.int64), start)
    paid = np.add.reduceat(np.nan_to_num(value), start)
    return Log(customer[start], day[start], np.where(known > 0, paid, np.nan))


def _spend(log: Log, customers: int) -> Spend:
    """The mean over the occasions whose amount is known, and the logarithms of those above zero."""
    known = np.isfinite(log.value)
    count = np.bincount(log.customer[known], minlength=customers)
    total = np.bincount(log.customer[known], weights=log.value[known], minlength=customers)
    above = np.nan_to_num(log.value) > 0
    whose, logs = log.customer[above], np.log(log.value[above])
    paid = np.bincount(whose, minlength=customers)
    mean = np.bincount(whose, weights=logs, minlength=customers) / np.maximum(paid, 1)
    spread = np.bincount(whose, weights=(logs - mean[whose]) ** 2, minlength=customers) / np.maximum(paid, 1)
    return Spend.of(total / np.maximum(count, 1), count, paid_orders=paid, mean_log_value=mean, var_log_value=spread)
