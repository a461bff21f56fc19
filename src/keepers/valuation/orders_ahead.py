"""How many orders each customer will place in each of the coming weeks, and how many newcomers will: a quick fit.

For questions that are asked at many past moments at once, such as what to keep in stock: one model (MBG/NBD), under a
calendar where the history tells one, at its fitted parameters. Nothing later than the day of the question is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from keepers.clv import mbg_nbd
from keepers.clv.calendars.models import with_calendar
from keepers.clv.histories import Histories
from keepers.clv.model import PurchaseModel
from keepers.core.periods import TimeUnit
from keepers.valuation.choosing.rehearsals import FIT_ROWS
from keepers.valuation.choosing.seasons import DatedOrders, Known, learn_calendar
from keepers.valuation.choosing.truncation import find_truncation
from keepers.valuation.models import BY_NAME

WEEK = 7
INFLOW_WEEKS, INFLOW_HALF_LIFE = 26, 6.0  # weeks that tell how many newcomers to expect, and when one counts half
LEAST_CUSTOMERS, LEAST_REPEATS = 20, 20  # below, nothing can be fitted
EPOCH = date(1970, 1, 1)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OrdersAhead:
    """Expected orders in the weeks after a day.

    customers: whose rows they are, rising, shape (n,)
    by_week: of each customer who was known, shape (n, weeks) [occasions]
    newcomers: of customers who were not, their first and later orders, shape (weeks,) [occasions]
    """

    customers: Integers
    by_week: Floats
    newcomers: Floats

    @property
    def total(self) -> Floats:
        """Of everybody, shape (weeks,) [occasions]."""
        whole: Floats = self.by_week.sum(axis=0) + self.newcomers
        return whole


def orders_ahead(customer: Integers, day: Integers, *, as_of: int, weeks: int) -> OrdersAhead | None:
    """Expected orders in each of the coming weeks; None where the history is too thin to tell.

    Args:
        customer: who ordered, one row a customer and day, shape (k,).
        day: when, days since 1970-01-01, shape (k,); rows after `as_of` are not looked at.
        as_of: the last day that is known.
        weeks: how many weeks ahead.
    """
    seen = day <= as_of
    customer, day = customer[seen], day[seen]
    customers, place, count = np.unique(customer, return_inverse=True, return_counts=True)
    if customers.size < LEAST_CUSTOMERS or customer.size - customers.size < LEAST_REPEATS:
        return None
    first = np.full(customers.size, as_of, dtype=np.int64)
    last = np.full(customers.size, np.iinfo(np.int64).min, dtype=np.int64)
    np.minimum.at(first, place, day)
    np.maximum.at(last, place, day)
    unit = TimeUnit.WEEK.days
    histories = Histories.of(count - 1, (last - first) / unit, (as_of - first) / unit, time_unit_days=unit)
    model, parameters = _fitted(histories, first, day[day != first[place]], as_of)
    distinct, where = histories.distinct()
    by_week = _by_week(model, parameters, distinct, range(weeks + 1))[where]
    return OrdersAhead(customers, by_week, _newcomers(model, parameters, first, as_of=as_of, weeks=weeks))


def _fitted(histories: Histories, first: Integers, repeats: Integers, as_of: int) -> tuple[PurchaseModel, object]:
    today = EPOCH + timedelta(days=int(as_of))
    truncation = find_truncation(first)
    settled = int(first.min()) + WEEK * truncation.settled_after_weeks
    days, orders = np.unique(repeats, return_counts=True)
    known = Known(
        today,
        histories.distinct()[0],
        EPOCH + timedelta(days=settled) if truncation.found else None,
        DatedOrders(days, orders.astype(np.float64)),
    )
    model = BY_NAME[mbg_nbd.NAME]
    learned = learn_calendar(known, model)
    under = with_calendar(model, None if learned is None else learned.calendar)
    return under, under.fit(known.histories.thinned(FIT_ROWS)).parameters


def _by_week(model: PurchaseModel, parameters: object, histories: Histories, ends: Sequence[int]) -> Floats:
    """Orders between each end and the next, (rows, weeks)."""
    reached = [model.expected_orders(parameters, histories, horizon=float(end)) for end in ends]
    return np.maximum(np.diff(np.stack(reached, axis=1), axis=1), 0.0)


def _newcomers(model: PurchaseModel, parameters: object, first: Integers, *, as_of: int, weeks: int) -> Floats:
    """First orders as they came lately, the longer ago the less, and what newcomers order after that."""
    ago = (as_of - first) // WEEK
    told = min(INFLOW_WEEKS, int(ago.max()))
    if told == 0:
        return np.zeros(weeks)
    weight = 0.5 ** (np.arange(told) / INFLOW_HALF_LIFE)
    inflow = float(np.bincount(ago[ago < told], minlength=told)[:told] @ weight / weight.sum())
    today = Histories.of([0], [0.0], [0.0], time_unit_days=TimeUnit.WEEK.days)
    later = _by_week(model, parameters, today, range(weeks))[0]
    return inflow * (1.0 + np.concatenate([[0.0], np.cumsum(later)]))
