"""What experiments measured of each action, as multipliers that a plan can use: of everybody, and of each group."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from keepers.decisions.effects import INTERVAL, LEAST, RANDOMISED, Floats, Multiplier
from keepers.decisions.terms import OFFER
from keepers.experiments.pooling import Prior, pooled

# Where nothing is assumed an action may as well do nothing; experiments with one action, and groups, differ somewhat.
PRIOR = Prior(mean=1.0, spread=0.5, between=0.05)
GROUPS_DIFFER = 0.1
WIDER = 3.0  # what is shipped is a guess, so its spread counts so many times when data speak
LEAST_SPREAD = 0.05
YEAR_DAYS = 365.25


def measured_effects(
    effects: pa.Table, assumed: Mapping[str, Multiplier] | None = None, windows: Mapping[str, float] | None = None
) -> dict[str, Multiplier]:
    """By how much each action multiplies orders, for the next time that it is done.

    Of each arm drawn by lot from everybody the latest measuring counts, if it can be trusted and knows how often the
    held-out ordered. Its multiplier is 1 + lift ÷ orders of the held-out; those of one action are pooled around what
    was assumed of it. Their plain standard errors count: a posterior is the same however often somebody looked, and of
    one experiment the latest look alone is in it. An offer is made once and works for the window, so its multiplier is
    brought to a year's chance of return.

    Args:
        effects: rows of the table `effects`.
        assumed: what the plan would else take of actions by name.
        windows: experiment → how long outcomes counted [days]; a year where it is not told.
    """
    told = _told(effects.filter(pc.is_null(effects["group"])), windows or {})
    return {
        str(action): _next_time(some, (assumed or {}).get(str(action)))
        for (action,), some in told.group_by("action", maintain_order=True)
    }


def differences_by_group(effects: pa.Table, windows: Mapping[str, float] | None = None) -> dict[str, dict[str, float]]:
    """Action → group → by how much its multiplier differs from that of all groups together [factor].

    Several experiments of one group are put together by their precision, then the groups are pooled around their mean:
    one measured badly hardly differs. Groups of an experiment whose latest look takes its effect back do not count.
    """
    rows = pl.DataFrame(effects)
    whole = rows.filter(pl.col("group").is_null()).sort("measured_at", maintain_order=True)
    latest = whole.unique(["experiment", "arm"], keep="last").filter(pl.col("orders_lift").is_not_null())
    trusted = rows.filter(pl.col("group").is_not_null()).join(latest, on=["experiment", "arm"], how="semi")
    told = _told(trusted.to_arrow(), windows or {})
    found = {}
    for (action,), some in told.group_by("action", maintain_order=True):
        precise = pl.col("error") ** -2
        by_group = (
            some.group_by("group", maintain_order=True)
            .agg(((pl.col("multiplier") * precise).sum() / precise.sum()), error=precise.sum() ** -0.5)
            .sort("group")
        )
        values, errors = by_group["multiplier"].to_numpy(), by_group["error"].to_numpy()
        if len(values) > 1:
            told_of = pooled(values, errors, Prior(float(np.average(values, weights=errors**-2)), 0.5, GROUPS_DIFFER))
            differs = told_of.mean - told_of.action[0]
            found[str(action)] = dict(zip(by_group["group"].to_list(), differs.tolist(), strict=True))
    return found


def _told(effects: pa.Table, windows: Mapping[str, float]) -> pl.DataFrame:
    """Multiplier and error by action, group and experiment: the latest measuring of each that can be used."""
    rows = pl.DataFrame(effects).filter((pl.col("evidence") == RANDOMISED) & pl.col("experiment").is_not_null())
    ordered = rows.sort("measured_at", maintain_order=True)
    latest = ordered.unique(["experiment", "arm", "group"], keep="last", maintain_order=True).filter(
        (pl.col("orders_held") > 0) & (pl.col("orders_lift_error") > 0)
    )
    days = pl.col("experiment").replace_strict(windows, default=YEAR_DAYS, return_dtype=pl.Float64)
    in_window, in_year = (1.0 - (-pl.col("orders_held") * share).exp() for share in (1.0, YEAR_DAYS / days))
    once = pl.when(pl.col("action") == OFFER).then(in_window / in_year).otherwise(1.0)
    return latest.select(
        "action",
        "group",
        multiplier=1 + once * pl.col("orders_lift") / pl.col("orders_held"),
        error=once * pl.col("orders_lift_error") / pl.col("orders_held"),
    )


def _next_time(told: pl.DataFrame, assumed: Multiplier | None) -> Multiplier:
    prior = PRIOR
    if assumed is not None:
        spread = max(WIDER * (assumed.high - assumed.low) / INTERVAL, LEAST_SPREAD)
        prior = Prior(assumed.mean, spread, PRIOR.between)
    multipliers, errors = told["multiplier"].to_numpy(), told["error"].to_numpy()
    found: Floats = np.maximum(pooled(multipliers, errors, prior).another, LEAST)
    mean, low, high = (float(point) for point in found)
    return Multiplier(mean, low, high, RANDOMISED)
