"""The whole valuation of a base as of a date: fit, forecast, table, totals, backtest, grade."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from keepers.clv.numerics.beside import both, side_by_side
from keepers.core.errors import KeepersError
from keepers.core.told import Told
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.backtesting.backtest import (
    LEAST_HOLDOUT_DAYS,
    Backtest,
    TooLittleToGradeError,
    default_holdout_days,
    run_backtest,
)
from keepers.valuation.base import Base, load_base
from keepers.valuation.equity import base_totals
from keepers.valuation.fits import BaseFit, fit_base
from keepers.valuation.forecast import Forecast, forecast_base
from keepers.valuation.months import months_ahead
from keepers.valuation.new_customers import Source, new_customers, read_sources
from keepers.valuation.table import history_table, value_table
from keepers.warehouse.store import Store

LEAST_CUSTOMERS = 20
FEW_CUSTOMERS = 200
NOBODY_RETURNED = Told.of(
    "No customer has ordered on two different days, so nothing tells how often anyone returns. The table holds what "
    "the history tells; bring a longer history, or check that the customer column names customers and not orders."
)
STRAY_SHARE = 0.01  # so few customers decide nothing but the last day
STRAY_GAP = 0.25  # of the history without any order by the others


class NoCustomersError(KeepersError):
    """There is no customer to value."""


@dataclass(frozen=True, slots=True)
class Valuation:
    """What `keepers value` found.

    table: one row a customer, the columns of `customer_values` without the run.
    fit: nothing where the history cannot tell the future; `warnings` then say what is missing.
    totals: the `base` object of `--json`.
    """

    base: Base
    table: pa.Table
    totals: dict[str, Any]
    fit: BaseFit | None
    backtest: Backtest | None
    warnings: tuple[str, ...]


def value_base(
    store: Store,
    assumptions: Assumptions,
    *,
    as_of: date,
    holdout_days: int | None,
    tell: Callable[[str], None] | None = None,
) -> Valuation:
    """Value every customer of a store.

    Args:
        store: holds the order lines.
        assumptions: the options that change numbers.
        as_of: the last day that is known; later lines are not seen.
        holdout_days: length of the backtest's hold-out [days]; None: the default, 0: no backtest.
        tell: called before each stage with its name: "fitting", "forecasting", "grading"; it may raise to stop.

    Raises:
        NoCustomersError: no line up to `as_of` belongs to a known customer.
    """
    base = load_base(store, as_of=as_of)
    if base.size == 0:
        raise NoCustomersError(
            f"No order up to {as_of:%-d %B %Y} names a customer, so nobody can be valued; returns alone are no orders. "
            "Check --as-of, the signs of the amounts, and the customer column (--map customer_id=HEADER).",
        )
    if missing := _missing(base):
        return Valuation(base, history_table(base, assumptions), base_totals(base, None), None, None, missing)
    begin = tell or _nobody
    begin("fitting")
    fit = fit_base(store, base, assumptions, horizon_days=assumptions.horizon.days)
    begin("forecasting")
    forecast = forecast_base(base, fit, assumptions, with_chances=True, map_blocks=store.map_blocks)
    begin("grading")
    backtest, why_not = _backtest(store, base, assumptions, holdout_days)
    sources, table = both(
        partial(read_sources, store, base, assumptions), partial(value_table, base, forecast, assumptions)
    )
    newcomers, months, beyond = side_by_side(
        [
            partial(_newcomers, sources, base, forecast, assumptions),
            partial(_months, base, forecast, assumptions),
            partial(_beyond, forecast, backtest, assumptions),
        ]
    )
    return Valuation(
        base=base,
        table=table,
        totals=base_totals(base, forecast) | newcomers | months | beyond,
        fit=fit,
        backtest=backtest,
        warnings=(*fit.warnings, *_stray(base), *_few(base), *why_not),
    )


def _nobody(_: str) -> None:
    """Who listens when nobody asked."""


def _newcomers(sources: Sequence[Source], base: Base, forecast: Forecast, assumptions: Assumptions) -> dict[str, Any]:
    """What a new customer is worth, overall and by source; nothing without money."""
    found = new_customers(sources, base, forecast.fit, forecast.window, assumptions)
    return {"new_customers": [each.as_json() for each in found]}


def _months(base: Base, forecast: Forecast, assumptions: Assumptions) -> dict[str, Any]:
    """The base's orders and value month by month as far as the horizon."""
    found = months_ahead(forecast, as_of=base.as_of, unit_days=assumptions.unit.days)
    return {"months": [month.as_json() for month in found]}


def _beyond(forecast: Forecast, backtest: Backtest | None, assumptions: Assumptions) -> dict[str, float | None]:
    """How much of the residual value lies further ahead than the backtest looked: all of it without one."""
    days = 0 if backtest is None else (backtest.holdout_end - backtest.calibration_end).days
    share = forecast.share_beyond(days / assumptions.unit.days)
    return {"share_of_value_beyond_backtest": share if np.isfinite(share) else None}


def _missing(base: Base) -> tuple[str, ...]:
    """What a forecast lacks, in words; empty when there is enough."""
    if base.size < LEAST_CUSTOMERS:
        rest = "The table holds what the history tells; bring more customers or a longer history."
        one = "Only %(customers)s customer: a forecast needs at least %(least)s. " + rest
        some = "Only %(customers)s customers: a forecast needs at least %(least)s. " + rest
        return (Told.of(one, some, base.size, customers=base.size, least=LEAST_CUSTOMERS),)
    if base.column("repeat_orders").max() == 0:
        return (NOBODY_RETURNED,)
    return ()


def _few(base: Base) -> tuple[str, ...]:
    if base.size >= FEW_CUSTOMERS:
        return ()
    return (Told.of("%(customers)s customers so far: ranges are wide.", customers=base.size),)


def _stray(base: Base) -> tuple[str, ...]:
    """A long silence before `as_of` but for a handful of orders: mostly a mistyped date, which makes everybody lost."""
    last = np.sort(base.days_of("last_order"))
    usual = np.datetime64(int(last[base.size - 1 - int(np.ceil(STRAY_SHARE * base.size))]), "D")
    silence = int((np.datetime64(base.as_of, "D") - usual).astype(np.int64))
    if silence < max(STRAY_GAP * float(base.column("age").max()), 60):
        return ()
    words = (
        "All but a handful of customers ordered last by %(day)s, %(silence)s days before %(as_of)s. If later dates are "
        "mistakes, mend them and bring the file in again."
    )
    days = {"day": f"{usual.item():%-d %B %Y}", "as_of": f"{base.as_of:%-d %B %Y}", "asked": usual}
    told = Told.of(words, silence=silence, **days)
    return (told.on_terminals("Or, as where the shop had closed, run again with --as-of %(asked)s."),)


def _backtest(
    store: Store, base: Base, assumptions: Assumptions, holdout_days: int | None
) -> tuple[Backtest | None, tuple[str, ...]]:
    history = int(base.column("age").max())
    days = default_holdout_days(history) if holdout_days is None else holdout_days
    if days == 0 and holdout_days is not None:
        return None, ()
    if holdout_days is not None and days < LEAST_HOLDOUT_DAYS:
        words = (
            "No backtest: a hold-out of %(days)s days is too short to grade anything; %(least)s are needed at "
            "least. The values are ungraded."
        )
        return None, (Told.of(words, days=days, least=LEAST_HOLDOUT_DAYS),)
    if days < LEAST_HOLDOUT_DAYS or days >= history:
        words = (
            "No backtest: the history of %(history)s days is too short to hold %(days)s days out. The values are "
            "ungraded."
        )
        return None, (Told.of(words, history=history, days=days),)
    try:
        return run_backtest(store, assumptions, as_of=base.as_of, holdout_days=days), ()
    except TooLittleToGradeError as error:
        return None, (error.told,)
