"""The main job on tables of contracts: read, value, and the account of both."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepers.core.periods import RenewalPeriod
from keepers.ingest.contracts import ContractImport, read_contracts
from keepers.ingest.report import Progress
from keepers.loop.files.contract_currency import in_one_currency
from keepers.loop.files.value_orders import ValueRequest
from keepers.loop.outputs import REJECTS_SCHEMA, run_as_json
from keepers.valuation.contracts.valuing import ContractValuation, last_known_day, value_contracts_base


@dataclass(frozen=True, slots=True)
class ValuedContracts:
    """The account of the input, the valuation, and the run that made them.

    table: one row a customer; its metadata name the run.
    """

    imported: ContractImport
    valuation: ContractValuation
    table: pa.Table
    input: dict[str, Any]
    run: dict[str, Any]
    rejects: pa.Table

    @property
    def backtest_table(self) -> pa.Table | None:
        """One row a customer of the backtest; None without one."""
        return None if self.valuation.backtest is None else self.valuation.backtest.table

    @property
    def months(self) -> pa.Table | None:
        """None: of contracts only the totals are forecast, not their months."""
        return None

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        backtest = self.valuation.backtest
        return {
            "input": self.input,
            "fit": contract_fit_as_json(self.valuation),
            "base": self.valuation.totals,
            "backtest": None if backtest is None else backtest.as_json(),
            "run": self.run,
        }


def value_contracts(
    request: ValueRequest,
    *,
    unit: RenewalPeriod | None = None,
    folder: Path,
    progress: Callable[[Progress], None] | None = None,
) -> ValuedContracts:
    """Read tables of contracts, value every customer, grade the forecast.

    Args:
        request: files and options; amounts in other currencies than its own need a rate table.
        unit: the renewal period; None: as the table tells.
        folder: an empty folder for the rejected rows; the caller removes it.
        progress: called now and then while files are read.

    Raises:
        KeepersError: a file, an option or a currency is not as it must be; the message says what to do.
    """
    started = perf_counter()
    imported = read_contracts(request.paths, options=request.options, into=folder / "contracts", progress=progress)
    today = datetime.now(UTC).date()
    as_of = request.as_of or last_known_day(imported.rows, today=today)
    rows, currency = in_one_currency(imported.rows, asked=request.assumptions.currency, rates=request.rates)
    imported = replace(imported, rows=rows)
    assumptions = replace(request.assumptions, currency=currency)
    later = pc.greater(imported.rows["started_on"], pa.scalar(as_of))
    rows_later = pc.sum(later).as_py() or 0
    valuation = value_contracts_base(
        imported.rows, assumptions, as_of=as_of, unit=unit, holdout_days=request.holdout_days
    )
    run = run_as_json(assumptions, as_of=as_of, seconds=perf_counter() - started)
    run |= {"unit": valuation.base.main.period.value}
    return ValuedContracts(
        imported=imported,
        valuation=valuation,
        table=valuation.table.replace_schema_metadata(_metadata(run, valuation)),
        input=contract_input_as_json(imported, valuation, rows_later, assumptions.currency),
        run=run,
        rejects=REJECTS_SCHEMA.empty_table() if imported.rejects is None else pq.read_table(imported.rejects),
    )


def contract_input_as_json(
    imported: ContractImport, valuation: ContractValuation, rows_later: int, currency: str | None
) -> dict[str, Any]:
    """What was read, accepted, rejected and set aside, and what stays it made."""
    report, base = imported.report, valuation.base
    stays, dated = base.stays, base.as_of is not None
    paid = stays.paid * (base.renewals + 1)
    last = pc.max(valuation.table["last_order"]).as_py() if dated else None
    return {
        "rows_read": report.rows_read,
        "rows_accepted": report.rows_accepted,
        "rows_rejected": report.rows_rejected,
        "rows_without_customer": 0,
        "rows_after_as_of": rows_later,
        "rows_duplicate": report.rows_duplicate,
        "customers": len(base.customers),
        "stays": len(stays),
        "running": int(base.running.sum()),
        "ended": int((~base.running).sum()),
        "came_back": stays.came_back,
        "merged_rows": stays.merged_rows,
        "orders": int((base.renewals + 1).sum()),
        "revenue": float(np.nansum(paid)) if np.isfinite(paid).any() else None,
        "currency": currency,
        "first_order": pc.min(valuation.table["first_order"]).as_py().isoformat() if dated else None,
        "last_order": None if last is None else last.isoformat(),
        "records_begin": None if base.records_begin is None else base.records_begin.isoformat(),
        "source": report.source,
        "rejected": {reason: {"rows": c.rows, "money": float(c.money)} for reason, c in report.rejected.items()},
        "mapping": {chosen.column: chosen.header for chosen in report.mapping},
        "notes": list(report.notes),
    }


def contract_fit_as_json(valuation: ContractValuation) -> dict[str, Any]:
    """The fitted models, why this one, the curve beside what was seen, and everything to know before trusting them."""
    fit = valuation.fit
    if fit is None:
        return {"purchases": None, "spend": None, "warnings": list(valuation.warnings)}
    return {
        "purchases": fit.main.as_json(),
        "segments": [segment.as_json() for segment in fit.segments],
        "spend": None,
        "choice": {"model": fit.choice.model, "log_scores": fit.choice.log_scores, "reason": fit.choice.reason},
        "total_miss": {"log_ratios": list(fit.misses.log_ratios), "spread": fit.misses.spread},
        "retention": valuation.retention,
        "warnings": list(valuation.warnings),
    }


def _metadata(run: dict[str, Any], valuation: ContractValuation) -> dict[str, str]:
    """What the table's Parquet metadata say of the run: version, options, fit and posterior draws."""
    draws = {} if valuation.fit is None else valuation.fit.draws_as_json()
    return {
        **{f"keepers.{name}": str(value) for name, value in run.items()},
        "keepers.fit": json.dumps(contract_fit_as_json(valuation)),
        "keepers.draws": json.dumps(draws),
    }
