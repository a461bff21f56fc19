"""How good proposals are: on baskets that were held out, beside what sells most and what each bought most."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from keepers.decisions.next_product.baskets import Baskets
from keepers.decisions.next_product.candidates import Seen
from keepers.decisions.next_product.ranking import learn, scored, with_outcome

NORMAL_90 = 1.6449
RULES = {
    "popularity": pl.col("popular"),
    "repeat": pl.col("times").fill_null(0) + pl.col("buyers").fill_null(0) / 2,  # a share: it only parts equals
    "taste alone": pl.col("fits"),
}
"""By what others rank: what sells most now; what each bought most often, then what sells; factors alone."""
RULES_OF_NEW = {rule: by for rule, by in RULES.items() if rule != "repeat"}  # which says nothing of what is new


@dataclass(frozen=True, slots=True)
class Judged:
    """One way to rank, on the customers who bought in the held-out weeks.

    rule: "keepers" or a name of `RULES`
    found: mean share of what they bought that is among the first `top` (of at most `top`) [0–1]
    ndcg: the same with earlier places counting more [0–1]
    gain, gain_low, gain_high: `found` of Keepers less that of the rule, with the 90 % interval over customers
    """

    rule: str
    found: float
    ndcg: float
    gain: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of the held-out weeks.

    customers: who bought something in them and something before
    again: all products
    new: only products that the customer had not bought before
    chance_said, chance_seen: mean chance of all candidates, and the share that was bought
    """

    customers: int
    top: int
    horizon_days: int
    again: tuple[Judged, ...]
    new: tuple[Judged, ...]
    chance_said: float
    chance_seen: float


def judge(baskets: Baskets, before: Seen, seen: Seen, *, top: int, seed: int) -> Judgement:
    """Hold out a horizon, learn from the one before it, and compare with simple rules.

    Args:
        baskets: purchases.
        before: what was known when the horizon before began; the two are as long.
        seen: what was known when the held-out one began.
        top: how many proposals a customer count.
        seed: of the customers who are learned from where they are many.

    Raises:
        TooFewBasketsError: too little was bought in the horizon that is learned from.
    """
    horizon_days = seen.day - before.day
    ranking = learn(baskets, before, horizon_days, seed=seed)
    later = baskets.bought_from(seen.day, horizon_days)
    buyers = np.intersect1d(later["customer"].unique().to_numpy(), seen.customers["customer"].to_numpy())
    rows = pl.concat([with_outcome(block, later) for block in scored(seen, ranking)])
    held = later.filter(pl.col("customer").is_in(buyers))
    fresh = held.join(seen.pairs, on=["customer", "product"], how="anti")
    return Judgement(
        customers=len(buyers),
        top=top,
        horizon_days=horizon_days,
        again=_judged(rows, held, top, RULES),
        new=_judged(rows.filter(pl.col("bought") == 0), fresh, top, RULES_OF_NEW),
        chance_said=float(rows["chance"].mean() or 0.0),  # type: ignore[arg-type]  # polars' mean has many types
        chance_seen=float(rows["bought_then"].mean() or 0.0),  # type: ignore[arg-type]  # as above
    )


def _judged(rows: pl.DataFrame, later: pl.DataFrame, top: int, rules: Mapping[str, pl.Expr]) -> tuple[Judged, ...]:
    if later.height == 0:
        return ()
    bought = later.group_by("customer").agg(many=pl.len()).sort("customer")
    ours, our_ndcg = _found(rows, pl.col("chance"), bought, top)
    judged = [_row("keepers", ours, our_ndcg, ours)]
    for rule, by in rules.items():
        theirs, ndcg = _found(rows, by, bought, top)
        judged.append(_row(rule, theirs, ndcg, ours))
    return tuple(judged)


def _row(rule: str, found: NDArray[np.float64], ndcg: NDArray[np.float64], ours: NDArray[np.float64]) -> Judged:
    gain = ours - found
    mean, spread = float(gain.mean()), float(NORMAL_90 * gain.std() / np.sqrt(len(gain)))
    return Judged(rule, float(found.mean()), float(ndcg.mean()), mean, mean - spread, mean + spread)


def _found(
    rows: pl.DataFrame, by: pl.Expr, bought: pl.DataFrame, top: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each customer: the share found among the first, and the discounted gain of their places."""
    first = rows.select("customer", "product", "bought_then", score=by)
    first = first.sort("customer", "score", "product", descending=[False, True, False])
    first = first.with_columns(place=pl.int_range(pl.len()).over("customer")).filter(pl.col("place") < top)
    hits = first.filter("bought_then").group_by("customer").agg(
        hits=pl.len(), gain=(1 / (pl.col("place") + 2).log(2)).sum()
    )  # fmt: skip
    both = bought.join(hits, on="customer", how="left", maintain_order="left").fill_null(0)
    possible = np.minimum(both["many"].to_numpy(), top)
    best = np.cumsum(1 / np.log2(np.arange(2, top + 2)))[possible - 1]
    return both["hits"].to_numpy() / possible, both["gain"].to_numpy() / best
