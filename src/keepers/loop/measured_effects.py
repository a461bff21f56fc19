"""What experiments measured of each action, as multipliers on orders that a plan can use."""

import numpy as np
import polars as pl
import pyarrow as pa

from keepers.decisions.effects import INTERVAL, LEAST, RANDOMISED, Floats, Multiplier
from keepers.experiments.pooling import Prior, pooled

# Before anything is measured an action may as well do nothing; experiments with the same action differ by some 5 %.
PRIOR = Prior(mean=1.0, spread=0.5, between=0.05)


def measured_effects(effects: pa.Table) -> dict[str, Multiplier]:
    """By how much each action multiplies orders, for the next time that it is done.

    Of each arm drawn by lot from everybody the latest measuring counts, if it can be trusted and knows how often the
    held-out ordered. Its multiplier is 1 + lift ÷ orders of the held-out; those of one action are pooled, with standard
    errors from their intervals, which hold however often somebody looked.

    Args:
        effects: rows of the table `effects`.
    """
    rows = pl.DataFrame(effects).filter(
        (pl.col("evidence") == RANDOMISED) & pl.col("group").is_null() & pl.col("experiment").is_not_null()
    )
    ordered = rows.sort("measured_at", maintain_order=True)
    latest = ordered.unique(["experiment", "arm"], keep="last", maintain_order=True).filter(
        (pl.col("orders_held") > 0) & (pl.col("orders_lift_high") > pl.col("orders_lift_low"))
    )
    told = latest.select(
        "action",
        multiplier=1 + pl.col("orders_lift") / pl.col("orders_held"),
        error=(pl.col("orders_lift_high") - pl.col("orders_lift_low")) / pl.col("orders_held") / INTERVAL,
    )
    return {
        str(action): _next_time(some["multiplier"].to_numpy(), some["error"].to_numpy())
        for (action,), some in told.group_by("action", maintain_order=True)
    }


def _next_time(multipliers: Floats, errors: Floats) -> Multiplier:
    found = np.maximum(pooled(multipliers, errors, PRIOR).another, LEAST)
    mean, low, high = (float(point) for point in found)
    return Multiplier(mean, low, high, RANDOMISED)
