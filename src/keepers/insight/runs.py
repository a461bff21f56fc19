"""The runs an insight reads: the latest, and the one before it to compare with."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from keepers.insight.answers import MissingForInsightError, Scope
from keepers.warehouse.store import Store


@dataclass(frozen=True, slots=True)
class Run:
    """What a run says of itself."""

    run_id: str
    as_of: date
    currency: str | None
    grade: str | None
    base: dict[str, Any]
    backtest: dict[str, Any]


def runs_of(store: Store) -> list[Run]:
    """Every run that was finished, the newest first."""
    return [_run(row) for row in store.query("insight_runs").to_pylist()]


def run_in(store: Store, scope: Scope) -> Run:
    """The run whose values the scope reads.

    Raises:
        MissingForInsightError: there is no such run.
    """
    return _found(store, scope.value_run, "There are no values yet. Run `keepers run` on the workspace first.")


def opening_run_in(store: Store, scope: Scope) -> Run:
    """The earlier run that the scope compares with.

    Raises:
        MissingForInsightError: there is no such run.
    """
    return _found(
        store, scope.opening_run, "There is one run only, so nothing to compare it with. Run `keepers run` again."
    )


def values_of(rows: pa.Table) -> pa.Table:
    """The rows of a run's values, checked.

    Raises:
        MissingForInsightError: the run has no money values.
    """
    if rows.num_rows == 0 or "residual_value" not in rows.column_names:
        raise MissingForInsightError(
            "The run has no values in money: the orders carry no amounts, or the history is too short."
        )
    return rows


def _found(store: Store, run_id: str | None, otherwise: str) -> Run:
    for run in runs_of(store):
        if run.run_id == run_id:
            return run
    raise MissingForInsightError(otherwise)


def _run(row: dict[str, Any]) -> Run:
    return Run(
        run_id=row["run_id"],
        as_of=row["as_of"],
        currency=row["currency"],
        grade=row["grade"],
        base=json.loads(row["base"] or "{}"),
        backtest=json.loads(row["backtest"] or "{}") or {},
    )
