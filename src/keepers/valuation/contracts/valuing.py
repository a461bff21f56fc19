"""Value every customer under contract: base, fit, forecast, backtest, table and totals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from keepers.clv.predicting.ranges import ends_of
from keepers.core.errors import KeepersError
from keepers.core.periods import RenewalPeriod
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.contracts.backtest import ContractBacktest, TooFewContractsError, run_contract_backtest
from keepers.valuation.contracts.base import ContractBase, base_at, base_of_tenures
from keepers.valuation.contracts.curve import differences, misfits, retention_curve
from keepers.valuation.contracts.fits import ContractFit, fit_contracts
from keepers.valuation.contracts.forecast import REPLICATES, ContractForecast, forecast_contracts
from keepers.valuation.contracts.origins import contract_origins
from keepers.valuation.contracts.periods import periods_in
from keepers.valuation.contracts.stays import Rows, each_renewal_is_a_row, has_day, rows_of
from keepers.valuation.contracts.table import contract_table
from keepers.valuation.contracts.tenure_backtest import run_tenure_backtest
from keepers.valuation.equity import share_of_top

LEAST_CUSTOMERS = 20
FEW_CUSTOMERS = 100
LEAST_PERIODS = 3
DEFAULT_HOLDOUT_DAYS = 364
EPOCH = date(1970, 1, 1)
TOTALS_CAME_LATER = (
    "The amounts are totals of whole contracts, which nobody knew at the backtest's beginning: it grades renewals, not "
    "money. What a contract pays a period would be graded too."
)
GRADED_BY_AGE = (
    "A table of tenures has no dates: the grade is for the answers at later ages, forecast from those at earlier ones. "
    "What changed for everybody at one time it cannot show; start and end dates would."
)


class NoContractsKnownError(KeepersError):
    """No contract had begun by the day that the base is valued at."""


@dataclass(frozen=True, slots=True, eq=False)
class ContractValuation:
    """What `keepers value --contract` found.

    table: one row a customer, the columns of `customer_values` without the run
    fit: nothing where too little has happened; `warnings` then say what is missing
    totals: the `base` object of `--json`
    retention: the curve as seen and as fitted
    """

    base: ContractBase
    table: pa.Table
    totals: dict[str, Any]
    fit: ContractFit | None
    retention: list[dict[str, Any]]
    backtest: ContractBacktest | None
    warnings: tuple[str, ...]


def last_known_day(table: pa.Table, *, today: date) -> date:
    """The day that a table of contracts was written on, as far as it tells.

    The latest start or end up to `today`; where each renewal is a row of its own the latest start, because ends are
    then terms that still lie ahead. Without dates it is today.
    """
    if not has_day(table["started_on"]).any():
        return today
    rows = rows_of(table, unit=None, until=today)
    limit = (today - EPOCH).days
    known = [rows.started[rows.started <= limit]]
    if not each_renewal_is_a_row(rows):
        known.append(rows.ended[rows.ended <= limit])
    days = np.concatenate(known)
    return today if not len(days) else np.datetime64(int(days.max()), "D").astype(object)


def value_contracts_base(
    table: pa.Table,
    assumptions: Assumptions,
    *,
    as_of: date,
    unit: RenewalPeriod | None,
    holdout_days: int | None,
    tell: Callable[[str], None] | None = None,
) -> ContractValuation:
    """Value every customer of a table of contracts.

    Args:
        table: in the contract of `contract_rows`.
        assumptions: the options that change numbers.
        as_of: the last day that is known; later starts and ends are not seen.
        unit: the renewal period; None: as the rows or the ends of the contracts tell.
        holdout_days: length of the backtest's hold-out [days]; None: the default, 0: no backtest.
        tell: called before each stage with its name; it may raise to stop.

    Raises:
        NoContractsKnownError: no contract had begun by `as_of`.
    """
    begin = tell or _nobody
    dated = bool(has_day(table["started_on"]).any())
    rows = rows_of(table, unit=unit, until=as_of) if dated else None
    base = _base(table, rows, as_of, unit)
    if missing := _missing(base):
        return ContractValuation(base, contract_table(base, None), _totals(base, None, 0.0), None, [], None, missing)
    begin("fitting")
    generator = np.random.default_rng(assumptions.seed)
    origins = [] if rows is None else list(contract_origins(rows, base, horizon_days=assumptions.horizon.days))
    fit = fit_contracts(base, origins, asked=assumptions.model, generator=generator, method=assumptions.posterior)
    begin("forecasting")
    forecast = forecast_contracts(base, fit, assumptions, generator=generator)
    begin("grading")
    backtest, why_not = _backtest(rows, base, assumptions, holdout_days)
    tested = 0.0 if backtest is None else backtest.tested_days
    retention = retention_curve(fit)
    return ContractValuation(
        base=base,
        table=contract_table(base, forecast),
        totals=_totals(base, forecast, tested),
        fit=fit,
        retention=retention,
        backtest=backtest,
        warnings=(*fit.warnings(), *_warnings(base, fit, forecast), *misfits(retention), *why_not),
    )


def _nobody(_: str) -> None:
    """Who listens when nobody asked."""


def _base(table: pa.Table, rows: Rows | None, as_of: date, unit: RenewalPeriod | None) -> ContractBase:
    if rows is None:
        named = next((name for name in table["period"].to_pylist() if name), None)
        return base_of_tenures(table, unit=unit or RenewalPeriod(named or "month"))
    day = (as_of - EPOCH).days
    if not (rows.started <= day).any():
        first = np.datetime64(int(rows.started.min()), "D").astype(object)
        raise NoContractsKnownError(
            f"No contract had begun by {as_of:%-d %B %Y}, so nobody can be valued; the first begins on "
            f"{first:%-d %B %Y}. Check --as-of."
        )
    return base_at(rows, day)


def _missing(base: ContractBase) -> tuple[str, ...]:
    """What a forecast lacks, in words; empty when there is enough."""
    customers = len(base.customers)
    if customers < LEAST_CUSTOMERS:
        few = f"Only {customers} customer{'' if customers == 1 else 's'}: a forecast needs at least {LEAST_CUSTOMERS}. "
        return (few + "The table holds what the contracts tell; bring more customers or a longer history.",)
    faced = sum(float(segment.contracts.life_table().at_risk.sum()) for segment in base.segments)
    if not faced:
        none = "No contract has come up for renewal yet, so nothing tells how many renew. "
        do = "bring a longer history, or pass a shorter renewal period with --unit."
        return (f"{none}The table holds what the contracts tell; {do}",)
    return ()


def _warnings(base: ContractBase, fit: ContractFit, forecast: ContractForecast) -> Iterator[str]:
    customers = len(base.customers)
    if customers < FEW_CUSTOMERS:
        yield f"{customers} customers so far: ranges are wide."
    if base.records_begin is not None:
        yield (
            f"No contract ended before {base.records_begin:%-d %B %Y}, though many ran: the records seem to begin "
            "then. Earlier contracts count from that day on; those that ended before are in no record."
        )
    if not len(base.current):
        day = "" if base.as_of is None else f" on {base.as_of:%-d %B %Y}"
        yield (
            f"Nobody is under contract{day}, so nothing is to come. Where ends are planned ahead, pass --as-of with "
            "the day on which the table was written."
        )
    if not any(segment.contracts.ended.any() for segment in base.segments):
        yield "Nobody has ended a contract yet: how many will is hardly told by these data, and the ranges say so."
    if base.stays.came_back:
        yield (
            f"{base.stays.came_back:,} times a customer came back after a gap; each counts as a new stay, valued by "
            "its own age."
        )
    if forecast.unpaid:
        yield f"{forecast.unpaid:,} running contracts have no amount: they have no value and are in no total of money."
    if len(base.segments) > 1:
        listed = ", ".join(f"{len(each.stays):,} by the {each.period.value}" for each in base.segments)
        yield f"Contracts are renewed at different lengths ({listed}); each length has its own curve."
    if fit.choice.by_plan:
        listed = ", ".join(f"{len(each.segment.stays):,} {each.segment.name}" for each in fit.segments)
        yield f"Plans differ in how long customers stay, so each has its own curve: {listed}."
    yield from differences(base, fit)


def _totals(base: ContractBase, forecast: ContractForecast | None, tested_days: float) -> dict[str, Any]:
    """Totals with intervals from joint draws; null where nothing can be told."""
    running = len(base.current)
    known = {} if forecast is None else {name: _interval(forecast, name) for name in forecast.totals}
    worth = np.zeros(0) if forecast is None else forecast.worth[base.stays.latest]
    top = share_of_top(worth, 0.2) if len(worth) else float("nan")
    beyond = None if forecast is None or not forecast.has_money else _beyond(forecast, tested_days)
    return {
        "customers": len(base.customers),
        "running": running,
        "residual_value": known.get("residual_value"),
        "period_value": known.get("period_value"),
        "expected_orders": known.get("expected_orders"),
        "probability_alive": None if forecast is None else {"mean": running / len(base.customers)},
        "share_of_value_top_20_percent": float(top) if np.isfinite(top) else None,
        "share_of_value_beyond_backtest": beyond,
    }


def _interval(forecast: ContractForecast, name: str) -> dict[str, float]:
    low, high = ends_of(forecast.totals[name], replicates=REPLICATES)
    return {"mean": float(np.nansum(forecast.figures[name])), "low": float(low), "high": float(high)}


def _beyond(forecast: ContractForecast, tested_days: float) -> float | None:
    """Share of the residual value that lies further ahead than the backtest looked."""
    total = within = 0.0
    for part in forecast.parts:
        payment = np.nan_to_num(np.zeros(len(part.places)) if part.coming.payment is None else part.coming.payment)
        distinct, place = np.unique(part.coming.renewals, return_inverse=True)
        far = part.coming.opportunities(part.value_cap)
        near = part.coming.opportunities(periods_in(tested_days, part.fitted.segment.period))
        kept = part.curves.kept(distinct, int(far.max(initial=0)))[:, 1:]
        sums = np.cumsum(kept * np.exp(-part.discount_rate * np.arange(kept.shape[1])), axis=1)
        sums = np.concatenate([np.zeros((len(distinct), 1)), sums], axis=1)
        total += float(payment @ sums[place, far])
        within += float(payment @ sums[place, np.minimum(near, far)])
    return 1 - within / total if total > 0 else None


def _backtest(
    rows: Rows | None, base: ContractBase, assumptions: Assumptions, holdout_days: int | None
) -> tuple[ContractBacktest | None, tuple[str, ...]]:
    if holdout_days == 0:
        return None, ()
    if rows is None:
        return _backtest_of_tenures(base, assumptions, holdout_days)
    period, history = base.main.period, base.history_periods()
    year = round(periods_in(DEFAULT_HOLDOUT_DAYS, period))
    periods = (
        min(history // 3, max(year, LEAST_PERIODS)) if holdout_days is None else round(periods_in(holdout_days, period))
    )
    if periods < 1 or periods >= history:
        why = f"the history of {history} {period.value}s is too short to hold one out"
        if holdout_days is not None:
            why = f"a hold-out of {holdout_days} days is {periods} of the {history} {period.value}s of the history"
        return None, (f"No backtest: {why}. The values are ungraded.",)
    try:
        found = run_contract_backtest(rows, assumptions, day=base.day, periods=periods)
        return found, (TOTALS_CAME_LATER,) if found.scores["value"] is None and base.has_money else ()
    except TooFewContractsError as error:
        return None, (str(error),)


def _backtest_of_tenures(
    base: ContractBase, assumptions: Assumptions, holdout_days: int | None
) -> tuple[ContractBacktest | None, tuple[str, ...]]:
    periods = None if holdout_days is None else max(round(periods_in(holdout_days, base.main.period)), 1)
    try:
        return run_tenure_backtest(base, assumptions, periods=periods), (GRADED_BY_AGE,)
    except TooFewContractsError as error:
        return None, (str(error),)
