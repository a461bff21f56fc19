"""The objects that `--json` prints and the table's metadata name."""

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

import keepers
from keepers.ingest.report import ImportReport, OrderImport
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.store import Store

if TYPE_CHECKING:  # an import of orders needs no engine, so it does not wait for one to load
    from keepers.valuation.valuing import Valuation

REJECTS_SCHEMA = pa.schema(
    [("file", pa.string()), ("line_number", pa.int64()), ("reason", pa.string()), ("text", pa.string())]
)


def input_as_json(report: ImportReport, store: Store, *, as_of: date, currency: str | None) -> dict[str, Any]:
    """What was read, accepted, rejected and set aside."""
    totals = store.query("totals", as_of=as_of).to_pylist()[0]
    later = store.query("lines_after_as_of", as_of=as_of).to_pylist()[0]
    return {
        "rows_read": report.rows_read,
        "rows_accepted": report.rows_accepted,
        "rows_rejected": report.rows_rejected,
        "rows_without_customer": report.rows_without_customer,
        "rows_after_as_of": later["lines_after_as_of"],
        "rows_duplicate": report.rows_duplicate,
        "rows_cancelled": report.rows_cancelled,
        "customers": totals["customers"],
        "orders": totals["orders"],
        "revenue": totals["revenue"],
        "revenue_without_customer": totals["revenue_without_customer"],
        "revenue_after_as_of": later["revenue_after_as_of"],
        "currency": currency,
        "first_order": _day(totals["first_order"]),
        "last_order": _day(totals["last_order"]),
        "source": report.source,
        "preset": report.preset,
        "rejected": {reason: {"rows": c.rows, "money": float(c.money)} for reason, c in report.rejected.items()},
        "lines_by_kind": {kind: {"rows": c.rows, "money": float(c.money)} for kind, c in report.lines_by_kind.items()},
        "returns": {"lines": totals["returns"], "matched": totals["returns_matched"]},
        "mapping": {chosen.column: chosen.header for chosen in report.mapping},
        "notes": list(report.notes),
    }


def fit_as_json(valuation: "Valuation") -> dict[str, Any]:
    """The fitted models, why this one, and everything to know before trusting them."""
    from keepers.valuation.choosing.promotions import promotions_as_learned  # as above

    fit = valuation.fit
    if fit is None:
        return {"purchases": None, "spend": None, "warnings": list(valuation.warnings)}
    return {
        "purchases": fit.main.as_json()[0],
        "segments": [model for segment in fit.segments for model in segment.as_json()],
        "spend": None if fit.spend is None else fit.spend.as_json(),
        "choice": fit.choice.as_json(),
        "who": None if fit.who is None else fit.who.as_json() | {"words": list(fit.who_words())},
        "total_miss": {
            "log_ratios": list(fit.misses.log_ratios),
            "spread": fit.total_spread,
            "rate_spread": fit.rate_spread,
        },
        "calendar": None if fit.learned is None else fit.learned.calendar.as_json(),
        "promotions": promotions_as_learned(fit.promotions, fit.learned),
        "drift": fit.drift_as_json(),
        "pauses": asdict(fit.choice.pauses),
        "warnings": list(valuation.warnings),
    }


def run_as_json(assumptions: Assumptions, *, as_of: date, seconds: float) -> dict[str, Any]:
    """The version and the assumptions that made the numbers."""
    from keepers.valuation.choosing.promotions import promotions_as_told  # as above

    return {
        "version": keepers.__version__,
        "as_of": as_of.isoformat(),
        "horizon": str(assumptions.horizon),
        "value_cap": str(assumptions.cap),
        "annual_discount": assumptions.annual_discount,
        "margin": assumptions.margin,
        "unit": assumptions.unit.value,
        "currency": assumptions.currency,
        "model": assumptions.model,
        "by": list(assumptions.by),
        "spend": assumptions.spend,
        "cost_to_serve": assumptions.cost_to_serve,
        "posterior": assumptions.posterior,
        "promotions": promotions_as_told(assumptions.promotions),
        "seconds": round(seconds, 3),
    }


def run_metadata(run: dict[str, Any], valuation: "Valuation") -> dict[str, str]:
    """What the table's Parquet metadata say of the run: version, options, fit and posterior draws."""
    fit = valuation.fit
    draws = {} if fit is None else fit.draws_as_json()
    return {
        **{f"keepers.{name}": str(value) for name, value in run.items()},
        "keepers.fit": json.dumps(fit_as_json(valuation)),
        "keepers.draws": json.dumps(draws),
        "keepers.kept": json.dumps(_kept(valuation)),
        "keepers.new_customers": json.dumps(valuation.totals.get("new_customers") or []),
    }


def _kept(valuation: "Valuation") -> dict[str, Any]:
    """What reading the fit back needs beside the draws: who was already there, and what customers are told apart by."""
    from keepers.valuation.kinds import kinds_to_keep

    segments = () if valuation.fit is None else valuation.fit.segments
    kinds = {
        f"{segment.name} {each.fit.model}": kinds_to_keep(each.model, each.fit.parameters)
        for segment in segments
        for each in segment.models
    }
    return {"settled_on": _day(valuation.base.settled_on), "kinds": kinds}


def read_rejects(imported: OrderImport) -> pa.Table:
    """The rows that could not be used, each with its reason; empty when every row could."""
    return REJECTS_SCHEMA.empty_table() if imported.rejects is None else pq.read_table(imported.rejects)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
