"""The main job on order files, no workspace needed: ingest, value, and the account of both."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from keepers.core.errors import KeepersError
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions, ImportReport, OrderImport, Progress
from keepers.loop.currency import reporting_currency
from keepers.loop.files.loading import ValueBase, load_engine, load_kernels
from keepers.loop.last_day import last_day
from keepers.loop.outputs import fit_as_json, input_as_json, read_rejects, run_as_json, run_metadata
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.engines.engine import DUCKDB
from keepers.warehouse.store import MemoryStore, Store

if TYPE_CHECKING:  # the engine loads while files are read
    from keepers.valuation.valuing import Valuation


class NoRowsError(KeepersError):
    """The files hold no row that can be used."""


@dataclass(frozen=True, slots=True)
class ValueRequest:
    """What the user asked for, and the address of the engine that computes it."""

    paths: tuple[Path, ...]
    options: ImportOptions
    assumptions: Assumptions
    as_of: date | None = None
    holdout_days: int | None = None
    rates: Path | None = None
    engine_url: str = DUCKDB


@dataclass(frozen=True, slots=True)
class ValuedOrders:
    """The account of the input, the valuation, and the run that made them.

    table: one row a customer; its metadata name the run.
    """

    imported: OrderImport
    valuation: "Valuation"
    table: pa.Table
    input: dict[str, Any]
    run: dict[str, Any]
    rejects: pa.Table

    @property
    def report(self) -> ImportReport:
        """The account of the reading."""
        return self.imported.report

    @property
    def backtest_table(self) -> pa.Table | None:
        """One row a customer of the backtest; None without one."""
        return None if self.valuation.backtest is None else self.valuation.backtest.table

    @property
    def months(self) -> pa.Table | None:
        """One row a month of the horizon; None without a forecast."""
        from keepers.valuation.months import months_table

        found = self.valuation.totals.get("months")
        return None if found is None else months_table(found)

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        backtest = self.valuation.backtest
        return {
            "input": self.input,
            "fit": fit_as_json(self.valuation),
            "base": self.valuation.totals,
            "backtest": None if backtest is None else backtest.as_json(),
            "run": self.run,
        }


def value_orders(
    request: ValueRequest, *, folder: Path, progress: Callable[[Progress], None] | None = None
) -> ValuedOrders:
    """Read the files, value every customer, grade the forecast.

    Args:
        request: files and options.
        folder: an empty folder for what does not fit in memory; the caller removes it.
        progress: called now and then while files are read.

    Raises:
        NoRowsError: no row of the files can be used.
        KeepersError: a file, an option or a currency is not as it must be; the message says what to do.
    """
    started = perf_counter()
    store = MemoryStore(folder / "store", engine_url=request.engine_url)  # a wrong address is told before hours of work
    try:
        with ThreadPoolExecutor(max_workers=1) as beside:
            engine = beside.submit(load_engine)
            beside.submit(load_kernels)
            options = replace(request.options, now=datetime.now(UTC))
            imported = read_orders(request.paths, options=options, into=folder / "lines", progress=progress)
            return _valued(request, imported, store, engine, started)
    finally:
        store.close()


def _valued(
    request: ValueRequest, imported: OrderImport, store: Store, engine: Future[ValueBase], started: float
) -> ValuedOrders:
    store.append("order_lines", imported.lines)
    as_of = request.as_of or _last_day(imported.report)
    currency = reporting_currency(store, asked=request.assumptions.currency, rates=request.rates, as_of=as_of)
    assumptions = replace(request.assumptions, currency=currency)
    told = input_as_json(imported.report, store, as_of=as_of, currency=currency)
    valuation = engine.result()(store, assumptions, as_of=as_of, holdout_days=request.holdout_days)
    run = run_as_json(assumptions, as_of=as_of, seconds=perf_counter() - started)
    return ValuedOrders(
        imported=imported,
        valuation=valuation,
        table=valuation.table.replace_schema_metadata(run_metadata(run, valuation)),
        input=told,
        run=run,
        rejects=read_rejects(imported),
    )


def _last_day(report: ImportReport) -> date:
    last = last_day(report.last_come, report.last_order)
    if last is None:
        raise NoRowsError(
            f"None of the {report.rows_read:,} rows can be used; --rejects FILE writes each with its reason.",
        )
    return last
