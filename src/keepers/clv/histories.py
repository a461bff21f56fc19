"""What the order models read: one purchase history a customer, or one a group of customers with the same history."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keepers.clv.numerics.grouping import cells, first_of_each
from keepers.core.errors import KeepersError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


_FEW = 10_000


class InvalidHistoriesError(KeepersError):
    """Purchase histories that cannot be: negative times, or a last order after the end of the observation."""


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Purchase histories, row by row.

    repeat_orders: (n,) occasions after the first [occasions]
    age_at_last_order: (n,) first occasion to last [time unit]
    age: (n,) first occasion to `as_of` [time unit]
    weight: (n,) customers with this history [customers]
    time_unit_days: length of the time unit [days]
    sum_log_gaps: (n,) sum of the logarithms of the gaps between occasions, for the models that look at regularity
    pattern: (n,) who the customers are, as a row of a `Design`, for the models that look at that
    """

    repeat_orders: Integers
    age_at_last_order: Floats
    age: Floats
    weight: Floats
    time_unit_days: float = 1.0
    sum_log_gaps: Floats | None = None
    pattern: Integers | None = None
    _kinds: list[tuple[Integers, Integers]] = field(default_factory=list, init=False, repr=False)
    _distinct: list[tuple["Histories", Integers]] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def of(
        cls,
        repeat_orders: ArrayLike,
        age_at_last_order: ArrayLike,
        age: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        time_unit_days: float = 1.0,
        sum_log_gaps: ArrayLike | None = None,
        pattern: ArrayLike | None = None,
    ) -> Self:
        """Histories from anything array-like, checked.

        A customer without repeat orders has `age_at_last_order` 0.

        Raises:
            InvalidHistoriesError: lengths differ, or a row breaks 0 ≤ age_at_last_order ≤ age or repeat_orders ≥ 0.
        """
        orders = np.atleast_1d(np.asarray(repeat_orders)).astype(np.int64)
        histories = cls(
            repeat_orders=orders,
            age_at_last_order=_floats(age_at_last_order),
            age=_floats(age),
            weight=np.ones(len(orders)) if weight is None else _floats(weight),
            time_unit_days=float(time_unit_days),
            sum_log_gaps=None if sum_log_gaps is None else _floats(sum_log_gaps),
            pattern=None if pattern is None else np.atleast_1d(np.asarray(pattern)).astype(np.int64),
        )
        histories._check()
        return histories

    def __len__(self) -> int:
        return len(self.repeat_orders)

    @property
    def customers(self) -> float:
        """How many customers the rows stand for."""
        return float(self.weight.sum())

    def distinct(self) -> tuple["Histories", Integers]:
        """Equal histories once, their weights added; and for each row the place of its history among the distinct ones.

        Occasions are never merged: only rows equal in every column fall together. Rows of one pattern lie together.
        Found once, because every step of a fit asks for it.
        """
        if not self._distinct:
            self._distinct.append(self._told_apart())
        return self._distinct[0]

    def _told_apart(self) -> tuple["Histories", Integers]:
        columns: list[NDArray[np.generic]] = [self.repeat_orders, self.age_at_last_order, self.age]
        if self.pattern is not None:
            columns.insert(0, self.pattern)
        if self.sum_log_gaps is not None:
            columns.append(self.sum_log_gaps)
        first, inverse = first_of_each(columns, parts=self.time_unit_days)
        weight = _floats(np.bincount(inverse, weights=self.weight, minlength=len(first)))
        return self._at(first, weight), inverse

    def by_orders_and_age(self) -> tuple[Integers, Integers]:
        """For rows of equal orders and age: the place of one row of each kind, and (n,) each row's kind.

        Found once, because what lies ahead of a customer still there asks for it at every look.
        """
        if not self._kinds:
            self._kinds.append(first_of_each([self.repeat_orders, self.age], parts=self.time_unit_days))
        return self._kinds[0]

    def without_gaps(self) -> "Histories":
        """The same for the models that do not look at regularity."""
        return replace(self, sum_log_gaps=None)

    def described_by(self, pattern: ArrayLike) -> "Histories":
        """The same with who the customers are, (n,) rows of a design."""
        described = replace(self, pattern=np.atleast_1d(np.asarray(pattern)).astype(np.int64))
        described._check()
        return described

    def condensed(self) -> "Histories":
        """Some thousands of rows that stand for all closely enough to begin a search with.

        Rows of about the same number of orders, age and silence become one, without gaps and pattern; few rows
        stay as they are.
        """
        if len(self) <= _FEW:
            return self
        orders, last, age, weight = cells(
            self.repeat_orders.astype(np.float64), self.age_at_last_order, self.age, self.weight,
            max(float(self.age.max(initial=0.0)), 1e-300),
        )  # fmt: skip
        return Histories(orders.astype(np.int64), last, age, weight, self.time_unit_days)

    def thinned(self, rows: int) -> "Histories":
        """About `rows` of the histories that stand for all of them, with the same total weight.

        Evenly spaced by weight, so that the answer is the same each time.
        """
        if rows >= len(self):
            return self
        chosen, weight = evenly_by_weight(self.weight, rows)
        return self._at(chosen, weight)

    def at(self, places: Integers) -> "Histories":
        """The rows at `places`, in that order."""
        return self._at(places, self.weight[places])

    def where(self, members: NDArray[np.bool_]) -> "Histories":
        """The rows for which `members` (n,) is true, as they are."""
        if members.all():
            return self
        place = np.flatnonzero(members)
        return self._at(place, self.weight[place])

    def in_unit(self, days: float) -> "Histories":
        """The same histories with time counted in units of `days`."""
        factor = self.time_unit_days / days
        shift = None if self.sum_log_gaps is None else self.sum_log_gaps + self.repeat_orders * np.log(factor)
        return Histories(
            self.repeat_orders,
            self.age_at_last_order * factor,
            self.age * factor,
            self.weight,
            float(days),
            shift,
            self.pattern,
        )

    def _at(self, place: Integers, weight: Floats) -> "Histories":
        return Histories(
            self.repeat_orders[place],
            self.age_at_last_order[place],
            self.age[place],
            weight,
            self.time_unit_days,
            None if self.sum_log_gaps is None else self.sum_log_gaps[place],
            None if self.pattern is None else self.pattern[place],
        )

    def _check(self) -> None:
        columns: list[NDArray[np.generic]] = [self.age_at_last_order, self.age, self.weight]
        columns += [column for column in (self.sum_log_gaps, self.pattern) if column is not None]
        if any(len(column) != len(self) for column in columns):
            raise InvalidHistoriesError("The columns of the purchase histories differ in length; pass one value a row.")
        sound = (
            (self.repeat_orders >= 0)
            & (self.age_at_last_order >= 0)
            & (self.age_at_last_order <= self.age)
            & np.isfinite(self.age)
            & (self.weight >= 0)
            & (self.pattern is None or self.pattern >= 0)
        )
        if not sound.all():
            rows = np.flatnonzero(~sound)
            raise InvalidHistoriesError(
                f"{len(rows)} purchase histories cannot be (rows {_listed(rows)}): repeat orders and weight must be at "
                "least 0, and the last order must lie between the first order and the end of the observation.",
            )


def evenly_by_weight(weight: Floats, rows: int) -> tuple[Integers, Floats]:
    """About `rows` places evenly spaced along the cumulated weight, and the weight that each then stands for."""
    reached = np.cumsum(weight)
    marks = (np.arange(rows) + 0.5) * (reached[-1] / rows)
    chosen, times = np.unique(np.searchsorted(reached, marks), return_counts=True)
    return np.asarray(chosen, dtype=np.int64), times * (reached[-1] / rows)


def _floats(values: ArrayLike) -> Floats:
    return np.ascontiguousarray(np.atleast_1d(np.asarray(values, dtype=np.float64)))


def _listed(rows: Integers) -> str:
    shown = ", ".join(str(row) for row in rows[:3])
    return shown if len(rows) <= 3 else f"{shown} …"


def of_each(values: Floats | float, rows: Integers) -> Floats | float:
    """What some rows have: their own of (n,) values, or the one value of all."""
    return values[rows] if isinstance(values, np.ndarray) and values.ndim else values
