"""The firm's calendar as its own history tells it: when one can be learned, and learning it.

Learned are the time of year and the wandering level, from repeat orders a week against what the model expects of
everybody who had been acquired by then. Nothing later than the day it is learned for is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from keepers.clv.calendar import Calendar
from keepers.clv.calendar_learning import PIECE_DAYS, SEASON_YEARS, YEAR_DAYS, Learned, exposure_by_piece, learn
from keepers.clv.calendar_models import with_calendar
from keepers.clv.histories import Histories
from keepers.clv.model import PurchaseModel
from keepers.warehouse.store import Store

LEAST_WEEKS = 39
LEAST_ORDERS = 300  # repeat orders from which weeks tell more than chance
LEAST_LATER_SHARE = 0.10  # of customers who came in the later half of the history
LEAST_GROUP = 200  # customers with a repeat order that those already there, and the others, each need to be told apart
AHEAD_DAYS = 10 * YEAR_DAYS
ROWS = 4_000
ROUNDS = 2
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DatedOrders:
    """Repeat orders by day: (k,) days since 1970-01-01, rising, and (k,) orders [occasions]."""

    days: NDArray[np.int64]
    orders: Floats

    def by_week(self, until: date, weeks: int) -> Floats:
        """Repeat orders in each of the last `weeks` weeks that end on `until`, the latest last, (weeks,)."""
        last = int(np.datetime64(until, "D").astype(np.int64))
        edges = last + 0.5 + PIECE_DAYS * np.arange(-weeks, 1)
        return np.histogram(self.days, bins=edges, weights=self.orders)[0].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Known:
    """What a calendar is learned from: distinct histories as of a day, and who of them was already there.

    settled_on: whoever was first seen before it was already there; None: nobody was.
    """

    as_of: date
    histories: Histories
    settled_on: date | None
    orders: DatedOrders


def read_dated_orders(store: Store, *, as_of: date) -> DatedOrders:
    """Repeat orders by day as known on `as_of`."""
    rows = store.query("repeat_orders_by_day", as_of=as_of)
    days = rows["occasion_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64)
    return DatedOrders(days, rows["repeat_orders"].to_numpy(zero_copy_only=False).astype(np.float64))


def why_none(known: Known) -> str | None:
    """Why no calendar can be learned, in a sentence; None where one can."""
    ages, weight = known.histories.age * known.histories.time_unit_days, known.histories.weight
    span = float(ages.max(initial=0.0))
    weeks = int(span // PIECE_DAYS)
    if weeks < LEAST_WEEKS:
        return f"No calendar was learned: {weeks} weeks of history tell no season; it needs {LEAST_WEEKS} at least."
    later = float(weight[ages < span / 2].sum() / weight.sum())
    if later < LEAST_LATER_SHARE:
        return (
            f"No calendar was learned: {1 - later:.0%} of the customers came in the first half of the history, so what "
            "is due to the time of year and what to customers' own age cannot be told apart."
        )
    orders = float(known.orders.by_week(known.as_of, weeks).sum())
    if orders < LEAST_ORDERS:
        return f"No calendar was learned: {orders:.0f} repeat orders are too few; it needs {LEAST_ORDERS} at least."
    return None


def no_season(known: Known) -> str | None:
    """Why the time of year is not in the calendar, in a sentence; None where it is."""
    years = float(known.histories.age.max(initial=0.0)) * known.histories.time_unit_days / YEAR_DAYS
    if years >= SEASON_YEARS:
        return None
    return (
        f"{years:.1f} years of history do not tell what comes back every year; it needs {SEASON_YEARS:g}. The range of "
        "the total is widened by what the time of year does in a typical shop."
    )


def learn_calendar(known: Known, model: PurchaseModel) -> Learned | None:
    """The calendar under a model, by turns: the model given the calendar, the calendar given the model.

    None where it cannot be told from other things, see `why_none`.
    """
    if why_none(known) is not None:
        return None
    unit = known.histories.time_unit_days
    pieces = int(np.ceil(float(known.histories.age.max()) * unit / PIECE_DAYS))
    orders = known.orders.by_week(known.as_of, pieces)
    groups = [group.thinned(ROWS) for group in _groups(known)]
    everyone = list(_groups(known))
    calendar = Calendar.of(
        np.ones(pieces), start=-pieces * PIECE_DAYS / unit, width=PIECE_DAYS / unit, time_unit_days=unit
    )
    found: Learned | None = None
    for number in range(ROUNDS):
        under = model if number == 0 else with_calendar(model, calendar)
        expected = sum(
            (
                exposure_by_piece(model, under.fit(some).parameters, whole, calendar, pieces)
                for some, whole in zip(groups, everyone, strict=True)
            ),
            np.zeros(pieces),
        )
        found = learn(
            orders,
            expected / calendar.heights[:pieces],
            ahead_days=AHEAD_DAYS,
            time_unit_days=unit,
            spreads=None if found is None else found.spreads,
        )
        calendar = found.calendar
    return found


def _groups(known: Known) -> Sequence[Histories]:
    """Those already there and those acquired since, where both are many; else all together."""
    histories = known.histories
    if known.settled_on is None:
        return (histories,)
    settled = (known.as_of - known.settled_on) / timedelta(days=1)
    already = histories.age * histories.time_unit_days > settled
    repeating = histories.weight * (histories.repeat_orders > 0)
    if min(repeating[already].sum(), repeating[~already].sum()) < LEAST_GROUP:
        return (histories,)
    return (histories.where(~already), histories.where(already))
