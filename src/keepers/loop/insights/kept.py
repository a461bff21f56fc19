"""The insights that a run keeps, so that a page reads an answer and never the facts."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepers.core.told import Told
from keepers.insight import keeping
from keepers.insight.answers import Answer, MissingForInsightError
from keepers.insight.catalogue import INSIGHTS
from keepers.loop.insights.answering import InsightRequest, scope_in_store
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.delta import PinnedStore
from keepers.warehouse.tables import INSIGHTS as KEPT
from keepers.warehouse.tables import RUNS

TOP = 25
MOST_ROWS = 1_000
VIEWS = {"buyers": ("year", "month", "week", "day")}  # insights kept by several periods; the others by their own
SHARED_STEPS = ("net_lines", "customer_days", "customer_summary")  # what most insights read, computed once


@dataclass(frozen=True, slots=True)
class KeptInsight:
    """An insight as a run kept it.

    by: calendar period of the view; None for the insight's own choice
    answer: what `insight.keeping.restored` turns into an Answer
    """

    name: str
    by: str | None
    answer: dict[str, Any]


def insights_of(store: PinnedStore, run_id: str) -> list[KeptInsight]:
    """Every insight that a run kept, in the order in which a reader would ask."""
    rows = store.query("kept_insights", run_id=run_id).to_pylist()
    found = [KeptInsight(row["insight"], row["by"], json.loads(row["answer"])) for row in rows]
    place = {(name, by): number for number, (name, by) in enumerate(_views())}
    return sorted(found, key=lambda each: place.get((each.name, each.by), len(place)))


def insights_to_keep(
    store: PinnedStore, run: dict[str, Any], assumptions: Assumptions, computed: Mapping[str, Answer]
) -> pa.Table:
    """The rows of `insights` for a run whose values are in the store and whose own row is not yet.

    What the history or the runs cannot answer is left out; `computed` are answers that came with the run.
    """
    with (
        tempfile.TemporaryDirectory(prefix="keepers-insights-") as folder,
        _seeing(store, run, Path(folder)).computing(SHARED_STEPS, as_of=run["as_of"], run_id=run["run_id"]) as reader,
    ):
        rows = [
            {"run_id": run["run_id"], "insight": name, "by": by, "answer": _written(answer)}
            for name, by, answer in _answers(reader, assumptions, run)
        ]
    rows += [
        {"run_id": run["run_id"], "insight": name, "by": None, "answer": _written(each)}
        for name, each in computed.items()
    ]
    return pa.Table.from_pylist(rows, schema=KEPT.schema)


def _seeing(store: PinnedStore, run: dict[str, Any], folder: Path) -> PinnedStore:
    """The store as it will be once the run's row is written, which comes last."""
    path = folder / "run.parquet"
    pq.write_table(pa.Table.from_pylist([run], schema=RUNS.schema), path)
    return store.holding(RUNS.name, [*store.snapshot.files.get(RUNS.name, ()), path])


def _answers(
    store: PinnedStore, assumptions: Assumptions, run: dict[str, Any]
) -> Iterator[tuple[str, str | None, Answer]]:
    request = InsightRequest(name="", assumptions=assumptions, as_of=run["as_of"], top=TOP)
    scope = scope_in_store(request, store, as_of=run["as_of"], run_id=run["run_id"])
    by_name = {insight.name: insight for insight in INSIGHTS}
    for name, by in _views():
        try:
            yield name, by, by_name[name].answer(store, replace(scope, by=by))
        except MissingForInsightError:
            continue


def _views() -> Iterator[tuple[str, str | None]]:
    for insight in INSIGHTS:
        for by in VIEWS.get(insight.name, (None,)):
            yield insight.name, by


def _written(answer: Answer) -> str:
    return json.dumps(keeping.kept(_bounded(answer)), allow_nan=False, ensure_ascii=False)


def _bounded(answer: Answer) -> Answer:
    """A long table by its head, or in the course of time by its latest whole periods; the note says so."""
    rows = answer.rows
    if rows.num_rows <= MOST_ROWS:
        return answer
    kept = rows.slice(0, MOST_ROWS)
    if "period" in rows.column_names:
        first = rows["period"][rows.num_rows - MOST_ROWS].as_py()
        kept = rows.filter(pc.greater(rows["period"], pa.scalar(first)))
    words = "The first %(kept)s of %(all)s rows are kept."
    if "period" in rows.column_names:
        words = "The latest %(kept)s of %(all)s rows are kept."
    note = Told.of(words, kept=f"{kept.num_rows:,}", all=f"{rows.num_rows:,}")
    return replace(answer, rows=kept, notes=(*answer.notes, note))
