"""Hold the last part of the contracts' history out, forecast it from the rest, and compare.

Only customers under contract at the calibration's end are graded: of the others nothing is expected. Nothing after that
day reaches the forecast, the choice of model or the calibration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepers.clv import scoring
from keepers.clv.predicting.predictive import HIGH, LOW
from keepers.clv.predicting.ranges import ends_of
from keepers.clv.renewals import future as contract_future
from keepers.clv.renewals.running import Coming, Curves, renewal_count_cdf, renewal_count_table
from keepers.core.errors import KeepersError
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.backtesting.comparison import rank_scores
from keepers.valuation.backtesting.grade import Grade, grade_of
from keepers.valuation.backtesting.tenths import TENTHS
from keepers.valuation.contracts.base import ContractBase
from keepers.valuation.contracts.fits import ContractFit, fit_contracts
from keepers.valuation.contracts.forecast import REPLICATES, ContractForecast, ContractPart, forecast_contracts
from keepers.valuation.contracts.origins import ContractOrigin, contract_origins, origin_at
from keepers.valuation.contracts.periods import shifted
from keepers.valuation.contracts.rules import RULES, curve_of
from keepers.valuation.contracts.stays import OPEN, Rows

LEAST_CUSTOMERS = 20
LEVELS = (50, 80, 90)
SCORED_AT_ONCE = 50_000

Floats = NDArray[np.float64]


class TooFewContractsError(KeepersError):
    """The calibration window holds too few contracts to forecast from."""


@dataclass(frozen=True, slots=True, eq=False)
class ContractBacktest:
    """A forecast of the past, what happened, and the grade.

    calibration_end, holdout_end: None where the table has tenures instead of dates
    hidden_from: the renewal from which on the answers were hidden, of a table of tenures; else None
    customers: graded, whom the forecast knew up to then
    table: `--backtest-out`, one row a customer under contract at the calibration's end; of tenures one row an answer
    course: renewals that came and that were expected, period by period
    """

    calibration_end: date | None
    holdout_end: date | None
    hidden_from: int | None
    customers: int
    model: str
    table: pa.Table
    scores: dict[str, Any]
    rules: dict[str, dict[str, Any]]
    tenths: list[dict[str, Any]]
    course: list[dict[str, float]]
    grade: Grade

    @property
    def tested_days(self) -> float:
        """How far ahead the forecast looked; 0 of a table of tenures, whose answers are forecast one by one [days]."""
        if self.calibration_end is None or self.holdout_end is None:
            return 0.0
        return float((self.holdout_end - self.calibration_end).days)

    def as_json(self) -> dict[str, Any]:
        """The `backtest` object of `--json`."""
        return {
            "calibration_end": None if self.calibration_end is None else self.calibration_end.isoformat(),
            "holdout_end": None if self.holdout_end is None else self.holdout_end.isoformat(),
            "hidden_from": self.hidden_from,
            "customers": self.customers,
            "model": self.model,
            **self.scores,
            "rules": self.rules,
            "tenths": self.tenths,
            "course": self.course,
            "grade": self.grade.letter,
            "grade_sentence": self.grade.sentence(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """What was forecast and what came, for the customers of all segments one after the other."""

    customer: NDArray[np.int64]
    actual: NDArray[np.int64]
    mean: Floats
    low: Floats
    high: Floats
    below: Floats
    at: Floats
    payment: Floats
    crps: float

    def scores(self, ranking: Floats) -> dict[str, Any]:
        """Errors of the counts, and the ranking by worth."""
        worth = np.asarray(self.actual * self.payment, dtype=np.float64)
        return {
            "orders": {
                "mae": scoring.mae(self.actual, self.mean),
                "rmse": scoring.rmse(self.actual, self.mean),
                "bias": scoring.bias(self.actual, self.mean),
                "crps": self.crps,
                "log_score": scoring.log_score(self.below, self.at),
            },
            **rank_scores(worth, ranking),
        }


def run_contract_backtest(rows: Rows, assumptions: Assumptions, *, day: int, periods: int) -> ContractBacktest:
    """Grade the valuation on the last `periods` renewal periods of the history.

    Raises:
        TooFewContractsError: fewer than 20 contracts ran at the calibration's end, or none had ended by then.
    """
    generator = np.random.default_rng(assumptions.seed)
    whole = origin_at(rows, day, day)
    start = int(shifted(np.array([day]), -periods, whole.base.main.period)[0])
    held = _calibration(rows, start, day)
    window = assumptions.undiscounted(days=day - start)
    earlier = list(contract_origins(rows, held.base, horizon_days=day - start))
    fit = fit_contracts(held.base, earlier, asked=assumptions.model, generator=generator, method=assumptions.posterior)
    forecast = forecast_contracts(held.base, fit, window, generator=generator)
    found = graded(held, fit, forecast, held.base, earlier[0] if earlier else None)
    return replace(found, calibration_end=_date(held.base.day), holdout_end=_date(day), course=_course(held, forecast))


def graded(
    held: ContractOrigin,
    fit: ContractFit,
    forecast: ContractForecast,
    known: ContractBase,
    earlier: ContractOrigin | None,
) -> ContractBacktest:
    """The forecast and the rules against what came, without the days and the course.

    Args:
        held: whom the forecast is about, and what they then did.
        fit: what the forecast was made with.
        forecast: of `held`.
        known: what rules learn from; its plans are as the fit's.
        earlier: an origin whose window ends where the forecast begins; None: there is none.
    """
    outcome = _outcome(held, forecast, {part.fitted.segment.name: part.curves for part in forecast.parts})
    ranking = outcome.mean * outcome.payment
    reaches = {part.fitted.segment.name: _reach(part) for part in forecast.parts}
    segments = [each.segment for each in fit.segments if each.segment.name in reaches]
    rules = {}
    for rule in RULES:
        curves = {
            segment.name: curve_of(rule, known, segment, earlier, up_to=reaches[segment.name]) for segment in segments
        }
        by_rule = _outcome(held, forecast, curves)
        rules[rule] = by_rule.scores(by_rule.mean * by_rule.payment)
    scores = _scores(outcome, forecast, ranking)
    return ContractBacktest(
        calibration_end=None,
        holdout_end=None,
        hidden_from=None,
        customers=len(outcome.actual),
        model=fit.choice.model,
        table=_table(held, outcome, has_money=forecast.has_money),
        scores=scores,
        rules=rules,
        tenths=_tenths(outcome, ranking, has_money=forecast.has_money),
        course=[],
        grade=grade_of(
            found_top_tenth=scores["top_10_percent"],
            crps=scores["orders"]["crps"],
            coverage_90=scores["coverage"]["90"],
            total=scores["total_orders"],
            rules=rules,
        ),
    )


def _calibration(rows: Rows, start: int, day: int) -> ContractOrigin:
    if not (rows.started <= start).any():
        raise TooFewContractsError(
            f"No backtest: no contract had begun by {_date(start):%-d %B %Y}. The values are ungraded; a shorter "
            "--holdout may help."
        )
    held = origin_at(rows, start, day)
    count = len(held.base.current)
    ended = int((held.base.stays.ended < OPEN).sum())
    if count < LEAST_CUSTOMERS or not ended:
        why = (
            f"only {count} contracts ran then, of at least {LEAST_CUSTOMERS}"
            if count < LEAST_CUSTOMERS
            else "no contract had ended by then"
        )
        raise TooFewContractsError(
            f"No backtest from {_date(start):%-d %B %Y}: {why}. The values are ungraded; another --holdout may help."
        )
    return held


def _reach(part: ContractPart) -> int:
    return contract_future.furthest(part.fitted.segment.contracts, part.horizon + 1)


def _outcome(held: ContractOrigin, forecast: ContractForecast, curves: Mapping[Any, Curves]) -> _Outcome:
    """The outcome of a forecast that says `curves` of each segment."""
    found: dict[str, list[NDArray[Any]]] = {}
    total_crps = 0.0
    for part in forecast.parts:
        chosen = curves[part.fitted.segment.name]
        actual = np.minimum(held.later[part.places], part.coming.opportunities(part.horizon))
        below, at = renewal_count_cdf(chosen, part.coming, actual, horizon=part.horizon)
        mean, low, high, crps = _points(chosen, part, actual)
        total_crps += crps * len(actual)
        payment = np.ones(len(actual)) if part.coming.payment is None else np.nan_to_num(part.coming.payment)
        columns = {
            "customer": held.base.stays.customer[part.places],
            "actual": actual,
            "mean": mean,
            "low": low,
            "high": high,
            "below": below,
            "at": at,
            "payment": payment,
        }
        for name, values in columns.items():
            found.setdefault(name, []).append(values)
    joined = {name: np.concatenate(values) for name, values in found.items()}
    return _Outcome(**joined, crps=total_crps / len(joined["actual"]))


def _points(curves: Curves, part: ContractPart, actual: NDArray[np.int64]) -> tuple[Floats, Floats, Floats, float]:
    """Mean, 5 and 95 % points (n,) and the mean CRPS, some customers at a time."""
    mean, low, high = (np.zeros(len(actual)) for _ in range(3))
    crps = 0.0
    for start in range(0, len(actual), SCORED_AT_ONCE):
        here = slice(start, start + SCORED_AT_ONCE)
        some = Coming(part.coming.renewals[here], part.coming.next_renewal[here])
        reached = renewal_count_table(curves, some, horizon=part.horizon)
        mean[here] = (1 - reached).sum(axis=1)
        low[here], high[here] = (np.argmax(reached >= level - 1e-12, axis=1) for level in (LOW, HIGH))
        crps += scoring.crps_of_counts(actual[here], reached) * len(some)
    return mean, low, high, crps / len(actual)


def _scores(outcome: _Outcome, forecast: ContractForecast, ranking: Floats) -> dict[str, Any]:
    value = outcome.actual * outcome.payment
    return {
        **outcome.scores(ranking),
        "value": _value_scores(outcome) if forecast.has_money else None,
        "coverage": {str(level): scoring.expected_coverage(outcome.below, outcome.at, level / 100) for level in LEVELS},
        "winkler_90": scoring.winkler_score(outcome.actual, outcome.low, outcome.high),
        "total_orders": _total(outcome.actual, outcome.mean, forecast.totals["expected_orders"]),
        "total_value": _total(value, ranking, forecast.totals["period_value"]) if forecast.has_money else None,
    }


def _value_scores(outcome: _Outcome) -> dict[str, float]:
    actual, mean = outcome.actual * outcome.payment, outcome.mean * outcome.payment
    return {
        "mae": scoring.mae(actual, mean),
        "rmse": scoring.rmse(actual, mean),
        "bias": scoring.bias(actual, mean),
    }


def _total(actual: NDArray[Any], mean: Floats, draws: Floats) -> dict[str, float]:
    low, high = ends_of(draws, replicates=REPLICATES)
    return {"actual": float(actual.sum()), "mean": float(mean.sum()), "low": float(low), "high": float(high)}


def _table(held: ContractOrigin, outcome: _Outcome, *, has_money: bool) -> pa.Table:
    nothing = pa.nulls(len(outcome.actual), pa.float64())
    money = outcome.payment
    return pa.table(
        {
            "customer_id": held.base.ids.take(pa.array(outcome.customer)).cast(pa.string()),
            "actual_orders": outcome.actual,
            "mean_orders": outcome.mean,
            "cdf_below": outcome.below,
            "cdf_at": outcome.at,
            "orders_low": outcome.low,
            "orders_high": outcome.high,
            "actual_value": outcome.actual * money if has_money else nothing,
            "mean_value": outcome.mean * money if has_money else nothing,
            "value_low": outcome.low * money if has_money else nothing,
            "value_high": outcome.high * money if has_money else nothing,
        }
    )


def _tenths(outcome: _Outcome, ranking: Floats, *, has_money: bool) -> list[dict[str, Any]]:
    """Sums over each tenth of the customers, ranked by what was forecast of them, the best first."""
    order = np.argsort(-ranking, kind="stable")
    tenths = []
    for number, rows in enumerate(np.array_split(order, TENTHS), start=1):
        renewals = {"actual": float(outcome.actual[rows].sum()), "mean": float(outcome.mean[rows].sum())}
        worth = {
            "actual": float((outcome.actual * outcome.payment)[rows].sum()),
            "mean": float(ranking[rows].sum()),
        }
        value = worth if has_money else None
        tenths.append({"tenth": number, "customers": int(rows.size), "orders": renewals, "value": value})
    return tenths


def _course(held: ContractOrigin, forecast: ContractForecast) -> list[dict[str, float]]:
    """Renewals at the first, second … opportunity of the window: actual and mean, of the main segment."""
    part = max(forecast.parts, key=lambda each: len(each.places))
    until = part.coming.opportunities(part.horizon)
    actual = np.minimum(held.later[part.places], until)
    distinct, place = np.unique(part.coming.renewals, return_inverse=True)
    kept = part.curves.kept(distinct, int(until.max(initial=0)))
    return [
        {
            "opportunity": float(m),
            "asked": float((until >= m).sum()),
            "actual": float((actual >= m).sum()),
            "mean": float(kept[place[until >= m], m].sum()),
        }
        for m in range(1, int(until.max(initial=0)) + 1)
    ]


def _date(day: int) -> date:
    found: date = np.datetime64(day, "D").astype(object)
    return found
