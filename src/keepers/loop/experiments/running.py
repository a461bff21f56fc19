"""Every run looks at the experiments under way, so that its plan knows what they brought; and all looks so far."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa

from keepers.core.errors import NothingToDoError
from keepers.experiments.effects import NotMeasurableError
from keepers.loop.experiments.experimenting import Look, measure_kept
from keepers.warehouse.delta import DeltaStore, PinnedStore

RETURNS_COME = timedelta(weeks=8)  # after a window: what comes in of these days may still change what it brought


@dataclass(frozen=True, slots=True)
class LookKept:
    """A look as it was kept: `told` is what `keepers experiment measure --json` says.

    gone: share of the window that was gone
    """

    experiment: str
    as_of: date
    gone: float
    currency: str | None
    measured_at: datetime
    told: dict[str, Any]


def measure_running(store: DeltaStore, *, as_of: date, measured_at: datetime) -> list[Look]:
    """Look at every experiment whose window was not over at the last look, or of whose days more came in; kept.

    One of whose window not a day is known yet is left for the next run, like one whose arms cannot be compared.

    Args:
        store: the warehouse.
        as_of: last day whose orders count.
        measured_at: the moment.

    Raises:
        WriterBusyError: another process is writing.
    """
    looks = []
    for experiment in _running(store.pinned()):
        try:
            looks.append(measure_kept(store, experiment, as_of=as_of, costs=None, worth=None, measured_at=measured_at))
        except (NothingToDoError, NotMeasurableError):
            continue
    return looks


def looks_at(store: DeltaStore | PinnedStore, experiments: Sequence[str]) -> dict[str, list[LookKept]]:
    """All looks at these experiments, each one's in their order; one that nobody looked at has none."""
    looks: dict[str, list[LookKept]] = {name: [] for name in experiments}
    kept = _frame(store.query("measurements")).filter(pl.col("experiment").is_in(list(experiments)))
    for row in kept.sort("measured_at", maintain_order=True).iter_rows(named=True):
        look = LookKept(
            experiment=row["experiment"],
            as_of=row["as_of"],
            gone=row["window_gone"],
            currency=row["currency"],
            measured_at=row["measured_at"],
            told=json.loads(row["measurement"]),
        )
        looks[look.experiment].append(look)
    return looks


def _running(store: PinnedStore) -> list[str]:
    """Those with lots after whose window nobody looked yet, or of whose days more came in since, the oldest first."""
    drawn = _frame(store.query("assignments"))
    if drawn.is_empty():
        return []
    windows = drawn.group_by("experiment").agg(
        pl.col("assigned_at").min(), pl.col("held_until").max(), pl.col("held_until").is_null().any().alias("endless")
    )
    looks = _frame(store.query("measurements")).group_by("experiment").agg(pl.col("as_of", "measured_at").max())
    known = windows.join(looks, on="experiment", how="left")
    over = ~pl.col("endless") & (pl.col("as_of") >= pl.col("held_until"))
    again = _told_of_since(known, _frame(store.query("imports")))
    running: list[str] = (
        known.filter(~over.fill_null(value=False) | pl.col("experiment").is_in(again))
        .sort("assigned_at", "experiment")["experiment"]
        .to_list()
    )
    return running


def _told_of_since(known: pl.DataFrame, imports: pl.DataFrame) -> list[str]:
    """Experiments of whose window, or the returns after it, an import came in or was undone after the last look."""
    told = known.join_where(
        imports.select("recorded_at", "first_order", "last_order"),
        pl.col("recorded_at") > pl.col("measured_at"),
        pl.col("last_order") > pl.col("assigned_at").dt.date(),
        pl.col("first_order") <= pl.col("held_until") + RETURNS_COME,
    )
    experiments: list[str] = told["experiment"].unique().to_list()
    return experiments


def _frame(rows: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame
