"""The firm's calendar as its own history tells it: when one can be learned, and learning it.

Learned are the time of year and the wandering level, from repeat orders a week against what the model expects of
everybody who had been acquired by then. Nothing later than the day it is learned for is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from keepers.clv.calendars.learning import SEASON_YEARS, Learned
from keepers.clv.calendars.turns import by_week, learn_by_turns, weeks_of, why_no_calendar, years_of
from keepers.clv.histories import Histories
from keepers.clv.model import PurchaseModel
from keepers.core.told import Told
from keepers.valuation.choosing.promotions import Promotion, as_seen_from
from keepers.warehouse.store import Store

LEAST_GROUP = 200  # customers with a repeat order that those already there, and the others, each need to be told apart
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DatedOrders:
    """Repeat orders by day: (k,) days since 1970-01-01, rising, and (k,) orders [occasions]."""

    days: NDArray[np.int64]
    orders: Floats

    def by_week(self, until: date, weeks: int) -> Floats:
        """Repeat orders in each of the last `weeks` weeks that end on `until`, the latest last, (weeks,)."""
        last = int(np.datetime64(until, "D").astype(np.int64))
        return by_week(self.days, self.orders, until=last, weeks=weeks)


@dataclass(frozen=True, slots=True)
class Known:
    """What a calendar is learned from: distinct histories as of a day, and who of them was already there.

    settled_on: whoever was first seen before it was already there; None: nobody was.
    promotions: past and planned; of a planned one the days are known beforehand
    """

    as_of: date
    histories: Histories
    settled_on: date | None
    orders: DatedOrders
    promotions: tuple[Promotion, ...] = ()


def read_dated_orders(store: Store, *, as_of: date) -> DatedOrders:
    """Repeat orders by day as known on `as_of`."""
    rows = store.query("repeat_orders_by_day", as_of=as_of)
    days = rows["occasion_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64)
    return DatedOrders(days, rows["repeat_orders"].to_numpy(zero_copy_only=False).astype(np.float64))


def why_none(known: Known) -> str | None:
    """Why no calendar can be learned, in a sentence; None where one can."""
    weeks, _ = weeks_of(known.histories)
    return why_no_calendar(known.histories, float(known.orders.by_week(known.as_of, weeks).sum()))


def no_season(known: Known) -> str | None:
    """Why the time of year is not in the calendar, in a sentence; None where it is."""
    years = years_of(known.histories)
    if years is None:
        return None
    return Told.of(
        "%(years)s years of history do not tell what comes back every year; it needs %(least)s. The range of the total "
        "is widened by what the time of year does in a typical shop.",
        years=f"{years:.1f}",
        least=f"{SEASON_YEARS:g}",
    )


def learn_calendar(known: Known, model: PurchaseModel) -> Learned | None:
    """The calendar under a model; None where it cannot be told from other things, see `why_none`."""
    if why_none(known) is not None:
        return None
    _, pieces = weeks_of(known.histories)
    weekly, put_on = known.orders.by_week(known.as_of, pieces), as_seen_from(known.promotions, known.as_of)
    return learn_by_turns(model, _groups(known), weekly, promotions=put_on)


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
