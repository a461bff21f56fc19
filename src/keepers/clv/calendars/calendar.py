"""When it is: how much more or less everybody buys at one time than at another.

h(t) > 0 multiplies every customer's purchase rate: 1.5 in the weeks before Christmas says that half as much again is
bought as on average. Time counts from now: the past is negative, a customer's first order lies at −age. h is the same
within a piece (a week, say) and differs between them, so its integral H bends at the edges of the pieces only.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv.histories import Floats
from keepers.core.errors import KeepersError

_PIECES_OF_A_YEAR = 52


class InvalidCalendarError(KeepersError):
    """A calendar whose heights are not above zero, or that has no pieces."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """h(t) in pieces of equal width; before the first and after the last its mean of the nearest year.

    heights: (m,) h of each piece, above 0 [–]
    start: where the first piece begins, counted from now [time unit]
    width: of a piece [time unit]
    reached: (m + 1,) the integral of h from the first edge to each edge [time unit]
    before, after: h beyond either end [–]
    time_unit_days: length of the time unit [days]
    """

    heights: Floats
    start: float
    width: float
    reached: Floats = field(repr=False)
    before: float
    after: float
    time_unit_days: float = 1.0
    _now: float = field(init=False, repr=False)
    """Integral from the first edge to now, which every question takes off."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_now", float(self._raw(0.0)))

    @classmethod
    def of(cls, heights: ArrayLike, *, start: float, width: float, time_unit_days: float = 1.0) -> Self:
        """A calendar from its heights, checked.

        Raises:
            InvalidCalendarError: no heights, one that is not above zero, or a width that is not.
        """
        h = np.ascontiguousarray(heights, dtype=np.float64)
        if h.ndim != 1 or len(h) == 0 or not (np.isfinite(h) & (h > 0)).all() or not width > 0:
            raise InvalidCalendarError(
                "A calendar needs at least one piece, heights above zero and a width above zero. Pass one height a "
                "piece, 1 where people buy as usual."
            )
        reached = np.concatenate([[0.0], np.cumsum(h * width)])
        year = min(_PIECES_OF_A_YEAR, len(h))
        first, last = float(h[:year].mean()), float(h[-year:].mean())
        return cls(h, float(start), float(width), reached, first, last, float(time_unit_days))

    @classmethod
    def flat(cls) -> Self:
        """H ≡ 1: no time is better than another."""
        return cls.of([1.0], start=0.0, width=1.0)

    @property
    def end(self) -> float:
        """Where the last piece ends, counted from now [time unit]."""
        return self.start + self.width * len(self.heights)

    def integral(self, until: ArrayLike) -> Floats:
        """H: the integral of h from now until a time, below 0 for the past, same shape [time unit]."""
        return np.asarray(self._raw(until) - self._now)

    def time_at(self, integral: ArrayLike) -> Floats:
        """The time at which H reaches a value: the inverse of `integral`."""
        level = np.asarray(integral, dtype=np.float64) + self._now
        edges = self.start + self.width * np.arange(len(self.reached))
        inside = np.interp(level, self.reached, edges)
        early = np.minimum(level, 0.0) / self.before
        late = np.maximum(level - self.reached[-1], 0.0) / self.after
        return np.asarray(inside + early + late)

    def mean(self, start: float, horizon: float) -> float:
        """Mean of h from `start` to `start + horizon`; h at the start where the horizon is 0."""
        length = max(horizon, 1e-9 * self.width)
        return float(self.integral(start + length) - self.integral(start)) / length

    def moved(self, by: float) -> "Calendar":
        """The same calendar as seen from `by` [time unit] after now: what was at `by` is at 0."""
        return replace(self, start=self.start - by)

    def in_unit(self, days: float) -> "Calendar":
        """The same calendar with time counted in units of `days`."""
        if days == self.time_unit_days:
            return self
        factor = self.time_unit_days / days
        return replace(
            self,
            start=self.start * factor,
            width=self.width * factor,
            reached=self.reached * factor,
            time_unit_days=float(days),
        )

    def table(self) -> tuple[Floats, Floats, Floats]:
        """For kernels: heights, reached, and (start, width, before, after, H's raw value now)."""
        frame = np.array([self.start, self.width, self.before, self.after, self._now])
        return self.heights, self.reached, frame

    def as_json(self) -> dict[str, Any]:
        """What `Calendar.of` makes the same calendar from."""
        told = {"start": self.start, "width": self.width, "time_unit_days": self.time_unit_days}
        return {"heights": self.heights.tolist(), **told}

    def _raw(self, until: ArrayLike) -> Floats:
        """Integral from the first edge."""
        time = np.asarray(until, dtype=np.float64)
        place = (time - self.start) / self.width
        inside = np.interp(place, np.arange(len(self.reached)), self.reached)
        early = np.minimum(place, 0.0) * self.width * self.before
        late = np.maximum(place - len(self.heights), 0.0) * self.width * self.after
        return np.asarray(inside + early + late)
