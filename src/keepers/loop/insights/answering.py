"""Answer one insight's question: on a workspace's store with its saved runs, or on order files valued on the way."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa

import keepers
from keepers.insight.answers import Answer, Insight, Needs, Scope
from keepers.insight.catalogue import insight_named
from keepers.insight.runs import Run, runs_of
from keepers.loop.currency import reporting_currency
from keepers.loop.files.order_files import NoOrdersError
from keepers.loop.last_day import last_day_in
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.choosing.truncation import find_truncation
from keepers.valuation.valuing import value_base
from keepers.warehouse.store import Store

QUARTER = timedelta(days=91)
CLOSING, OPENING = "closing", "opening"


@dataclass(frozen=True, slots=True)
class InsightRequest:
    """What the user asked.

    name: of the insight
    as_of: last day that is known; None: the last order, or the latest run's
    since: day that a comparison starts from; None: the run before, or a quarter earlier on files
    """

    name: str
    assumptions: Assumptions
    as_of: date | None = None
    since: date | None = None
    by: str | None = None
    top: int = 10
    rates: Path | None = None


def answer_from_files(request: InsightRequest, store: Store) -> Answer:
    """Answer from the orders of files, which have no runs; values are computed where the insight needs them.

    Raises:
        KeepersError: the name is unknown, or the history lacks what the insight is about.
    """
    insight = insight_named(request.name)
    as_of = _as_of(request, store, None, history=True)
    currency = reporting_currency(store, asked=request.assumptions.currency, rates=request.rates, as_of=as_of)
    scope = _scope(request, store, as_of, currency)
    return insight.answer(store, _valued(insight, scope, request, store))


def answer_from_store(request: InsightRequest, store: Store) -> Answer:
    """Answer from a workspace's store: its history to the last order, and the values that its runs saved.

    Raises:
        KeepersError: the name is unknown, or the history or the runs lack what the insight is about.
    """
    insight = insight_named(request.name)
    closing, opening = _two_runs(runs_of(store), request)
    as_of = _as_of(request, store, closing, history=insight.needs is Needs.HISTORY)
    return insight.answer(store, _scope_of_runs(request, store, as_of, closing, opening))


def scope_in_store(request: InsightRequest, store: Store, *, as_of: date, run_id: str) -> Scope:
    """What every insight of one run looks at: its day, its values, and the run before it to compare with."""
    runs = [run for run in runs_of(store) if run.as_of <= as_of]
    closing = next((run for run in runs if run.run_id == run_id), None)
    others = [run for run in runs if run.run_id != run_id]
    return _scope_of_runs(request, store, as_of, closing, _earlier(others, as_of))


def _scope_of_runs(
    request: InsightRequest, store: Store, as_of: date, closing: Run | None, opening: Run | None
) -> Scope:
    currency = request.assumptions.currency or (closing.currency if closing else None)
    currency = currency or reporting_currency(store, asked=None, rates=request.rates, as_of=as_of)
    scope = _scope(request, store, as_of, currency)
    if closing is None or closing.as_of != as_of:  # values of another day would not fit this history
        return scope
    return replace(scope, value_run=closing.run_id, opening_run=opening.run_id if opening else None)


def _scope(request: InsightRequest, store: Store, as_of: date, currency: str | None) -> Scope:
    return Scope(
        as_of=as_of,
        currency=currency,
        by=request.by,
        top=request.top,
        margin=request.assumptions.margin,
        acquired_from=_acquired_from(store, as_of),
    )


def _as_of(request: InsightRequest, store: Store, run: Run | None, *, history: bool) -> date:
    """The day asked for; else the run's for its values, and for the history the last order's where that is later."""
    if run is not None and not history:
        return run.as_of
    if request.as_of is not None:
        return request.as_of
    last = last_day_in(store)
    if last is None:
        raise NoOrdersError("There are no orders to answer from. Name order files, or import some with keepers import.")
    return last if run is None else max(last, run.as_of)


def _acquired_from(store: Store, as_of: date) -> date | None:
    """The first day of true acquisition, where the log begins in the middle of the firm's life."""
    summary = store.query("customer_summary", as_of=as_of, run_id="")
    first_order = summary["first_order"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    truncation = find_truncation(first_order.astype("int64"))
    if not truncation.found:
        return None
    first: date = first_order.min().item()
    return first + timedelta(weeks=truncation.settled_after_weeks)


def _valued(insight: Insight, scope: Scope, request: InsightRequest, store: Store) -> Scope:
    """The scope with the runs that the insight needs, computed here."""
    if insight.needs is Needs.HISTORY:
        return scope
    assumptions = replace(request.assumptions, currency=scope.currency)
    _save_run(store, CLOSING, scope.as_of, assumptions, graded=insight.needs is Needs.BACKTEST)
    if insight.needs is not Needs.TWO_RUNS:
        return replace(scope, value_run=CLOSING)
    _save_run(store, OPENING, request.since or scope.as_of - QUARTER, assumptions)
    return replace(scope, value_run=CLOSING, opening_run=OPENING)


def _save_run(store: Store, name: str, as_of: date, assumptions: Assumptions, *, graded: bool = False) -> None:
    valuation = value_base(store, assumptions, as_of=as_of, holdout_days=None if graded else 0)
    backtest = None if valuation.backtest is None else valuation.backtest.as_json()
    values = valuation.table
    store.append("customer_values", values.add_column(0, "run_id", pa.array([name] * values.num_rows, pa.string())))
    run = {
        "run_id": name,
        "version": keepers.__version__,
        "started_at": datetime.combine(as_of, time(), UTC),
        "seconds": 0.0,
        "as_of": as_of,
        "currency": assumptions.currency,
        "parameters": "{}",
        "base": json.dumps(valuation.totals),
        "grade": None if backtest is None else backtest["grade"],
        "backtest": None if backtest is None else json.dumps(backtest),
    }
    store.append("runs", pa.Table.from_pylist([run]))


def _two_runs(runs: Sequence[Run], request: InsightRequest) -> tuple[Run | None, Run | None]:
    """The latest run up to `as_of`, and one to compare it with: up to `since`, of an earlier day where there is one."""
    known = [run for run in runs if request.as_of is None or run.as_of <= request.as_of]
    if not known:
        return None, None
    earlier = [run for run in known[1:] if request.since is None or run.as_of <= request.since]
    return known[0], _earlier(earlier, known[0].as_of)


def _earlier(runs: Sequence[Run], closed_on: date) -> Run | None:
    """The latest run of an earlier day; where there is none, the latest of the same day."""
    before = [run for run in runs if run.as_of < closed_on]
    return next(iter([*before, *runs]), None)
