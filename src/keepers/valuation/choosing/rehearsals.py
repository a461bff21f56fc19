"""A forecast from an earlier origin, made again: the fit as of then, and how far its total missed."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keepers.clv.calendars.learning import Learned
from keepers.clv.calendars.models import with_calendar
from keepers.clv.drift_learning import Look
from keepers.clv.inference.fitting import Fit
from keepers.clv.model import PurchaseModel
from keepers.clv.pauses import with_pauses
from keepers.valuation.choosing.origins import Origin

FIT_ROWS = 8_000  # distinct histories that tell a model's parameters well enough to compare models


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One model, with or without a calendar, as it would have been fitted at an origin.

    learned: the calendar as learned at the origin; None without one.
    """

    origin: Origin
    model: PurchaseModel
    fit: Fit[Any]
    learned: Learned | None

    @property
    def look(self) -> Look:
        """The forecast and what then happened, as the engine reads it."""
        origin = self.origin
        return Look(self.model, self.fit, origin.histories, origin.later_orders, float(origin.days))

    def log_ratio(self, share_paused: float) -> float:
        """By how much the total missed where so many of those who looked gone had paused: log(actual / forecast)."""
        histories = self.origin.histories
        horizon = self.origin.days / histories.time_unit_days
        model = with_pauses(self.model, share_paused)
        expected = histories.weight @ model.expected_orders(self.fit.parameters, histories, horizon=horizon)
        return float(np.log((self.origin.total_orders + 0.5) / (float(expected) + 0.5)))

    @property
    def foreseen_spread(self) -> float:
        """Standard deviation of the log of the window's mean h as the calendar foresaw it; 0 without a calendar."""
        return 0.0 if self.learned is None else self.learned.window_spread(self.origin.days)


def rehearse(origin: Origin, model: PurchaseModel, learned: Learned | None = None) -> Rehearsal:
    """Fit the model to what was known at the origin, under the calendar if there is one."""
    under = with_calendar(model, None if learned is None else learned.calendar)
    return Rehearsal(origin, under, under.fit(origin.histories.thinned(FIT_ROWS)), learned)
