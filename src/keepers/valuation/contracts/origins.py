"""Earlier days to forecast from: who ran then, and how often they renewed until the window's end."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keepers.valuation.contracts.base import ContractBase, Segment, base_at
from keepers.valuation.contracts.periods import periods_in, renewals_by, shifted
from keepers.valuation.contracts.stays import OPEN, Rows

MOST_ORIGINS = 4
LEAST_CUSTOMERS = 20
_ROOM = np.int64(20_000_000)


@dataclass(frozen=True, slots=True, eq=False)
class ContractOrigin:
    """The base as of an earlier day, and what came after.

    later: (n,) renewals that each stay of `base` made from then until `end`; 0 where it did not run
    """

    base: ContractBase
    end: int
    later: NDArray[np.int64]

    def horizon(self, segment: Segment) -> float:
        """Length of the window [periods of the segment]."""
        return periods_in(self.end - self.base.day, segment.period)


def origin_at(rows: Rows, start: int, end: int) -> ContractOrigin:
    """The base as of day `start`, with the renewals until day `end`; nothing later is looked at."""
    base, after = base_at(rows, start), base_at(rows, end)
    place = np.searchsorted(
        after.stays.customer * _ROOM + after.stays.started, base.stays.customer * _ROOM + base.stays.started
    )
    later = np.where(base.running, np.maximum(after.renewals[place] - base.renewals, 0), 0)
    return ContractOrigin(base, end, later)


def contract_origins(rows: Rows, base: ContractBase, *, horizon_days: float) -> Iterator[ContractOrigin]:
    """Origins from the latest back, half a window apart, each with at least a third of the history before it.

    The window is the horizon, or a third of the history where that is shorter, in whole periods.
    """
    period, history = base.main.period, base.history_periods()
    window = int(min(max(round(periods_in(horizon_days, period)), 1), history // 3))
    if window < 1:
        return
    step = max(window // 2, 1)
    first = int(base.stays.started.min())
    for place in range(MOST_ORIGINS):
        end = int(shifted(np.array([base.day]), -place * step, period)[0])
        start = int(shifted(np.array([base.day]), -place * step - window, period)[0])
        if int(renewals_by(np.array([first]), start, period)[0]) < max(history // 3, 1):
            return
        origin = origin_at(rows, start, end)
        if len(origin.base.current) >= LEAST_CUSTOMERS and (origin.base.stays.ended < OPEN).any():
            yield origin
