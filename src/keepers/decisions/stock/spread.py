"""How demand spreads around what is expected: a negative binomial in packs, learned on windows that have passed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, gammaln
from scipy.stats import nbinom
from threadpoolctl import threadpool_limits

from keepers.decisions.stock.mixes import Known
from keepers.decisions.stock.sales import Floats

LEARNED_FROM = 15_000  # products and windows, chosen by lot where they are more
CLASSES = np.array([0.1, 0.5, 2.0, 10.0, 50.0])  # packs expected in a window: where one class of volume ends
CLASS_CREDIBILITY = 50.0  # packs after which a class's own level counts as much as none
MOST_LEVEL = 3.0  # a class that held thrice the middle was moved by few orders
RIDGE = 2e-4
LEAST = 1e-6  # packs
START = np.array([-1.0, -1.0, -1.0])


@dataclass(frozen=True, slots=True)
class Blend:
    """How much of each mix makes the expected demand, and how far a quiet product counts as gone.

    weights: of the mixes, shape (mixes,), adding to 1
    level: by which all are multiplied
    gone: share of demand that a product loses which has been quiet for ever [0–1]
    """

    weights: Floats
    level: float
    gone: float

    def of(self, known: Known) -> Floats:
        """The middle of the demand of each week ahead, shape (products, weeks) [pieces]."""
        blended: Floats = np.tensordot(self.weights, known.mixes, axes=1)
        return blended * (self.level * (1.0 - self.gone * (1.0 - 1.0 / (1.0 + known.quiet))))[:, None]


@dataclass(frozen=True, slots=True)
class Spread:
    """Demand of a window, in packs: mean m, variance `chance`·m + `doubt`·(1 + m)^−`fading`·m².

    chance: of single purchases, 1 or more
    doubt: variance of the level that a product turns out to have, with the base's own miss
    fading: by how much less is in doubt of what sells much
    levels: what was asked for ÷ the middle, by class of volume, shape (classes,)
    """

    chance: float
    doubt: float
    fading: float
    levels: Floats

    def level_of(self, middle: Floats, pack: Floats) -> Floats:
        """By how much the mean differs from the middle of the fitted form, as past windows had it."""
        return np.asarray(self.levels[np.digitize(middle / pack, CLASSES)])

    def quantile(self, middle: Floats, pack: Floats, level: float) -> Floats:
        """Pieces that demand stays at or below with this chance, in the shape of `middle`; not rounded."""
        many, share = _form(np.maximum(middle / pack, LEAST), self.chance, self.doubt, self.fading)
        pieces: Floats = pack * nbinom.ppf(level, many, share)
        return pieces


@dataclass(frozen=True, slots=True)
class Window:
    """Products of windows that have passed: what was known when each began, and what was then asked for.

    mixes: shape (mixes, rows) [pieces]; quiet, pack, asked: shape (rows,)
    """

    mixes: Floats
    quiet: Floats
    pack: Floats
    asked: Floats

    @classmethod
    def of(cls, known: Known, asked: Floats, first: int, weeks: int) -> "Window":
        """The window of `weeks` weeks that begins `first` weeks ahead, of products that had been sold."""
        mixes = known.mixes[:, known.seen, first : first + weeks].sum(axis=2)
        return cls(mixes, known.quiet[known.seen], known.pack[known.seen], asked[known.seen])

    def some(self, chosen: NDArray[np.int64]) -> "Window":
        """Some of the rows."""
        return Window(self.mixes[:, chosen], self.quiet[chosen], self.pack[chosen], self.asked[chosen])


def together(windows: Sequence[Window]) -> Window:
    """The rows of several windows."""
    return Window(
        np.concatenate([each.mixes for each in windows], axis=1),
        *(np.concatenate([getattr(each, name) for each in windows]) for name in ("quiet", "pack", "asked")),
    )


def learn_blend(window: Window, *, seed: int) -> Blend:
    """The likeliest blend for what was asked for, with the spread that goes with it."""
    some = _thinned(window, seed)
    mixes = len(some.mixes)

    def unlikeliness(point: Floats) -> float:
        blend = _blend(point[:mixes], point[mixes], point[mixes + 1])
        likely = _log_likelihood(some, _middle(blend, some), *_shape(point[-3:]))
        return float(-likely.mean() + RIDGE * (point**2).sum())

    start = np.concatenate([np.zeros(mixes + 2), START])
    found = _lowest(unlikeliness, start)
    return _blend(found[:mixes], found[mixes], found[mixes + 1])


def learn_spread(window: Window, blend: Blend, *, seed: int) -> Spread:
    """The likeliest spread around a blend, for windows of one length."""
    some = _thinned(window, seed)
    middle = _middle(blend, some)

    def unlikeliness(point: Floats) -> float:
        likely = _log_likelihood(some, middle, *_shape(point))
        return float(-likely.mean() + RIDGE * (point**2).sum())

    found = _lowest(unlikeliness, START)
    return Spread(*_shape(found), _levels(window, blend))


def _lowest(unlikeliness: Callable[[Floats], float], start: Floats) -> Floats:
    with threadpool_limits(1, user_api="blas"):  # the matrices are tiny: threads only wait for each other
        found: Floats = minimize(unlikeliness, start, method="L-BFGS-B").x
    return found


def _blend(weights: Floats, level: float, gone: float) -> Blend:
    shares = np.exp(weights - weights.max())
    return Blend(shares / shares.sum(), float(np.exp(level)), float(expit(gone)))


def _middle(blend: Blend, window: Window) -> Floats:
    alive = 1.0 - blend.gone * (1.0 - 1.0 / (1.0 + window.quiet))
    middle: Floats = blend.level * (blend.weights @ window.mixes) * alive
    return middle


def _levels(window: Window, blend: Blend) -> Floats:
    """By class of volume what was asked for ÷ the middle, in packs, drawn towards 1."""
    packs = _middle(blend, window) / window.pack
    place = np.digitize(packs, CLASSES)
    foreseen, asked = (
        np.bincount(place, weights=amounts, minlength=CLASSES.size + 1)
        for amounts in (packs, window.asked / window.pack)
    )
    levels = (asked + CLASS_CREDIBILITY) / (foreseen + CLASS_CREDIBILITY)
    return np.clip(levels, 1.0 / MOST_LEVEL, MOST_LEVEL)


def _shape(point: Floats) -> tuple[float, float, float]:
    """Chance, doubt and fading of a point that may be any three numbers."""
    return 1.0 + float(np.exp(point[0])), float(np.exp(point[1])), float(expit(point[2]))


def _log_likelihood(window: Window, middle: Floats, chance: float, doubt: float, fading: float) -> Floats:
    asked, packs = window.asked / window.pack, np.maximum(middle / window.pack, LEAST)
    many, share = _form(packs, chance, doubt, fading)
    likely: Floats = (
        gammaln(asked + many) - gammaln(many) - gammaln(asked + 1) + many * np.log(share) + asked * np.log1p(-share)
    )
    return likely


def _form(packs: Floats, chance: float, doubt: float, fading: float) -> tuple[Floats, Floats]:
    """The two parameters of the negative binomial with this mean and the variance of a `Spread`."""
    beyond = (chance - 1.0) + doubt * (1.0 + packs) ** -fading * packs
    return packs / beyond, 1.0 / (1.0 + beyond)


def _thinned(window: Window, seed: int) -> Window:
    rows = window.asked.size
    if rows <= LEARNED_FROM:
        return window
    return window.some(np.sort(np.random.default_rng(seed).choice(rows, LEARNED_FROM, replace=False)))
