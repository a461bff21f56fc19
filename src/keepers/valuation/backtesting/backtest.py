"""Hold the last part of the history out, forecast it from the rest, and compare.

Nothing after the calibration's end — orders, returns, costs — reaches the forecast, the choice of model or
the calibration: the base is read as it was known then, and the choice uses only origins before it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepers.clv import scoring
from keepers.clv.predicting.ranges import ends_of
from keepers.core.errors import KeepersError
from keepers.core.periods import Period
from keepers.core.told import Told
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.backtesting.actuals import Actuals, read_actuals
from keepers.valuation.backtesting.comparison import forecast_by_rules, rank_scores, score_rules
from keepers.valuation.backtesting.grade import Grade, grade_of
from keepers.valuation.backtesting.tenths import by_tenth
from keepers.valuation.backtesting.weeks import course_by_week
from keepers.valuation.base import Base, load_base
from keepers.valuation.fits import fit_base
from keepers.valuation.forecast import REPLICATES, Forecast, forecast_base
from keepers.warehouse.store import Store

DEFAULT_HOLDOUT = Period.parse("52w")
LEAST_HOLDOUT_DAYS = 14
LEAST_CUSTOMERS = 20
LEVELS = (50, 80, 90)
VALUE_COLUMNS = {"mean_value": "", "value_low": "_low", "value_high": "_high"}


class TooLittleToGradeError(KeepersError):
    """The calibration window holds too little to forecast from; `told` is the sentence with its figures."""

    def __init__(self, told: str) -> None:
        super().__init__(told)
        self.told = told


@dataclass(frozen=True, slots=True)
class Backtest:
    """A forecast of the past, what happened, and the grade.

    table: `--backtest-out`, one row a customer of the calibration window.
    scores: the forecast's own, as `--json` prints them.
    rules: each simple rule's, on the same customers.
    tenths: predicted against actual by tenth of the customers.
    weeks: actual against expected orders, week by week.
    """

    calibration_end: date
    holdout_end: date
    customers: int
    model: str
    table: pa.Table
    scores: dict[str, Any]
    rules: dict[str, dict[str, Any]]
    tenths: list[dict[str, Any]]
    weeks: list[dict[str, Any]]
    grade: Grade

    def as_json(self) -> dict[str, Any]:
        """The `backtest` object of `--json`."""
        return {
            "calibration_end": self.calibration_end.isoformat(),
            "holdout_end": self.holdout_end.isoformat(),
            "customers": self.customers,
            "model": self.model,
            **self.scores,
            "rules": self.rules,
            "tenths": self.tenths,
            "weeks": self.weeks,
            "grade": self.grade.letter,
            "grade_sentence": self.grade.sentence(),
        }


def default_holdout_days(history_days: int) -> int:
    """A third of the history, at most 52 weeks [days]."""
    return int(min(history_days // 3, DEFAULT_HOLDOUT.days))


def run_backtest(store: Store, assumptions: Assumptions, *, as_of: date, holdout_days: int) -> Backtest:
    """Grade the whole valuation on the last `holdout_days` of the history.

    Raises:
        TooLittleToGradeError: fewer than 20 customers, or none with a repeat order, in the calibration window.
    """
    base = _calibration_base(store, as_of - timedelta(days=holdout_days))
    fit = fit_base(store, base, assumptions, horizon_days=holdout_days)
    forecast = forecast_base(base, fit, assumptions.undiscounted(days=holdout_days), map_blocks=store.map_blocks)
    actual = read_actuals(store, base, until=as_of)
    value = actual.revenue * base.margin_rates(assumptions.margin) if fit.spend is not None else None
    below, at = forecast.order_cdf(actual.orders)
    scores = {
        "orders": _order_scores(forecast, actual, below, at),
        "value": None if value is None else _value_scores(forecast, value),
        "coverage": {str(level): scoring.expected_coverage(below, at, level / 100) for level in LEVELS},
        "winkler_90": scoring.winkler_score(
            actual.orders, forecast.figures["orders_low"], forecast.figures["orders_high"]
        ),
        **rank_scores(actual.worth, forecast.worth),
        "total_orders": _total(actual.orders.astype(np.float64), forecast, "expected_orders"),
        "total_value": None if value is None else _total(value, forecast, "period_value"),
    }
    by_rules = forecast_by_rules(store, base, holdout_days=holdout_days)
    rules = score_rules(by_rules, actual)
    grade = grade_of(
        found_top_tenth=scores["top_10_percent"],
        crps=scores["orders"]["crps"],
        coverage_90=scores["coverage"]["90"],
        total=scores["total_orders"],
        rules=rules,
    )
    table = _table(base, forecast, actual, value, below, at)
    return Backtest(
        calibration_end=base.as_of,
        holdout_end=as_of,
        customers=base.size,
        model=fit.choice.label,
        table=table,
        scores=scores,
        rules=rules,
        tenths=by_tenth(forecast, actual, value, by_rules, base.margin_rates(assumptions.margin)),
        weeks=course_by_week(store, base, fit, forecast, until=as_of),
        grade=grade,
    )


def _calibration_base(store: Store, calibration_end: date) -> Base:
    base = load_base(store, as_of=calibration_end)
    if base.size < LEAST_CUSTOMERS or base.column("repeat_orders").max() == 0:
        words = (
            "No backtest: up to %(day)s there were only %(customers)s customers, of at least %(least)s that a forecast "
            "needs. The values are ungraded; a shorter hold-out may help."
            if base.size < LEAST_CUSTOMERS
            else "No backtest: up to %(day)s none of the %(customers)s customers had ordered again. The values are "
            "ungraded; a shorter hold-out may help."
        )
        day = f"{calibration_end:%-d %B %Y}"
        raise TooLittleToGradeError(Told.of(words, day=day, customers=base.size, least=LEAST_CUSTOMERS))
    return base


def _order_scores(
    forecast: Forecast, actual: Actuals, below: NDArray[np.float64], at: NDArray[np.float64]
) -> dict[str, float]:
    return {
        **_errors(actual.orders.astype(np.float64), forecast.figures["expected_orders"]),
        "crps": forecast.order_crps(actual.orders),
        "log_score": scoring.log_score(below, at),
    }


def _value_scores(forecast: Forecast, value: NDArray[np.float64]) -> dict[str, float]:
    errors = _errors(value, forecast.figures["period_value"])
    return {**errors, "crps": forecast.value_crps(value)}


def _errors(actual: NDArray[np.float64], mean: NDArray[np.float64]) -> dict[str, float]:
    return {
        "mae": scoring.mae(actual, mean),
        "rmse": scoring.rmse(actual, mean),
        "bias": scoring.bias(actual, mean),
    }


def _total(actual: NDArray[np.float64], forecast: Forecast, name: str) -> dict[str, float]:
    low, high = ends_of(forecast.totals[name], replicates=REPLICATES)
    mean = float(forecast.figures[name].sum())
    return {"actual": float(actual.sum()), "mean": mean, "low": float(low), "high": float(high)}


def _table(
    base: Base,
    forecast: Forecast,
    actual: Actuals,
    value: NDArray[np.float64] | None,
    below: NDArray[np.float64],
    at: NDArray[np.float64],
) -> pa.Table:
    figures = forecast.figures
    nothing = pa.nulls(base.size, pa.float64())
    money = {name: figures.get(f"period_value{tail}", nothing) for name, tail in VALUE_COLUMNS.items()}
    return pa.table(
        {
            "customer_id": base.summary["customer_id"],
            "actual_orders": actual.orders,
            "mean_orders": figures["expected_orders"],
            "cdf_below": below,
            "cdf_at": at,
            "orders_low": figures["orders_low"],
            "orders_high": figures["orders_high"],
            "actual_value": nothing if value is None else value,
            **money,
        }
    )
