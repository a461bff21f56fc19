"""The chance that a customer buys a product within the horizon, learned from the weeks before."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from keepers.decisions.next_product.baskets import Baskets, TooFewBasketsError
from keepers.decisions.next_product.candidates import TERMS, Seen, candidates

CUSTOMERS_TO_LEARN_FROM = 20_000
FEWEST_PURCHASES = 50  # among the candidates of the weeks that are learned from


@dataclass(frozen=True, slots=True)
class Ranking:
    """A logistic regression on the terms of a candidate.

    horizon_days: within which the purchase is to come
    centre, scale: of the terms, shape (terms,)
    weights: of the terms on their own scale, shape (terms,)
    intercept: of the chance's logarithm of odds
    """

    horizon_days: int
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float

    def chances(self, rows: pl.DataFrame) -> NDArray[np.float64]:
        """The chance of each candidate, shape (rows,)."""
        odds = ((_terms(rows) - self.centre) / self.scale) @ self.weights + self.intercept
        chances: NDArray[np.float64] = 1 / (1 + np.exp(-odds))
        return chances


def learn(baskets: Baskets, seen: Seen, horizon_days: int, *, seed: int) -> Ranking:
    """Learn from a horizon: what was known when it began, and what was then bought.

    Args:
        baskets: purchases; those after the horizon are not looked at.
        seen: what was known when it began.
        horizon_days: within which a purchase counts.
        seed: of the customers who are learned from where they are many.

    Raises:
        TooFewBasketsError: too little was bought again or from among the candidates.
    """
    from sklearn.linear_model import LogisticRegression

    later = baskets.bought_from(seen.day, horizon_days)
    buyers = np.intersect1d(later["customer"].unique().to_numpy(), seen.customers["customer"].to_numpy())
    others = np.setdiff1d(seen.customers["customer"].to_numpy(), buyers)
    rng = np.random.default_rng(seed)
    chosen = np.sort(_some(np.concatenate([buyers, others]), CUSTOMERS_TO_LEARN_FROM, rng))
    rows = pl.concat([with_outcome(block, later) for block in candidates(seen, chosen)])
    outcome = rows["bought_then"].to_numpy()
    if outcome.sum() < FEWEST_PURCHASES or outcome.all():
        raise TooFewBasketsError(
            f"In the {horizon_days} days that are learned from, {int(outcome.sum())} purchases could have been "
            f"foreseen; {FEWEST_PURCHASES} are needed. Pass a longer --horizon, or name products more broadly."
        )
    terms = _terms(rows)
    centre, scale = terms.mean(axis=0), terms.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    fitted = LogisticRegression(max_iter=1_000).fit((terms - centre) / scale, outcome)
    return Ranking(horizon_days, centre, scale, fitted.coef_[0], float(fitted.intercept_[0]))


def scored(seen: Seen, ranking: Ranking, customers: NDArray[np.int64] | None = None) -> Iterator[pl.DataFrame]:
    """The candidates of every customer with their `chance`, in blocks of customers."""
    whom = seen.customers["customer"].to_numpy() if customers is None else customers
    for block in candidates(seen, whom):
        yield block.with_columns(chance=pl.Series(ranking.chances(block)))


def with_outcome(rows: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """The candidates with `bought_then`: whether the pair is among those bought later."""
    told = later.with_columns(bought_then=pl.lit(value=True))
    joined = rows.join(told, on=["customer", "product"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("bought_then").fill_null(value=False))


def _terms(rows: pl.DataFrame) -> NDArray[np.float64]:
    return rows.select(TERMS).to_numpy()


def _some(places: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return places if len(places) <= most else rng.choice(places, most, replace=False)
