"""A new plan on trial before it is used: whom it would have reached of the latest lots, and what came of them.

The plan's rules of today, effects included, are put to the customers as they stood in the run before the lots: nothing
that happened since decides whom they reach. What came of those whom the lots treated as the rules would have, weighted
by their chances, is what the plan would have brought (`experiments.policy`). The effects were learned from these lots
among others, so the figure flatters a little.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from keepers.decisions.terms.effects import Floats
from keepers.decisions.terms.terms import LEVELS, MAILING, OFFER
from keepers.experiments.policy import Logged, NotExploredError, try_out
from keepers.loop.experiments.experimenting import frame, run_before
from keepers.loop.experiments.tried_before import latest_lots, lots_with_outcomes
from keepers.loop.plans.learning import Learned
from keepers.warehouse.delta import PinnedStore

Replan = Callable[[Mapping[str, Any]], pa.Table | None]  # from a row of `runs` to the lines that today's rules give


@dataclass(frozen=True, slots=True)
class Tried:
    """Lots of one experiment, and whom today's rules would have reached of them."""

    logged: Logged
    reached: Floats


def tried_out(store: PinnedStore, learned: Learned, replan: Replan, *, as_of: date) -> dict[str, Any]:
    """Of each action with lots what the new plan, nobody and everybody would have brought per customer, for `--json`.

    Args:
        store: the warehouse at one moment.
        learned: what the new plan goes by.
        replan: today's rules on the customers of an earlier run.
        as_of: last day whose orders count.
    """
    plans, told = dict[str, pa.Table | None](), dict[str, Any]()
    for action in (MAILING, OFFER, *LEVELS[1:]):
        lots = latest_lots(store, action, as_of=as_of)
        if lots is None:
            continue
        run = run_before(store, lots["assigned_at"].dt.date().min())
        if run["run_id"] not in plans:
            plans[run["run_id"]] = replan(run)
        lines = plans[run["run_id"]]
        if lines is not None:
            told[action] = _told(_tried(store, learned, lots, lines, action, as_of=as_of))
    return told


def _tried(
    store: PinnedStore, learned: Learned, lots: pl.DataFrame, lines: pa.Table, action: str, *, as_of: date
) -> Tried:
    before = lots_with_outcomes(store, learned.known, lots, as_of)
    treated, cost = before.tried.treated, _cost_of(lots)
    chance = np.where(treated, before.tried.chance, 1 - before.tried.chance)
    logged = Logged(treated.astype(np.intp), chance, before.margin - cost * treated)
    wanted = frame(lines).filter(_reached_by(action))["customer_id"]
    return Tried(logged, np.isin(np.array(before.customers), wanted.to_numpy()).astype(np.float64))


def _told(tried: Tried) -> dict[str, Any]:
    share = float(tried.reached.mean())
    told: dict[str, Any] = {"people": len(tried.reached), "would_reach": share}
    for name, reached in (("plan", tried.reached), ("nobody", 0 * tried.reached), ("everybody", 0 * tried.reached + 1)):
        try:
            found = try_out(tried.logged, np.column_stack([1 - reached, reached])).normalised
        except NotExploredError as error:
            told[name] = str(error)
        else:
            told[name] = {"mean": found.mean, "low": found.low, "high": found.high}
    return told


def _reached_by(action: str) -> pl.Expr:
    if action == MAILING:
        return pl.col("contacts") > 0
    return pl.col("decision") == "win back" if action == OFFER else pl.col("level") == action


def _cost_of(lots: pl.DataFrame) -> float:
    """What treating somebody cost, where the lots say so."""
    cost = lots["cost"].drop_nulls()
    return 0.0 if cost.is_empty() else float(cost.to_numpy().mean())
