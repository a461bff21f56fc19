"""How those who were drawn stand at the end of their window, by the draws of the run before their lots."""

from collections.abc import Mapping
from datetime import date
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import polars as pl

from keepers.decisions.standing import Part
from keepers.decisions.terms.effects import Floats, Integers
from keepers.experiments.staying import Stays, Windows, simulated_windows, standing
from keepers.loop.plans.making import parts_of
from keepers.valuation.kept import FitNotKeptError, KeptFit, fit_of_run
from keepers.warehouse.delta import PinnedStore

KNOWN = ("expected_orders", "probability_alive", "residual_value")
HISTORY = ("repeat_orders", "age_at_last_order", "age")
DRAWS = 20  # of the run's, evenly spaced
PEOPLE = 4_000  # whose windows are simulated at most
_SEED = 29


def stays_of(store: PinnedStore, run: Mapping[str, Any], drawn: pl.DataFrame, last: date) -> Stays | None:
    """Who is still a customer at the end of the windows; None where the run kept no fit or knew no money.

    Args:
        store: the warehouse at one moment.
        run: the row of the run before the lots.
        drawn: rows of `assignments`, each customer once.
        last: last day whose orders count.
    """
    try:
        fit = fit_of_run(store, run)
    except FitNotKeptError:
        return None
    values = pl.DataFrame(store.query("values_of_run", run_id=run["run_id"]))
    if values["residual_value"].null_count() == values.height:
        return None
    ends = pl.min_horizontal(pl.col("held_until"), pl.lit(last)).fill_null(last)
    lots = drawn.select("customer_id", end=ends)
    people = lots.join(values, on="customer_id", how="left", maintain_order="left").with_row_index("place")
    alive, left, windows = np.zeros(people.height), np.zeros(people.height), list[Windows]()
    for (end,), some in people.drop_nulls("age").group_by("end", maintain_order=True):
        later = pl.DataFrame(store.query("customer_summary", as_of=end, run_id=run["run_id"]))
        there = some.join(later, on="customer_id", how="semi", maintain_order="left")  # orders may have been taken back
        rows = there["place"].to_numpy()
        alive[rows], left[rows] = _standing_then(there, later, fit)
        windows += _windows(there, fit, float((end - run["as_of"]).days) / fit.time_unit_days)
    figures = people.select(pl.col(KNOWN).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    chance, value = (np.nan_to_num(figures[:, KNOWN.index(name)]) for name in KNOWN[1:])
    worth = np.divide(value, chance, out=np.zeros(len(chance)), where=chance > 0)
    return Stays(alive, left, worth, figures, reduce(add, windows).answer() if windows else None)


def _standing_then(some: pl.DataFrame, later: pl.DataFrame, fit: KeptFit) -> tuple[Floats, Floats]:
    """(m,) P(still a customer) of some by their histories at a later day, and their scores of leaving since."""
    days = pl.col("age", "age_at_last_order") / fit.time_unit_days
    then = later.select("customer_id", "repeat_orders", days)
    seen = some.drop(HISTORY).join(then, on="customer_id", how="left", maintain_order="left")
    alive, left = np.zeros(some.height), np.zeros(some.height)
    for before, end in zip(parts_of(some.to_arrow(), fit), parts_of(seen.to_arrow(), fit), strict=True):
        told = [standing(before.plain, before.drawn(d), before.histories, end.histories) for d in _some_of(before)]
        alive[before.rows], left[before.rows] = np.mean(told, axis=0)
    return alive, left


def _windows(some: pl.DataFrame, fit: KeptFit, length: float) -> list[Windows]:
    """Windows of this length [time unit] after the histories of some, as they were."""
    few = some.sample(min(some.height, PEOPLE), seed=_SEED)
    generator = np.random.default_rng(_SEED)
    return [
        simulated_windows(part.plain, part.draws[_some_of(part)], part.histories, length, generator)
        for part in parts_of(few.to_arrow(), fit)
    ]


def _some_of(part: Part) -> Integers:
    return np.unique(np.linspace(0, len(part.draws) - 1, DRAWS).astype(np.int64))
