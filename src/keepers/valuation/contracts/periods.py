"""Renewal periods on the calendar: when a contract that began on a day comes up for renewal."""

import numpy as np
from numpy.typing import NDArray

from keepers.core.periods import RenewalPeriod

Days = NDArray[np.int64]
SNAP = 0.1  # a window so near to a whole number of periods is that number: 52 weeks are a year
LEAST_ENDS = 10
NEARLY_ALL = 0.9


def shifted(start: Days, steps: NDArray[np.int64] | int, period: RenewalPeriod) -> Days:
    """Days so many periods after `start`; a month that is too short ends on its last day [days since 1970-01-01]."""
    if not period.months:
        return np.asarray(start + np.asarray(steps) * int(period.days), dtype=np.int64)
    month = start.astype("datetime64[D]").astype("datetime64[M]")
    place = (start - month.astype("datetime64[D]").astype(np.int64)).astype(np.int64)
    target = month + (np.asarray(steps) * period.months).astype("timedelta64[M]")
    first = target.astype("datetime64[D]").astype(np.int64)
    length = (target + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64) - first
    return np.asarray(first + np.minimum(place, length - 1), dtype=np.int64)


def renewals_by(start: Days, day: Days | int, period: RenewalPeriod) -> NDArray[np.int64]:
    """How many renewals fall on or before `day`, (n,); none where the contract begins later."""
    until = np.broadcast_to(np.asarray(day, dtype=np.int64), start.shape)
    if not period.months:
        return np.asarray(np.maximum((until - start) // int(period.days), 0), dtype=np.int64)
    months = until.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months = months - start.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    steps = np.maximum(months // period.months, 0)
    return np.asarray(np.maximum(steps - (shifted(start, steps, period) > until), 0), dtype=np.int64)


def periods_in(days: float, period: RenewalPeriod) -> float:
    """A length of time in periods, whole where it nearly is."""
    count = days / period.days
    whole = round(count)
    return float(whole) if whole and abs(count - whole) <= SNAP else count


def seen_in(starts: Days, ends: Days) -> RenewalPeriod:
    """The renewal period that contracts with known ends speak of: the longest whose multiples nearly all of them last.

    A month where nothing tells.
    """
    if len(starts) >= LEAST_ENDS:
        for period, slack in ((RenewalPeriod.YEAR, 6), (RenewalPeriod.QUARTER, 3)):
            if np.mean(_lasts_whole(starts, ends, period, slack)) >= NEARLY_ALL:
                return period
    return RenewalPeriod.MONTH


def _lasts_whole(starts: Days, ends: Days, period: RenewalPeriod, slack: int) -> NDArray[np.bool_]:
    before = renewals_by(starts, ends + slack, period)
    return np.asarray((before >= 1) & (np.abs(shifted(starts, before, period) - ends) <= slack))
