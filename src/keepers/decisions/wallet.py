"""Share of wallet: what part of what a customer spends in the category comes to us, from what they said, and how sure.

Two things may be known. What they say they spend in the whole category (own spend ÷ stated spend), which people state
with an error; and how they rank us among the brands they use, from which the wallet allocation rule of Keiningham,
Aksoy, Buoye and Cooper (2011) gives (1 − rank ÷ (brands + 1)) · 2 ÷ brands, around which single customers scatter.
Both are evidence on the same share, which within a segment follows a logit-normal: who said little is drawn to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from keepers.core.errors import KeepersError
from keepers.decisions.terms.effects import Floats

LOW, HIGH = 0.05, 0.95
STATING_ERROR = 0.3  # standard deviation of the logarithm of a stated spend, where the answers do not tell it
RANKING_SPREAD = 0.7  # of the share's logit around the rule's, likewise
LEAST_TO_LEARN = 20
LEAST_SCATTER = 0.5  # of the logit within a segment: ranks alone, which take few values, would show none
SPEND, RANK, BOTH, SEGMENT = "spend", "rank", "spend and rank", "segment"
LEARNED_FROM = 2_000  # customers from whom the usual shares are learned, drawn where there are more
_GRID = 120
_CLIP = 0.02  # the rule gives 1 to who uses one brand; nobody is taken to give us all
_BOOTSTRAPS = 1_000
_SEED = 28


class UnusableWalletsError(KeepersError):
    """Answers from which no share of wallet can be learned."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What n customers said; nan where nothing.

    customers: (n,) their ids
    segments: (n,) an empty word where none is known
    own: what they spend with us [money a year]
    category: what they say they spend in the category, with us and others [money a year]
    rank: place that they give us among the brands they use, 1 the best; ties share the mean of their places
    brands: how many they use
    stated_own: what they say they spend with us: beside `own` it tells how well they state [money a year]
    """

    customers: Sequence[str]
    segments: NDArray[np.str_]
    own: Floats
    category: Floats
    rank: Floats
    brands: Floats
    stated_own: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Wallets:
    """Shares of wallet.

    table: a row a customer: customer_id, segment, share_of_wallet with low and high, elsewhere with low and high [money
        a year], wallet_evidence
    by_segment: a row a segment: customers, share_of_wallet with low and high: the usual share, and its error
    together: own spend ÷ all spend of those who said something: mean, low, high, over samples of the customers
    stating_error, ranking_spread: as learned, or as assumed; `learned` names those that were learned
    beyond_one: who spend more with us than they say they spend in all; their share is taken as an error of stating
    """

    table: pa.Table
    by_segment: pa.Table
    together: tuple[float, float, float] | None
    stating_error: float
    ranking_spread: float
    learned: tuple[str, ...]
    beyond_one: int

    def as_json(self) -> dict[str, Any]:
        """Everything but the customers' own rows."""
        names = ("mean", "low", "high")
        return {
            "customers": self.table.num_rows,
            "share_of_wallet": None if self.together is None else dict(zip(names, self.together, strict=True)),
            "segments": self.by_segment.to_pylist(),
            "stating_error": self.stating_error,
            "ranking_spread": self.ranking_spread,
            "learned": list(self.learned),
            "beyond_one": self.beyond_one,
        }


def allocation_rule(rank: Floats, brands: Floats) -> Floats:
    """(n,) share of wallet by the wallet allocation rule: (1 − rank ÷ (brands + 1)) · 2 ÷ brands."""
    return np.asarray((1.0 - rank / (brands + 1.0)) * 2.0 / brands)


def shares_of_wallet(said: Said) -> Wallets:
    """Every customer's share of wallet with its interval.

    Raises:
        UnusableWalletsError: nobody said anything, a figure is below zero, or a rank is beyond the brands used.
    """
    _check(said)
    stated, ranked = said.category > 0, ~np.isnan(said.rank)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(stated & (said.own > 0), said.own / said.category, np.nan)
        rule = np.clip(allocation_rule(said.rank, said.brands), _CLIP, 1.0 - _CLIP)
    stated &= ~np.isnan(share)
    if not (stated.any() or ranked.any()):
        raise UnusableWalletsError(
            "Nobody says what they spend in the category or how they rank us. Bring category_spend, or rank and "
            "brands_used."
        )
    error, error_learned = _stating_error(said)
    spread, spread_learned = _ranking_spread(share, rule, error)
    grid = expit(np.linspace(-7.0, 7.0, _GRID))
    evidence = np.zeros((len(share), _GRID))
    evidence[stated] -= 0.5 * ((np.log(share[stated])[:, None] - np.log(grid)) / error) ** 2
    evidence[ranked] -= 0.5 * ((logit(rule[ranked])[:, None] - logit(grid)) / spread) ** 2
    segments, place, centre, wide = _usual(said.segments, evidence, grid, stated | ranked)
    posterior = evidence - 0.5 * ((logit(grid) - centre[place][:, None]) / wide) ** 2
    posterior = np.exp(posterior - posterior.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    said_something = stated | ranked
    words = np.select([stated & ranked, stated, ranked], [BOTH, SPEND, RANK], default=SEGMENT)
    table = _table(said, posterior, grid, words)
    return Wallets(
        table=table,
        by_segment=_by_segment(segments, place, posterior, grid, said_something),
        together=_together(said, table, said_something),
        stating_error=error,
        ranking_spread=spread,
        learned=tuple(n for n, known in (("stating", error_learned), ("ranking", spread_learned)) if known),
        beyond_one=int((share > 1).sum()),
    )


def _check(said: Said) -> None:
    for name in ("own", "category", "stated_own"):
        if (np.nan_to_num(getattr(said, name)) < 0).any():
            raise UnusableWalletsError(f"A spend is below zero ({name}). Mend it, or leave it empty.")
    known = ~np.isnan(said.rank)
    wrong = known & ~((said.rank >= 1) & (said.rank <= said.brands))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise UnusableWalletsError(
            f"Customer {said.customers[row]} gives us rank {said.rank[row]:g} among {said.brands[row]:g} brands. The "
            "best has rank 1, the last the number of brands used."
        )


def _stating_error(said: Said) -> tuple[float, bool]:
    """How far people's statements scatter, from what they say they spend with us beside what they do."""
    told = (said.own > 0) & (said.stated_own > 0)
    if told.sum() < LEAST_TO_LEARN:
        return STATING_ERROR, False
    return max(0.02, float(np.log(said.stated_own[told] / said.own[told]).std(ddof=1))), True


def _ranking_spread(share: Floats, rule: Floats, error: float) -> tuple[float, bool]:
    """How far shares scatter around the rule, of those who said both, less the error of stating."""
    both = ~np.isnan(share) & ~np.isnan(rule) & (share < 1)
    if both.sum() < LEAST_TO_LEARN:
        return RANKING_SPREAD, False
    known: Floats = np.clip(share[both], _CLIP, 1.0 - _CLIP)
    noise = float(np.mean((error / (1.0 - known)) ** 2))  # of the logit, where the logarithm scatters by `error`
    squares = float(np.mean((logit(known) - logit(rule[both])) ** 2))
    return float(np.sqrt(max(squares - noise, 0.2**2))), True


def _usual(
    segments: NDArray[np.str_], evidence: Floats, grid: Floats, known: NDArray[np.bool_]
) -> tuple[list[str], NDArray[np.int64], Floats, float]:
    """The segments, each customer's place among them, their usual logit shares, and how widely customers scatter.

    Segments share the scatter of their customers, and their own centres scatter around the base's, by as much as fits
    all answers best: the likelihood of a segment's answers given its centre is added over the grid.
    """
    names, place = np.unique(segments, return_inverse=True)
    points = logit(grid)
    centres = np.linspace(-5.0, 5.0, 81)
    rows = np.flatnonzero(known)
    if len(rows) > LEARNED_FROM:
        rows = np.random.default_rng(_SEED).choice(rows, LEARNED_FROM, replace=False)

    top = evidence[rows].max(axis=1, keepdims=True)
    likely = np.exp(evidence[rows] - top)
    members = (place[rows][None, :] == np.arange(len(names))[:, None]).astype(np.float64)

    def likelihoods(wide: float) -> Floats:
        prior = np.exp(-0.5 * ((points[None, :] - centres[:, None]) / wide) ** 2)
        prior /= prior.sum(axis=1, keepdims=True)
        return np.asarray(members @ np.log(np.maximum(likely @ prior.T, 1e-300)))

    def short(at: Floats) -> float:
        base, wide, apart = at[0], LEAST_SCATTER + float(np.exp(at[1])), float(np.exp(at[2]))
        total = likelihoods(wide) + _log_normal(centres, base, apart)
        return float(-np.logaddexp.reduce(total, axis=1).sum() + 0.5 * (at[1] ** 2 + (at[2] + 1.0) ** 2) / 1.5**2)

    best = minimize(short, np.array([0.0, 0.0, -1.0]), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3})
    base, wide, apart = float(best.x[0]), LEAST_SCATTER + float(np.exp(best.x[1])), float(np.exp(best.x[2]))
    total = likelihoods(wide) + _log_normal(centres, base, apart)
    weights = np.exp(total - np.logaddexp.reduce(total, axis=1)[:, None])
    return [str(name) for name in names], place.astype(np.int64), weights @ centres, wide


def _log_normal(centres: Floats, base: float, apart: float) -> Floats:
    density = -0.5 * ((centres - base) / apart) ** 2
    return np.asarray(density - np.logaddexp.reduce(density))


def _table(said: Said, posterior: Floats, grid: Floats, words: NDArray[np.str_]) -> pa.Table:
    below = posterior.cumsum(axis=1)
    low, high = (grid[np.minimum((below < point).sum(axis=1), _GRID - 1)] for point in (LOW, HIGH))
    odds = (1.0 - grid) / grid
    elsewhere = said.own * (posterior @ odds)
    return pa.table(
        {
            "customer_id": pa.array(said.customers, pa.string()),
            "segment": pa.array(said.segments.tolist(), pa.string()),
            "share_of_wallet": posterior @ grid,
            "share_of_wallet_low": low,
            "share_of_wallet_high": high,
            "elsewhere": pa.array(elsewhere, from_pandas=True),
            "elsewhere_low": pa.array(said.own * (1.0 - high) / high, from_pandas=True),
            "elsewhere_high": pa.array(said.own * (1.0 - low) / low, from_pandas=True),
            "wallet_evidence": pa.array(words.tolist(), pa.string()),
        }
    )


def _by_segment(
    names: list[str], place: NDArray[np.int64], posterior: Floats, grid: Floats, known: NDArray[np.bool_]
) -> pa.Table:
    """The mean share of each segment's customers who said something, over samples of them."""
    generator, mean = np.random.default_rng(_SEED), posterior @ grid
    rows = []
    for number, name in enumerate(names):
        own = np.flatnonzero((place == number) & known)
        row: dict[str, Any] = {"segment": name, "customers": len(own)}
        ends = _bootstrap(generator, mean[own], np.ones(len(own))) if len(own) else (None, None, None)
        rows.append(
            row | dict(zip(("share_of_wallet", "share_of_wallet_low", "share_of_wallet_high"), ends, strict=True))
        )
    return pa.Table.from_pylist(rows)


def _together(said: Said, table: pa.Table, known: NDArray[np.bool_]) -> tuple[float, float, float] | None:
    """Own spend by own spend and what goes elsewhere; None where no own spend is known."""
    elsewhere = table["elsewhere"].to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(known & (said.own > 0))
    own = said.own[rows]
    return _bootstrap(np.random.default_rng(_SEED), own, own + elsewhere[rows]) if len(rows) else None


def _bootstrap(generator: np.random.Generator, parts: Floats, wholes: Floats) -> tuple[float, float, float]:
    """The ratio of the sums, and its 5 % and 95 % points over samples of the rows."""
    rows = generator.integers(0, len(parts), size=(_BOOTSTRAPS, len(parts)))
    low, high = np.quantile(parts[rows].sum(axis=1) / wholes[rows].sum(axis=1), [LOW, HIGH])
    return float(parts.sum() / wholes.sum()), float(low), float(high)
