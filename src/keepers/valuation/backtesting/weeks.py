"""The orders of a backtest's customers week by week: what came, what the model expects, and the range around it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.clv.calendars.learning import exposure_by_piece
from keepers.clv.calendars.models import without_calendar
from keepers.clv.histories import Histories, evenly_by_weight
from keepers.clv.predicting.ranges import ends_of
from keepers.valuation.base import Base
from keepers.valuation.fits import BaseFit, Kind, SegmentFit
from keepers.valuation.forecast import REPLICATES, Forecast, Part
from keepers.valuation.luck import Use, generator_for
from keepers.warehouse.store import Store

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WEEK = 7
ROWS = 5_000  # distinct histories that tell how a forecast spreads over the weeks
CHANCES = 40  # random weeks a joint draw of the total
LEAST_TELLING = 10.0  # expected orders from which a week tells how weeks swing
LEAST_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Weeks:
    """Whole weeks counted from the end of the calibration: 0 is the last of it, 1 the first of the hold-out."""

    calibration_end: date
    first: int
    last: int

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The weeks in their order."""
        return np.arange(self.first, self.last + 1)

    def begins(self, week: int) -> date:
        """First day of a week."""
        return self.calibration_end + timedelta(days=WEEK * (week - 1) + 1)


def course_by_week(store: Store, base: Base, fit: BaseFit, forecast: Forecast, *, until: date) -> list[dict[str, Any]]:
    """Actual against expected orders in every whole week from the first order to the end of the hold-out.

    All orders are those of the customers known at the calibration's end. In the calibration the expected number is
    the first orders that came and the repeat orders that the fitted model expects of a customer of that age who is
    not known further: how well it fits. In the hold-out it is the forecast, with its 90 % range.

    Returns:
        For each week its first day, `actual`, `mean`, and in the hold-out `low` and `high` [occasions].
    """
    history = int(base.column("age").max())
    weeks = Weeks(base.as_of, first=1 - history // WEEK, last=(until - base.as_of).days // WEEK)
    came = store.query("orders_by_week", after=base.as_of, as_of=until)
    actual = dict(zip(came["week"].to_pylist(), came["orders"].to_pylist(), strict=True))
    fitted = sum((_fitted(base, fit, segment, weeks) for segment in fit.segments), np.zeros(1 - weeks.first))
    seen = np.array([actual.get(week, 0) for week in range(weeks.first, 1)], dtype=np.float64)
    mean, low, high = _forecast_weeks(forecast, weeks.last, unrest=unrest_of(seen, fitted))
    none = [None] * fitted.size
    return [
        {"begins": weeks.begins(week).isoformat(), "actual": actual.get(week, 0), "mean": m, "low": lo, "high": hi}
        for week, m, lo, hi in zip(
            weeks.numbers.tolist(),
            [*fitted.tolist(), *mean.tolist()],
            [*none, *low.tolist()],
            [*none, *high.tolist()],
            strict=True,
        )
    ]


def unrest_of(actual: Floats, fitted: Floats) -> float:
    """How much single weeks swing beyond chance: holidays, offers, weather; variance of their logarithm.

    From week to week rather than around the fit, because a slow departure from the fit is no swing.

    Args:
        actual: orders of each week, shape (weeks,) [occasions].
        fitted: what the fit expects of them, shape (weeks,) [occasions]; weeks with few tell nothing.
    """
    telling = fitted >= LEAST_TELLING
    if telling.sum() < LEAST_WEEKS:
        return 0.0
    ratio = np.log((actual[telling] + 0.5) / (fitted[telling] + 0.5))
    swing = float(np.square(np.diff(ratio)).mean()) / 2
    return max(swing - float((1 / fitted[telling]).mean()), 0.0)


def _fitted(base: Base, fit: BaseFit, segment: SegmentFit, weeks: Weeks) -> Floats:
    """First orders as they came, repeat orders as the model expects them of new customers, shape (weeks to 0,)."""
    return np.asarray(sum(_fitted_kind(base, kind, weeks) for kind in fit.kinds(segment)))


def _fitted_kind(base: Base, kind: Kind, weeks: Weeks) -> Floats:
    """The same of customers who share their parameters."""
    first_days = base.days_of("first_order")[kind.rows]
    as_of = int(np.datetime64(base.as_of, "D").astype(np.int64))
    days, customers = np.unique(first_days - as_of, return_counts=True)
    ends = WEEK * np.arange(weeks.first - 1, 1)
    came = np.histogram(days, bins=ends + 0.5, weights=customers)[0]
    return np.asarray(came + _repeats(kind, days, customers.astype(np.float64), ends.size - 1))


def _repeats(kind: Kind, days: Integers, customers: Floats, weeks: int) -> Floats:
    """Repeat orders in each of the last weeks that the fit expects of those who entered on these days."""
    unit, none = kind.time_unit_days, np.zeros(days.size)
    entered = Histories.of(none.astype(np.int64), none, -days / unit, weight=customers, time_unit_days=unit)
    model, calendar = without_calendar(kind.model)
    return exposure_by_piece(model, kind.parameters, entered, calendar, weeks)


def _forecast_weeks(forecast: Forecast, weeks: int, *, unrest: float) -> tuple[Floats, Floats, Floats]:
    """Mean and 90 % range of each week's orders, shape (weeks,) each.

    The joint draws of the total are spread over the weeks as the fitted model spreads them; on top comes the chance
    of the single week: as much as weeks swung before, and as customers' own chance makes them, which is wider than
    Poisson's by the week's share of what the total's is wider by.
    """
    share = _share_by_week(forecast, weeks)
    totals = forecast.totals["expected_orders"].reshape(-1, REPLICATES)
    level = np.maximum(totals.mean(axis=1), 1e-9)
    wider = max(float((totals.var(axis=1, ddof=1) / level).mean()) - 1, 0.0)
    generator = generator_for(Use.BACKTEST_WEEKS, forecast.seed)
    expected = np.repeat(level, CHANCES)[:, None] * share[None, :]
    expected = expected * generator.lognormal(-unrest / 2, np.sqrt(unrest), size=expected.shape)
    extra = np.maximum(wider * share, 1e-6)
    chance = generator.poisson(generator.gamma(expected / extra, extra))
    low, high = ends_of(chance, replicates=CHANCES)
    return float(forecast.figures["expected_orders"].sum()) * share, low, high


def _share_by_week(forecast: Forecast, weeks: int) -> Floats:
    """Share of the hold-out's orders that falls into each whole week, at the fitted parameters, shape (weeks,)."""
    horizon = forecast.window.horizon
    reached = sum((_reached(part, weeks, horizon) for part in forecast.parts), np.zeros(weeks + 2))
    return np.asarray(np.diff(reached[:-1]) / max(reached[-1], 1e-300))


def _reached(part: Part, weeks: int, horizon: float) -> Floats:
    """Orders of a part's customers until 0, 1, 2 … weeks from now, and until the horizon."""
    distinct, _ = part.histories.distinct()
    chosen, weight = evenly_by_weight(distinct.weight, ROWS)
    some, main = distinct.at(chosen), part.segment.main
    ends = [*(week * WEEK / part.histories.time_unit_days for week in range(1, weeks + 1)), horizon]
    orders = (weight @ main.model.expected_orders(main.fit.parameters, some, horizon=end) for end in ends)
    return np.array([0.0, *orders])
