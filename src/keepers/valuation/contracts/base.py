"""The customers under contract as of a day: their stays as the engine wants them, segment by segment."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepers.clv.renewals.contracts import Contracts
from keepers.clv.renewals.running import Coming
from keepers.core.periods import RenewalPeriod
from keepers.valuation.contracts.periods import Days, renewals_by, shifted
from keepers.valuation.contracts.stays import OPEN, Rows, Stays, floats_of, stays_at

PERIODS = tuple(RenewalPeriod)
EXPECTED_BEFORE = 10.0  # ends that should have come before the first one seen, from which on the records began late
LEAST_OF_A_PLAN, LEAST_LOST_OF_A_PLAN, MOST_PLANS = 100, 10, 8
OTHER_PLANS = "other plans"
SOON = 0.01  # the next renewal of a contract that is up for it today [periods]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """All stays with one renewal period, or of one plan among them.

    plan: whose stays these are where plans have curves of their own; "" for all
    stays: (m,) their places among the base's stays
    contracts: what the engine conditions on, one row a stay
    """

    period: RenewalPeriod
    stays: NDArray[np.int64]
    contracts: Contracts
    plan: str = ""

    @property
    def name(self) -> str:
        """The plan, or the renewal period, or both."""
        return f"{self.plan} by the {self.period.value}" if self.plan else self.period.value


@dataclass(frozen=True, slots=True, eq=False)
class ContractBase:
    """Every customer known on `as_of`, by number; stays sorted by customer and start.

    as_of: the last known day; None where the table has tenures instead of dates
    running: (n,) whether a stay still runs
    renewals: (n,) renewals made in a stay
    next_renewal: (n,) time to the next renewal of a running stay [periods]
    records_begin: day from which on ends were written down, where that is later than the first starts
    """

    as_of: date | None
    ids: pa.Array
    stays: Stays
    running: NDArray[np.bool_]
    renewals: NDArray[np.int64]
    next_renewal: NDArray[np.float64]
    segments: tuple[Segment, ...]
    records_begin: date | None = None

    @property
    def customers(self) -> NDArray[np.int64]:
        """(k,) numbers of the customers known, in the order of the table's rows."""
        return np.unique(self.stays.customer)

    @property
    def main(self) -> Segment:
        """The segment with the most stays."""
        return max(self.segments, key=lambda segment: len(segment.stays))

    @property
    def day(self) -> int:
        """`as_of` as a number of days since 1970-01-01."""
        return 0 if self.as_of is None else (self.as_of - date(1970, 1, 1)).days

    @property
    def current(self) -> NDArray[np.int64]:
        """Places of the stays that run and are their customer's latest."""
        return np.flatnonzero(self.running & self.stays.latest)

    @property
    def has_money(self) -> bool:
        """Whether it is known what any of those under contract pays; of any, where nobody is."""
        paid = self.stays.paid[self.current] if len(self.current) else self.stays.paid
        return bool(np.isfinite(paid).any())

    def coming(self, segment: Segment, margin: float) -> tuple[NDArray[np.int64], Coming]:
        """The running stays of a segment: their places among all stays, and what a forecast needs of them."""
        here = segment.stays[self.running[segment.stays] & self.stays.latest[segment.stays]]
        payment = self.stays.paid[here] * margin
        return here, Coming(self.renewals[here], self.next_renewal[here], payment if self.has_money else None)

    def history_periods(self) -> int:
        """Whole periods of the main segment from the first start to `as_of`."""
        main = self.main
        first = int(self.stays.started[main.stays].min())
        return int(renewals_by(np.array([first]), self.day, main.period)[0])


def base_at(rows: Rows, day: int) -> ContractBase:
    """The base as it was known at the end of a day [days since 1970-01-01]."""
    stays = stays_at(rows, day)
    running = (stays.ended == OPEN) | stays.pending
    renewals, next_renewal = np.zeros(len(stays), dtype=np.int64), np.ones(len(stays))
    answered = np.zeros(len(stays), dtype=np.bool_)
    for number, period in enumerate(PERIODS):
        here = np.flatnonzero(stays.period == number)
        if len(here):
            renewals[here], answered[here], next_renewal[here] = _counted(stays, here, period, day)
    contracts = Contracts.of(renewals, answered & ~running)
    base = ContractBase(
        as_of=date(1970, 1, 1) + day * _DAY,
        ids=rows.ids,
        stays=stays,
        running=running,
        renewals=renewals,
        next_renewal=next_renewal,
        segments=_segments(stays, contracts, np.zeros(len(stays), dtype=np.int64)),
    )
    return _watched(base, contracts)


def base_of_tenures(table: pa.Table, *, unit: RenewalPeriod) -> ContractBase:
    """The base of a table that gives each customer's tenure and whether they left, but no dates.

    A customer who left after a tenure of t periods paid t of them, so declined the t-th renewal. Of several rows of a
    customer the one with the longest tenure counts.
    """
    external = table["external_id"].combine_chunks().to_pylist()
    tenure = np.floor(np.nan_to_num(floats_of(table["tenure"]))).astype(np.int64)
    longest = np.lexsort((-tenure, np.array(external)))
    _, first = np.unique(np.array(external)[longest], return_index=True)
    chosen = np.sort(longest[first])
    tenure = tenure[chosen]
    left = np.array(table["churned"].to_pylist(), dtype=np.bool_)[chosen]
    renewals = np.where(left, np.maximum(tenure, 1) - 1, tenure)
    amount, total = (floats_of(table[name])[chosen] for name in ("amount", "total_amount"))
    per = {"month": RenewalPeriod.MONTH, "year": RenewalPeriod.YEAR}.get(table["amount_per"][0].as_py(), unit)
    paid = np.where(np.isfinite(amount), amount * unit.days / per.days, total / np.maximum(tenure, 1))
    rows = len(chosen)
    nowhere = np.zeros(rows, dtype=np.int64)
    stays = Stays(
        customer=np.arange(rows),
        started=nowhere,
        ended=np.where(left, 0, OPEN),
        paid=paid,
        period=np.full(rows, PERIODS.index(unit)),
        product=np.array([table["product"][int(place)].as_py() or "" for place in chosen], dtype=object),
        latest=np.ones(rows, dtype=np.bool_),
        pending=np.zeros(rows, dtype=np.bool_),
        merged_rows=0,
    )
    contracts = Contracts.of(renewals, left)
    segments = _segments(stays, contracts, nowhere)
    ids = pa.array([external[place] for place in chosen], pa.string())
    return ContractBase(None, ids, stays, ~left, renewals, np.full(rows, 0.5), segments)


def split_by_plan(base: ContractBase) -> ContractBase:
    """The same with a segment for each plan of enough stays and ends to have a curve, and one for the others."""
    segments: list[Segment] = []
    for segment in base.segments:
        names, place = np.unique(base.stays.product[segment.stays].astype(str), return_inverse=True)
        size = np.bincount(place, minlength=len(names))
        lost = np.bincount(place, weights=segment.contracts.ended, minlength=len(names))
        many = np.flatnonzero((size >= LEAST_OF_A_PLAN) & (lost >= LEAST_LOST_OF_A_PLAN) & (names != ""))
        many = many[np.argsort(-size[many], kind="stable")][:MOST_PLANS]
        groups = [(str(names[plan]), np.flatnonzero(place == plan)) for plan in many]
        groups.append((OTHER_PLANS, np.flatnonzero(~np.isin(place, many))))
        groups = [(plan, rows) for plan, rows in groups if len(rows)]
        if len(groups) < 2:
            segments.append(segment)
            continue
        for plan, rows in groups:
            segments.append(Segment(segment.period, segment.stays[rows], segment.contracts.at(rows), plan))
    return replace(base, segments=tuple(segments))


def _counted(
    stays: Stays, here: NDArray[np.int64], period: RenewalPeriod, day: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
    """Renewals made, whether the answer to the next one is due by `day`, and the time to the next of a running stay.

    An end counts for the curve only once its renewal has come: those who stay are not known before, so counting early
    ends alone would make everybody look readier to leave.
    """
    started, ended = stays.started[here], stays.ended[here]
    has_end = ended < OPEN
    until = np.where(has_end, ended - period.grace - 1, day)
    renewals = renewals_by(started, until, period)
    due = shifted(started, renewals + 1, period)
    last = shifted(started, renewals, period)
    wait = np.where(stays.pending[here], SOON, np.clip((due - day) / np.maximum(due - last, 1), SOON, 1.0))
    return renewals, has_end & (due <= day), wait


def _segments(stays: Stays, contracts: Contracts, entry: Days) -> tuple[Segment, ...]:
    found = []
    for number, period in enumerate(PERIODS):
        here = np.flatnonzero(stays.period == number)
        if len(here):
            some = contracts.at(here)
            found.append(
                Segment(
                    period,
                    here,
                    Contracts.of(
                        some.renewals,
                        some.ended,
                        renewals_at_entry=np.minimum(entry[here], some.renewals),
                        time_unit_days=period.days,
                    ),
                )
            )
    return tuple(found)


def _watched(base: ContractBase, contracts: Contracts) -> ContractBase:
    """The same, with contracts that ran before the records began counted from then on, where the ends betray that."""
    known = base.stays.ended[base.stays.ended < OPEN]
    if not len(known):
        return base
    begin = int(known.min())
    entry = np.zeros(len(base.stays), dtype=np.int64)
    for segment in base.segments:
        entry[segment.stays] = renewals_by(base.stays.started[segment.stays], begin - 1, segment.period)
    late = _segments(base.stays, contracts, entry)
    missing = sum(_expected_before(segment, entry[segment.stays]) for segment in late)
    if missing < EXPECTED_BEFORE:
        return base
    return replace(base, segments=late, records_begin=date(1970, 1, 1) + begin * _DAY)


def _expected_before(segment: Segment, entry: NDArray[np.int64]) -> float:
    """Ends that the later hazards would have led one to see before the first one, among those who were there."""
    table = segment.contracts.life_table()
    hazard = np.divide(table.lost, table.at_risk, out=np.zeros(len(table)), where=table.at_risk > 0)
    total = np.append(0.0, np.cumsum(hazard))
    return float(total[np.minimum(entry, len(hazard))].sum())
