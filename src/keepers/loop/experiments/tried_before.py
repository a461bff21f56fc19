"""Everybody whose lot gave or withheld an action so far: what was known of them then, and what they ordered after."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa

from keepers.decisions.terms.doing import mailings_of
from keepers.decisions.terms.effects import Floats
from keepers.experiments.assigning import GLOBAL_CONTROL, HELD_OUT
from keepers.experiments.shares import Words
from keepers.experiments.targeting import Tried
from keepers.loop.experiments.experimenting import frame, run_before, with_outcomes
from keepers.loop.workspace import runs_kept
from keepers.warehouse.delta import PinnedStore

LATEST = 8  # experiments with an action that are looked at, the latest
MOST_WORDS = 6  # that one thing customers are told apart by may have
FIGURES = ("expected_orders", "probability_alive", "mean_order_value", "age", "age_at_last_order", "repeat_orders")


@dataclass(frozen=True, slots=True)
class TriedBefore:
    """People tried with an action, a row a lot.

    usual: (n,) orders within the window that the run before the lots expected
    words: grouping → (n,) the word that told each apart, as of then
    days: mean length of the windows, as far as they are gone
    mailings: (n,) how many a year their experiment sent; None where its lots do not tell
    """

    customers: Sequence[str]
    tried: Tried
    usual: Floats
    words: Words
    margin: Floats
    days: float
    mailings: Sequence[int | None]


class Known:
    """What was known of customers as a run saw them: figures of the run, and the words that orders told them by.

    What the desks tell of how somebody came counts from the day on which they told it. Where they told it of anybody
    after a lot of theirs, maybe because of what came of it, customers are not told apart by it.
    """

    def __init__(self, store: PinnedStore, as_of: date) -> None:
        self.store = store
        terms = frame(store.query("customer_terms", as_of=as_of))
        left_out = _told_too_late(store) | {"customer_id"}
        words = [
            name
            for name in terms.columns
            if name not in left_out and 2 <= terms[name].drop_nulls().n_unique() <= MOST_WORDS
        ]
        self._words = terms.select("customer_id", *words)
        self._dummies = self._words.to_dummies(words) if words else self._words
        self._runs = dict[str, pl.DataFrame]()

    def of_run(self, run_id: str) -> pl.DataFrame:
        """The values of a run, read once."""
        if run_id not in self._runs:
            self._runs[run_id] = frame(self.store.query("values_of_run", run_id=run_id))
        return self._runs[run_id]

    def words(self, customers: pl.DataFrame, values: pl.DataFrame) -> dict[str, pa.DictionaryArray]:
        """Grouping → each customer's word, in their order: their group as a run valued them, and what orders told."""
        rows = customers.select("customer_id").join(
            values.select("customer_id", "group"), on="customer_id", how="left", maintain_order="left"
        )
        rows = rows.join(self._words, on="customer_id", how="left", maintain_order="left").drop("customer_id")
        return {name: rows[name].cast(pl.String).to_arrow().dictionary_encode() for name in rows.columns}

    def matrix(self, customers: pl.DataFrame, values: pl.DataFrame) -> Floats:
        """(n, k) what was known of customers, in their order; nan where nothing was."""
        rows = customers.select("customer_id").join(values, on="customer_id", how="left", maintain_order="left")
        rows = rows.join(self._dummies, on="customer_id", how="left", maintain_order="left")
        silence = (pl.col("age") - pl.col("age_at_last_order")).log1p()
        figures = [pl.col(name).cast(pl.Float64).log1p() for name in FIGURES]
        told = [pl.col(name) for name in self._dummies.columns if name != "customer_id"]
        return rows.select(*figures, silence.alias("silence"), *told).cast(pl.Float64).fill_null(np.nan).to_numpy()


def tried_before(store: PinnedStore, known: Known, action: str, *, as_of: date) -> TriedBefore | None:
    """Who had an action or nothing in its latest experiments whose windows began; None where there are none.

    Args:
        store: the warehouse at one moment.
        known: reads what was known.
        action: as the plan calls it.
        as_of: last day whose orders count.
    """
    lots = _lots_with_both(store, action, as_of)
    begun = lots.group_by("experiment").agg(pl.col("assigned_at").min()).sort("assigned_at", "experiment")
    parts = [
        lots_with_outcomes(store, known, lots.filter(pl.col("experiment") == experiment), as_of)
        for experiment in begun["experiment"].to_list()[-LATEST:]
    ]
    if not parts:
        return None
    return TriedBefore(
        customers=[customer for part in parts for customer in part.customers],
        tried=Tried(*(np.concatenate([getattr(part.tried, name) for part in parts]) for name in Tried.__slots__)),
        usual=np.concatenate([part.usual for part in parts]),
        words={name: _one_after_another([part.words[name] for part in parts]) for name in parts[0].words},
        margin=np.concatenate([part.margin for part in parts]),
        days=float(np.mean([part.days for part in parts])),
        mailings=[count for part in parts for count in part.mailings],
    )


def latest_lots(store: PinnedStore, action: str, *, as_of: date) -> pl.DataFrame | None:
    """The lots of the action's latest experiment whose window is over; None where there is none."""
    lots = _lots_with_both(store, action, as_of).filter(pl.col("held_until") <= as_of)
    if lots.is_empty():
        return None
    return lots.filter(pl.col("experiment") == lots.sort("assigned_at", "experiment")["experiment"][-1])


def lots_with_outcomes(store: PinnedStore, known: Known, lots: pl.DataFrame, as_of: date) -> TriedBefore:
    """One experiment's lots, each customer once."""
    lots = lots.unique("customer_id", keep="first", maintain_order=True)
    run = run_before(store, lots["assigned_at"].dt.date().min())
    rows, _ = with_outcomes(store, lots, as_of)
    values = known.of_run(run["run_id"])
    told = rows.join(
        values.select("customer_id", "expected_orders"), on="customer_id", how="left", maintain_order="left"
    )
    assumed = json.loads(run["parameters"])["assumptions"]
    until = rows.select(pl.min_horizontal(pl.col("held_until"), pl.lit(as_of))).to_series()
    ends = until.dt.to_string("%Y-%m-%d").to_list()
    begins = rows["assigned_at"].dt.date().dt.to_string("%Y-%m-%d").to_list()
    days = float((date.fromisoformat(max(ends)) - date.fromisoformat(min(begins))).days)
    treated = (rows["arm"] != HELD_OUT).to_numpy()
    with_it, without = (float(rows["probability"].to_numpy()[kind].mean()) for kind in (treated, ~treated))
    usual = told["expected_orders"].cast(pl.Float64).fill_null(0.0).to_numpy() * days / assumed["horizon"]
    return TriedBefore(
        customers=rows["customer_id"].to_list(),
        tried=Tried(
            known.matrix(rows, values),
            treated,
            np.full(len(treated), with_it / (with_it + without)),
            rows["orders"].to_numpy(),
        ),
        usual=usual,
        words=known.words(rows, values),
        margin=rows["revenue"].to_numpy() * assumed["margin"],
        days=days,
        mailings=[mailings_of(max(rows["arm"].filter(treated), default=""))] * rows.height,
    )


def _one_after_another(words: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    return pa.chunked_array(words).unify_dictionaries().combine_chunks()


def _told_too_late(store: PinnedStore) -> set[str]:
    """The word that desks told after lots of the same customers."""
    told = frame(store.query("customer_acquisitions")).drop_nulls("acquisition_source")
    lots = frame(store.query("assignments")).group_by("customer_id").agg(pl.col("assigned_at").dt.date().min())
    late = told.join(lots, on="customer_id").filter(pl.col("told_on") > pl.col("assigned_at"))
    return {"acquisition_source"} if late.height else set()


def _lots_with_both(store: PinnedStore, action: str, as_of: date) -> pl.DataFrame:
    """Lots drawn after a run and before a day that gave the action or nothing, of experiments that have both.

    Where an experiment has one arm beside nothing, that arm is its action, whatever it is called. Lots that went wrong,
    as the latest look says, are left out.
    """
    drawn = pl.col("assigned_at").dt.date()
    usable = pl.col("cluster").is_null() & (pl.col("arm") != GLOBAL_CONTROL) & (drawn < as_of)
    has_window = pl.col("held_until").is_null() | (pl.col("held_until") > drawn)
    lots = frame(store.query("assignments")).filter(usable & has_window)
    lots = lots.join(_gone_wrong(store), on="experiment", how="anti", maintain_order="left")
    alone = (pl.col("action") == action) & (pl.col("arm").n_unique().over("experiment") == 2)
    lots = lots.filter((pl.col("arm") == action) | (pl.col("arm") == HELD_OUT) | alone)
    known_from = min((run["as_of"] for run in runs_kept(store)), default=as_of)
    both = (pl.col("arm").n_unique() == 2) & (pl.col("arm") == HELD_OUT).any()
    return lots.filter(both.over("experiment") & (drawn.min().over("experiment") >= known_from))


def _gone_wrong(store: PinnedStore) -> pl.DataFrame:
    """Experiments whose effect the latest look of an arm takes back."""
    looks = frame(store.query("effects")).filter(pl.col("group").is_null()).sort("measured_at", maintain_order=True)
    latest = looks.unique(["experiment", "arm"], keep="last")
    return latest.filter(pl.col("orders_lift").is_null()).select("experiment")
