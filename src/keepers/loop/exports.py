"""What leaves the workspace as a file: a run's values, a table, or a view of the history."""

import re
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.loop.last_day import last_day_in
from keepers.loop.workspace import runs_kept
from keepers.warehouse.delta import DeltaStore, PinnedStore
from keepers.warehouse.tables import all_tables

VIEWS = ("active_lines", "net_lines", "occasions", "customer_days", "current_products", "imports")
_FORMULA = r"^[=+\-@\t\r]"


class UnknownExportError(KeepersError):
    """There is no such table or view to export, or no such run."""


def exported(store: DeltaStore, name: str, *, run_id: str | None, as_of: date | None) -> pa.Table:
    """The rows to export at one snapshot.

    Args:
        store: the warehouse.
        name: `values`, a table, or one of `VIEWS`.
        run_id: whose values; None: the latest run's.
        as_of: last day known to a view; None: the last order.

    Raises:
        UnknownExportError: no such table, view or run.
        NothingToDoError: there is nothing to export.
    """
    pinned = store.pinned()
    tables = [table.name for table in all_tables()]
    if name == "values":
        return _values(pinned, run_id)
    if name in tables:
        return pinned.query(f"saved_{name}")
    if name in VIEWS:
        return pinned.query(name, as_of=as_of or _last_day(pinned))
    raise UnknownExportError(f'There is no "{name}" to export. There are: {", ".join(("values", *VIEWS, *tables))}.')


def spreadsheet_safe(rows: pa.Table) -> pa.Table:
    """The same rows; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    for index, field in enumerate(rows.schema):
        if _is_text(field.type):
            texts = rows[field.name].cast(pa.string())
            risky = pc.match_substring_regex(texts, _FORMULA)
            quoted = pc.binary_join_element_wise("'", texts, "")
            rows = rows.set_column(index, field.name, pc.if_else(risky, quoted, texts))
    return rows


def risky_in_spreadsheets(text: str) -> bool:
    """Whether a spreadsheet would run the text as a formula."""
    return re.match(_FORMULA, text) is not None


def _is_text(kind: pa.DataType) -> bool:
    written = kind.value_type if pa.types.is_dictionary(kind) else kind
    return written in {pa.string(), pa.large_string(), pa.string_view()}


def _values(store: PinnedStore, run_id: str | None) -> pa.Table:
    runs = runs_kept(store)
    if not runs:
        raise NothingToDoError("No run has valued the workspace yet. Run: keepers run")
    wanted: Any = run_id or runs[-1]["run_id"]
    if wanted not in {run["run_id"] for run in runs}:
        raise UnknownExportError(f'There is no run "{wanted}". Runs: {", ".join(run["run_id"] for run in runs)}.')
    return store.query("values_of_run", run_id=wanted)


def _last_day(store: PinnedStore) -> date:
    last = last_day_in(store)
    if last is None:
        raise NothingToDoError("The workspace holds no orders that count. Bring some in with: keepers import FILE")
    return last
