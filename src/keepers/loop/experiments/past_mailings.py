"""What past mailings, which nobody was held out of, seem to have done: read from the acts of the history."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from keepers.decisions.terms.effects import INTERVAL, LEAST, OBSERVED, Multiplier
from keepers.experiments.history import NoCounterpartsError, adjusted_effect
from keepers.loop.experiments.experimenting import frame
from keepers.warehouse.delta import PinnedStore

SENT_DAYS, SEEN_DAYS = 28, 91  # a wave of mailings, and until when orders count, from its first day: those after it
WAVES = 13  # as far back a wave is looked for
LEAST_MAILED = 100
_SEED = 28


def observed_mailings(store: PinnedStore, assumed: Multiplier, *, as_of: date) -> Multiplier | None:
    """By how much the latest wave of mailings seems to multiply orders; None where history cannot say.

    Whoever was mailed in four weeks stands beside whoever was not, as both were known the day before: orders, how long
    ago, since when, and what they paid. `experiments.history` adjusts, doubts, and draws towards what was assumed.

    Args:
        store: the warehouse at one moment.
        assumed: the multiplier that the plan would else take.
        as_of: last day that is known.
    """
    for wave in range(WAVES):
        before = as_of - timedelta(days=SEEN_DAYS + wave * SENT_DAYS)
        mailed = frame(store.query("mailed_between", after=before, until=before + timedelta(days=SENT_DAYS)))
        if mailed.height >= LEAST_MAILED:
            return _of_wave(store, mailed, before, assumed)
    return None


def _of_wave(store: PinnedStore, mailed: pl.DataFrame, before: date, assumed: Multiplier) -> Multiplier | None:
    people = frame(store.query("customer_summary", as_of=before, run_id=""))
    sent = before + timedelta(days=SENT_DAYS)  # what came with an order must not seem to have brought it
    later = frame(store.query("later_orders", after=sent, as_of=before + timedelta(days=SEEN_DAYS)))
    later = later.select("customer_id", pl.col("orders").alias("later"))
    rows = people.join(later, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.col("later").fill_null(0).cast(pl.Float64)
    )
    treated = rows["customer_id"].is_in(mailed["customer_id"].implode()).to_numpy()
    silent = (pl.col("age") - pl.col("age_at_last_order")).log1p().alias("silent")
    figures = ("repeat_orders", "age", "mean_order_value")
    known = rows.select(*(pl.col(name).cast(pl.Float64).clip(0).log1p() for name in figures), silent).fill_null(0.0)
    outcome = rows["later"].to_numpy()
    usual = float(outcome[~treated].mean()) if not treated.all() else 0.0
    if usual <= 0:
        return None
    try:
        found = adjusted_effect(
            known.to_numpy(), treated, outcome, prior_mean=(assumed.mean - 1.0) * usual,
            prior_spread=(assumed.high - assumed.low) / INTERVAL * usual, generator=np.random.default_rng(_SEED),
        )  # fmt: skip
    except NoCounterpartsError:
        return None
    mean, low, high = (
        max(1.0 + each / usual, LEAST) for each in (found.shrunk.mean, found.shrunk.low, found.shrunk.high)
    )
    return Multiplier(mean, low, high, OBSERVED)
