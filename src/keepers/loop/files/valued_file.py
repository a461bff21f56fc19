"""What `keepers value --out FILE.parquet` wrote, read back: the table, and the fit that its metadata hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from keepers.core.errors import KeepersError
from keepers.core.periods import Period, TimeUnit
from keepers.valuation.kept import KeptFit, kept_fit

_PREFIX = "keepers."
_DO = "Write one with: keepers value ORDERS --out values.parquet"


class NotValuedError(KeepersError):
    """A file that `keepers value` did not write, or that does not hold its draws."""


@dataclass(frozen=True, slots=True)
class ValuedFile:
    """The table with its run.

    run: what the metadata name: version, options, currency
    """

    table: pa.Table
    fit: KeptFit
    as_of: date
    run: Mapping[str, str]


def read_valued_file(path: Path) -> ValuedFile:
    """The values and the fit of a file.

    Raises:
        NotValuedError: it is no Parquet file of `keepers value` for orders, or holds no draws.
        FitNotKeptError: the history was too short to fit anything.
    """
    if not path.is_file():
        raise NotValuedError(f"There is no file {path}. {_DO}")
    if path.suffix != ".parquet":
        raise NotValuedError(f"{path} is no Parquet file, and only that holds the draws a plan rests on. {_DO}")
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise NotValuedError(f"{path} cannot be read as Parquet: {error}. {_DO}") from error
    told = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    run = {key.removeprefix(_PREFIX): value for key, value in told.items() if key.startswith(_PREFIX)}
    if not {"fit", "draws", "kept", "horizon", "residual_value"} <= {*run, *table.column_names}:
        raise NotValuedError(
            f"{path} does not hold the draws of a run: another program wrote it, an earlier Keepers, or it values "
            f"contracts, for which there is no plan yet. {_DO}"
        )
    return ValuedFile(table, _fit(run), date.fromisoformat(run["as_of"]), run)


def _fit(run: Mapping[str, str]) -> KeptFit:
    """The fit as a workspace keeps it, from what the metadata name."""
    fit, draws, kept = (json.loads(run[name]) for name in ("fit", "draws", "kept"))
    models = fit.get("segments", [])
    days = TimeUnit(run["unit"]).days
    rows = [
        {
            "model": each["model"],
            "part": each["segment"],
            "parameters": json.dumps(each["params"]),
            "draws": json.dumps(draws[each["segment"]][each["model"]]),
            "diagnostics": json.dumps(
                each
                | {"settled_on": kept["settled_on"], "kinds": kept["kinds"].get(f"{each['segment']} {each['model']}")}
            ),
            "time_unit_days": days,
        }
        for each in models
    ]
    if fit.get("spend"):
        spend = fit["spend"]
        rows.append({"model": spend["model"], "part": "spend", "draws": json.dumps(draws["spend"])})
    return kept_fit(rows, parameters=json.dumps({"assumptions": _assumptions(run)}), diagnostics=json.dumps(fit))


def _assumptions(run: Mapping[str, str]) -> dict[str, Any]:
    cost = run.get("cost_to_serve", "None")
    return {
        "horizon": Period.parse(run["horizon"]).days,
        "value_cap": Period.parse(run["value_cap"]).days,
        "annual_discount": float(run["annual_discount"]),
        "cost_to_serve": None if cost == "None" else float(cost),
    }
