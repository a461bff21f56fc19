"""A run of the loop on the workspace: value what the imports hold, and keep summary, fit, values and insights.

The run's own row is written after its values: a killed run leaves rows that no reader follows, never half a run.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import keepers
from keepers.core.errors import NothingToDoError
from keepers.core.told import with_records
from keepers.insight.answers import Answer
from keepers.loop.currency import keep_rates, reporting_currency
from keepers.loop.insights.kept import insights_to_keep
from keepers.loop.last_day import last_day_in
from keepers.loop.naming import name_of
from keepers.loop.outputs import fit_as_json, run_as_json
from keepers.loop.products.next_products import RunTerms, next_products_of_run
from keepers.loop.products.stock import answers_with_stock
from keepers.loop.requests import RunRequest
from keepers.loop.workspace import imports_of, runs_kept
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.kinds import kinds_to_keep
from keepers.valuation.valuing import Valuation, value_base
from keepers.warehouse.delta import DeltaStore, PinnedStore
from keepers.warehouse.tables import RUNS

if TYPE_CHECKING:
    from keepers.valuation.fits import ModelFit
    from keepers.valuation.spending import SpendFit

RUNS_WITH_LINES = 2  # the one that pages show, and the one that they showed before


@dataclass(frozen=True, slots=True)
class Run:
    """A valuation with its name, its rows of the warehouse's tables, and the tables as it saw them.

    computed: answers to insights that no later reader could give as fast, by name
    next_products: rows of the table of that name
    """

    run_id: str
    as_of: date
    assumptions: Assumptions
    valuation: Valuation
    input: dict[str, Any]
    run: dict[str, Any]
    row: dict[str, Any]
    summary: pa.Table
    seen: PinnedStore
    computed: Mapping[str, Answer]
    next_products: pa.Table

    @property
    def table(self) -> pa.Table:
        """One row a customer."""
        return self.valuation.table

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        backtest = self.valuation.backtest
        return {
            "run_id": self.run_id,
            "input": self.input,
            "fit": fit_as_json(self.valuation),
            "base": self.valuation.totals,
            "backtest": None if backtest is None else backtest.as_json(),
            "run": self.run,
        }


def compute_run(
    store: DeltaStore,
    request: RunRequest,
    *,
    started_at: datetime,
    costs: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Run:
    """Value the workspace's customers at one pinned snapshot of its tables, and keep nothing but a rate table.

    Args:
        store: the warehouse.
        request: what the user asked.
        started_at: names the run.
        costs: the workspace's costs file, where there is one.
        tell: called before each stage with its name; it may raise to stop.

    Raises:
        NothingToDoError: no import counts, or the last run knew all this already.
        KeepersError: the orders cannot be valued; the message says what to do.
    """
    started = perf_counter()
    rates = None if request.rates is None else keep_rates(store, request.rates, to=request.assumptions.currency)
    pinned = store.pinned()
    as_of = request.as_of or _last_day(pinned)
    currency = reporting_currency(pinned, asked=request.assumptions.currency, rates=None, as_of=as_of)
    assumptions = replace(request.assumptions, currency=currency)
    counted = [state for state in imports_of(pinned) if state["active"]]
    inputs = _inputs(counted, assumptions, request, as_of) | {"rates": rates}
    if not request.again:
        _refuse_what_is_known(pinned, inputs)
    valuation = value_base(pinned, assumptions, as_of=as_of, holdout_days=request.holdout_days, tell=tell)
    run_id = f"{started_at:%Y%m%dT%H%M%S}-{name_of(inputs)[:6]}"
    account = _account(pinned, counted, as_of=as_of, currency=currency)
    run = run_as_json(assumptions, as_of=as_of, seconds=perf_counter() - started)
    return Run(
        run_id=run_id,
        as_of=as_of,
        assumptions=assumptions,
        valuation=valuation,
        input=account,
        run=run,
        row=_row(run_id, started_at, run, inputs, account, valuation),
        summary=pinned.query("customer_summary", as_of=as_of, run_id=run_id),
        seen=pinned,
        computed=answers_with_stock(pinned, as_of=as_of),
        next_products=next_products_of_run(
            pinned, run_id, valuation.table, RunTerms(as_of, assumptions.margin, currency, costs)
        ),
    )


def keep_run(store: DeltaStore, run: Run) -> None:
    """Write a run's rows; its row in `runs` last.

    Raises:
        WriterBusyError: another process is writing.
    """
    values = run.valuation.table.replace_schema_metadata(None)
    named = values.add_column(0, "run_id", pa.array([run.run_id] * values.num_rows, pa.string()))
    run.seen.append_step(
        "customer_lines", "lines_by_customer", transaction=run.run_id, as_of=run.as_of, run_id=run.run_id
    )
    with store.writing():
        store.append("customer_summary", run.summary, transaction=run.run_id)
        if fits := fit_rows(run):
            store.append("fits", pa.Table.from_pylist(fits), transaction=run.run_id)
        store.append("customer_values", named, transaction=run.run_id)
        told = insights_to_keep(store.pinned(), run.row, run.assumptions, run.computed)
        store.append("insights", told, transaction=run.run_id)
        if run.next_products.num_rows:
            store.append("next_products", run.next_products, transaction=run.run_id)
        store.append("runs", pa.Table.from_pylist([run.row], schema=RUNS.schema), transaction=run.run_id)
        for table in ("customer_lines", "next_products"):
            store.drop_runs_before(table, _first_with_lines(store))


def fit_rows(run: Run) -> list[dict[str, Any]]:
    """The rows of `fits` of a run; none where nothing was fitted."""
    fit = run.valuation.fit
    if fit is None:
        return []
    fitted_models: list[tuple[str, ModelFit | SpendFit, dict[str, Any]]] = [
        (segment.name, each, account | {"kinds": kinds_to_keep(each.model, each.fit.parameters)})
        for segment in fit.segments
        for each, account in zip(segment.models, segment.as_json(), strict=True)
    ]
    if fit.spend is not None:
        fitted_models.append(("spend", fit.spend, fit.spend.as_json()))
    settled_on = _day(run.valuation.base.settled_on)
    return [
        {
            "run_id": run.run_id,
            "model": fitted.fit.model,
            "part": name,
            "parameters": json.dumps(account["params"]),
            "draws": json.dumps(fitted.posterior.parameters.tolist()),
            "diagnostics": json.dumps(account | {"settled_on": settled_on}),
            "time_unit_days": fitted.fit.time_unit_days,
            "grade": run.row["grade"],
        }
        for name, fitted, account in fitted_models
    ]


def _first_with_lines(store: DeltaStore) -> str:
    """The earliest of the runs whose lines stay; those of a run that is still being kept are not before it."""
    return min(str(kept["run_id"]) for kept in runs_kept(store)[-RUNS_WITH_LINES:])


def _last_day(store: PinnedStore) -> date:
    last = last_day_in(store)
    if last is None:
        raise NothingToDoError("The workspace holds no orders that count. Bring some in with: keepers import FILE")
    return last


def _inputs(
    counted: Sequence[dict[str, Any]], assumptions: Assumptions, request: RunRequest, as_of: date
) -> dict[str, Any]:
    """Everything that decides a run's numbers."""
    return {
        "version": keepers.__version__,
        "as_of": as_of.isoformat(),
        "assumptions": {name: as_kept(value) for name, value in asdict(assumptions).items()},
        "holdout_days": request.holdout_days,
        "batches": [state["batch_id"] for state in counted],
    }


def as_kept(value: Any) -> Any:
    """An assumption as a run's row keeps it: of a period its days, of several things a list; the rest as it is."""
    if isinstance(value, tuple):
        return [as_kept(each) for each in value]
    if isinstance(value, dict):
        return value["days"] if "days" in value else {name: as_kept(each) for name, each in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _refuse_what_is_known(store: PinnedStore, inputs: dict[str, Any]) -> None:
    runs = runs_kept(store)
    if runs and json.loads(runs[-1]["parameters"]) == inputs:
        raise NothingToDoError(
            f"Run {runs[-1]['run_id']} valued these imports with these options already, as of {inputs['as_of']}. "
            "Pass --again to run it anyway.",
        )


def _account(
    store: PinnedStore, counted: Sequence[dict[str, Any]], *, as_of: date, currency: str | None
) -> dict[str, Any]:
    """The `input` object of the whole workspace: rows of the imports that count, orders and money up to `as_of`."""
    totals = store.query("totals", as_of=as_of).to_pylist()[0]
    later = store.query("lines_after_as_of", as_of=as_of).to_pylist()[0]
    kinds = store.query("lines_by_kind", as_of=as_of).to_pylist()
    rows = ("rows_read", "rows_accepted", "rows_rejected", "rows_without_customer")
    return {
        **{name: sum(state[name] for state in counted) for name in rows},
        "rows_after_as_of": later["lines_after_as_of"],
        "lines": totals["lines"],
        "customers": totals["customers"],
        "orders": totals["orders"],
        "revenue": totals["revenue"],
        "revenue_without_customer": totals["revenue_without_customer"],
        "revenue_after_as_of": later["revenue_after_as_of"],
        "currency": currency,
        "first_order": _day(totals["first_order"]),
        "last_order": _day(totals["last_order"]),
        "rejected": {},
        "lines_by_kind": {kind["line_kind"]: {"rows": kind["lines"], "money": kind["revenue"]} for kind in kinds},
        "returns": {"lines": totals["returns"], "matched": totals["returns_matched"]},
        "mapping": {},
        "imports": [state["batch_id"] for state in counted],
        "notes": [],
    }


def _row(
    run_id: str,
    started_at: datetime,
    run: dict[str, Any],
    inputs: dict[str, Any],
    account: dict[str, Any],
    valuation: Valuation,
) -> dict[str, Any]:
    backtest = None if valuation.backtest is None else valuation.backtest.as_json()
    return {
        "run_id": run_id,
        "version": run["version"],
        "started_at": started_at,
        "seconds": run["seconds"],
        "as_of": date.fromisoformat(run["as_of"]),
        "first_order": _date(account["first_order"]),
        "last_order": _date(account["last_order"]),
        "currency": run["currency"],
        "grade": _grade(backtest),
        "parameters": json.dumps(inputs),
        "diagnostics": json.dumps(with_records(fit_as_json(valuation))),
        "input": json.dumps(with_records(account)),
        "base": json.dumps(valuation.totals),
        "backtest": json.dumps(with_records(backtest)),
        "batches": json.dumps(inputs["batches"]),
    }


def _grade(backtest: dict[str, Any] | None) -> str | None:
    grade = None if backtest is None else backtest.get("grade")
    return grade if grade is None or isinstance(grade, str) else json.dumps(grade)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)
