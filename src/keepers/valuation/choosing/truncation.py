"""Those already there: customers whose first order seen is not the first order they made.

Most logs begin in the middle of a firm's life. Old customers then turn up as if they were new, most of
them in the first weeks, so the inflow of first orders spikes at the start and falls to the rate of true
acquisition. Treated as new they would spoil cohorts, cost of acquisition and the fit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keepers.core.told import Told

WEEK = 7
_SETTLED = 1.5  # a week's inflow is settled when it is at most this many times the plateau
_NOISE = 4.0  # standard deviations of a Poisson count that an excess must pass
_LEAST_SHARE = 0.05
_TOLD_APART = (
    "They are told apart in the fit where they are many enough, and never called newly acquired; load an older history "
    "if you have one."
)


@dataclass(frozen=True, slots=True)
class Truncation:
    """What the inflow of first orders says about the log's start."""

    already_there: NDArray[np.bool_]
    settled_after_weeks: int
    excess: int

    @property
    def found(self) -> bool:
        """Whether some customers were there before the log began."""
        return self.settled_after_weeks > 0

    def warning(self) -> str:
        """A loud sentence for the story."""
        return Told.of(
            "The log seems to begin in the middle of the firm's life: about %(excess)s of the %(first)s customers "
            "first seen in its first week were already there. " + _TOLD_APART,
            "The log seems to begin in the middle of the firm's life: about %(excess)s of the %(first)s customers "
            "first seen in its first %(weeks)s weeks were already there. " + _TOLD_APART,
            self.settled_after_weeks,
            excess=f"{self.excess:,}",
            first=f"{int(self.already_there.sum()):,}",
            weeks=self.settled_after_weeks,
        )


def find_truncation(first_order_day: NDArray[np.int64]) -> Truncation:
    """Tell customers who were already there from those acquired since.

    The plateau is the median weekly inflow over the later three quarters of the weeks in which
    95 % of the customers first appeared; a cohort acquired at an even rate has no excess over it.

    Args:
        first_order_day: day of each customer's first order seen, counted from any origin, shape (n,) [days].

    Returns:
        The customers first seen before the inflow settled, when the excess there is both
        beyond chance and at least 5 % of the base; otherwise nobody.
    """
    nobody = Truncation(np.zeros(first_order_day.size, dtype=np.bool_), 0, 0)
    if first_order_day.size == 0:
        return nobody
    week = (first_order_day - first_order_day.min()) // WEEK
    inflow = np.bincount(week)
    window = int(np.searchsorted(np.cumsum(inflow), 0.95 * week.size)) + 1
    if window < 4:
        return nobody
    plateau = float(np.median(inflow[window // 4 : window]))
    settled = int(np.argmax(inflow[:window] <= _SETTLED * plateau))
    expected = plateau * settled
    excess = int(inflow[:settled].sum() - expected)
    if excess < max(_NOISE * np.sqrt(max(expected, 1.0)), _LEAST_SHARE * week.size):
        return nobody
    return Truncation(week < settled, settled, excess)
