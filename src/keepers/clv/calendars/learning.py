"""Learn a calendar: what of the swings from week to week comes back every year, and how the level wanders.

Repeat orders of each piece of time (a week) are set against what a model expects of everybody who had entered by then:

    n_w ~ Poisson(exposure_w · e^(f_w)), spread further by single weeks that swing,   f = constant + season + level

season  a year's wave: three harmonics (sd `harmonics`) and a bump of about three weeks anywhere in the year (sd
        `bumps`), which finds Christmas by itself;
level   wanders, and in two years has come back by two thirds (Ornstein-Uhlenbeck, sd `level`): a trend is damped.

All are Gaussian processes, so that the answer is a ridge regression: where data are silent h = 1. The four spreads are
those with the highest marginal likelihood under weak priors (empirical Bayes); the Poisson part is linearised around
the answer (penalised quasi-likelihood, Breslow and Clayton 1993, Journal of the American Statistical Association 88).

What the firm put on at stated days (`promotions`) comes on top, and is learned together with all of this.

A season is learned from a history that has seen most of a second year. Before that its prior stays in the uncertainty.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keepers.clv import pareto_nbd
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.promotions import Promotions
from keepers.clv.histories import Floats, Histories
from keepers.clv.model import PurchaseModel

PIECE_DAYS = 7.0
YEAR_DAYS = 365.25
SEASON_YEARS = 1.6  # of history from which a season is learned: by then half a year has been seen twice
_BUMP_DAYS = 9.0
_LEVEL_YEARS = 2.0
_CONSTANT = 2.0
_TYPICAL_SPREAD = 1.0  # prior sd of the logarithms of the spreads
_ROUNDS = 3
_POINTS = 160


@dataclass(frozen=True, slots=True)
class Spreads:
    """Standard deviations of log h: of the year's waves, its bumps, the wandering level, and single weeks."""

    harmonics: float
    bumps: float
    level: float
    unrest: float


TYPICAL = Spreads(harmonics=0.12, bumps=0.12, level=0.12, unrest=0.08)
"""What many shops have: the centre of the priors."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A calendar with what is left open about it.

    calendar: h at its posterior mean of log h, past and future; its mean over past orders is 1
    has_season: whether a season was learned
    evidence: by how much the weeks are likelier with a season than without, log marginal likelihood [nats]
    pieces: (k,) middles of the pieces ahead that `covariance` (k, k) of log h speaks of [days from now]
    promotions: with their effects as learned, or as forecast; `promotion_spreads` (k,) is how unsure each is
    """

    calendar: Calendar
    spreads: Spreads
    has_season: bool
    evidence: float
    pieces: Floats
    covariance: Floats
    promotions: Promotions
    promotion_spreads: Floats

    def window_spread(self, days: float) -> float:
        """Standard deviation of the logarithm of mean h over the next `days`, against the history."""
        within = self.pieces < max(days, PIECE_DAYS)
        if not within.any():
            return 0.0
        return float(np.sqrt(max(self.covariance[np.ix_(within, within)].mean(), 0.0)))


def season_spread(days: float, spreads: Spreads | None = None) -> float:
    """By how much mean h over `days` differs from a year's mean, as log sd, where no season was learned: a prior.

    Of a typical shop: the waves and bumps of `Spreads` over a window at any time of the year; next to nothing for
    whole years.
    """
    known = TYPICAL if spreads is None else spreads
    middles = np.arange(0.5 * PIECE_DAYS, max(days, PIECE_DAYS), PIECE_DAYS)[:520]
    return float(np.sqrt(max(_season(middles, middles, known).mean(), 0.0)))


def learn(
    orders: Floats,
    exposure: Floats,
    *,
    ahead_days: float,
    time_unit_days: float,
    spreads: Spreads | None = None,
    promotions: Promotions | None = None,
) -> Learned:
    """The calendar of the past and `ahead_days` of the future.

    Args:
        orders: (m,) repeat orders in each of the last m weeks, the latest last [occasions].
        exposure: (m,) what the model expects of them where h = 1 [occasions].
        ahead_days: how far the future is laid out; beyond it h keeps the mean of the last year of it [days].
        time_unit_days: of the calendar that is returned [days].
        spreads: of an earlier round, to save finding them again.
        promotions: what was put on, and what will be.
    """
    past = _middles(-len(orders), 0)
    ahead = _middles(0, int(np.ceil(ahead_days / PIECE_DAYS)) + 1)
    seasonal = len(orders) * PIECE_DAYS >= SEASON_YEARS * YEAR_DAYS
    f = np.full(len(orders), np.log((orders.sum() + 1) / (exposure.sum() + 1)))
    found = TYPICAL if spreads is None else spreads
    put_on = Promotions.none() if promotions is None else promotions
    for _ in range(_ROUNDS):
        mu = exposure * np.exp(f)
        seen = mu > 1e-3
        z, noise = f + (orders - mu) / np.maximum(mu, 1e-3), 1 / np.maximum(mu, 1e-3)
        z = z - put_on.lifted(past, PIECE_DAYS)
        if spreads is None:
            found = _spreads(past[seen], z[seen], noise[seen], found, put_on)
        at = _Answer.of(past[seen], z[seen], noise[seen], found, put_on)
        put_on = put_on.told(at.promotions_moved())
        f = np.clip(at.mean(past, season=True) + put_on.heights(past, PIECE_DAYS), -3.0, 3.0)
    told = np.concatenate([at.mean(past, season=seasonal), at.mean(ahead, season=seasonal)])
    told += put_on.heights(np.concatenate([past, ahead]), PIECE_DAYS)
    told -= np.average(told[: len(past)], weights=exposure + 1e-9)
    near = ahead[: int(3 * YEAR_DAYS / PIECE_DAYS)]
    calendar = Calendar.of(
        np.exp(np.clip(told, -4.0, 4.0)),
        start=-len(orders) * PIECE_DAYS / time_unit_days,
        width=PIECE_DAYS / time_unit_days,
        time_unit_days=time_unit_days,
    )
    evidence = _cost(past[seen], z[seen], noise[seen], _without_season(found), at.promotions) - _cost(
        past[seen], z[seen], noise[seen], found, at.promotions
    )
    open_still = at.covariance(near, season=seasonal)
    return Learned(calendar, found, seasonal, evidence, near, open_still, put_on, at.promotion_spreads())


def exposure_by_piece(
    model: PurchaseModel, parameters: Any, histories: Histories, calendar: Calendar, pieces: int
) -> Floats:
    """(pieces,) repeat orders that the model expects under the calendar in each of the last weeks [occasions].

    Of everybody in `histories` as a new customer on the day they entered, not knowing what they then did.
    """
    unit = histories.time_unit_days
    calendar = calendar.in_unit(unit)
    ages, place = np.unique(histories.age, return_inverse=True)
    weight = np.bincount(place, weights=histories.weight)
    edges = np.arange(-pieces, 1) * PIECE_DAYS / unit
    since = np.maximum(edges[None, :] + ages[:, None], 0.0)
    if model.NAME == pareto_nbd.NAME:
        reached = _mean_curve(model, parameters, since, unit)
        heights = np.diff(calendar.integral(edges)) / np.diff(edges)
        return np.asarray(weight @ np.diff(reached, axis=1) * heights)
    entered = calendar.integral(-ages)
    in_it = np.maximum(calendar.integral(edges)[None, :] - entered[:, None], 0.0)
    return np.asarray(weight @ np.diff(_mean_curve(model, parameters, in_it, unit), axis=1))


def _middles(first: int, last: int) -> Floats:
    """Middles of the weeks from `first` until before `last`, counted from now [days]."""
    return np.asarray((np.arange(first, last) + 0.5) * PIECE_DAYS, dtype=np.float64)


def _mean_curve(model: PurchaseModel, parameters: Any, times: Floats, unit: float) -> Floats:
    """Repeat orders expected of a new customer until each of the times, where h = 1."""
    grid = float(times.max()) * np.linspace(0.0, 1.0, _POINTS) ** 2
    new = Histories.of([0], [0.0], [0.0], time_unit_days=unit, sum_log_gaps=[0.0])
    curve = [0.0, *(float(model.expected_orders(parameters, new, horizon=float(t))[0]) for t in grid[1:])]
    return np.asarray(np.interp(np.sqrt(times), np.sqrt(grid), np.array(curve)), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """The Gaussian process given what was seen."""

    days: Floats
    spreads: Spreads
    promotions: Promotions
    factor: Any
    pulled: Floats

    @classmethod
    def of(cls, days: Floats, z: Floats, noise: Floats, spreads: Spreads, promotions: Promotions) -> "_Answer":
        from scipy.linalg import cho_solve

        factor = _factor(days, noise, spreads, promotions)
        return cls(days, spreads, promotions, factor, cho_solve(factor, z))

    def promotions_moved(self) -> Floats:
        """(k,) by how much each β differs from what was expected."""
        return np.asarray(self._effects_across() @ self.pulled)

    def promotion_spreads(self) -> Floats:
        """(k,) standard deviation of each β."""
        from scipy.linalg import cho_solve

        across = self._effects_across()
        told = np.einsum("kd,dk->k", across, cho_solve(self.factor, across.T))
        return np.asarray(np.sqrt(np.maximum(np.diag(self.promotions.prior) - told, 0.0)))

    def mean(self, at: Floats, *, season: bool) -> Floats:
        """Of constant, level and, where asked, season; without promotions."""
        return np.asarray(self._across(at, season=season) @ self.pulled)

    def covariance(self, at: Floats, *, season: bool) -> Floats:
        """Of level, season and promotions against the history's mean; a season not told keeps all of its prior."""
        from scipy.linalg import cho_solve

        across = self._across(at, season=season) + _put_on(at, self.days, self.promotions)
        history = self._across(self.days, season=season).mean(axis=0)
        history = history + _put_on(self.days, self.days, self.promotions).mean(axis=0)
        apart = across - history[None, :]
        prior = _level(at, at, self.spreads) + _season(at, at, self.spreads)
        mixed = _level(at, self.days, self.spreads).mean(axis=1)
        mixed = mixed + (_season(at, self.days, self.spreads).mean(axis=1) if season else 0.0)
        own = _level(self.days, self.days, self.spreads).mean()
        own += _season(self.days, self.days, self.spreads).mean() if season else 0.0
        prior = prior + _put_on(at, at, self.promotions)
        mixed = mixed + _put_on(at, self.days, self.promotions).mean(axis=1)
        own += _put_on(self.days, self.days, self.promotions).mean()
        prior = prior - mixed[:, None] - mixed[None, :] + own
        return np.asarray(prior - apart @ cho_solve(self.factor, apart.T))

    def _across(self, at: Floats, *, season: bool) -> Floats:
        across = _level(at, self.days, self.spreads) + _CONSTANT**2
        return across + _season(at, self.days, self.spreads) if season else across

    def _effects_across(self) -> Floats:
        """(k, d) covariance of each β with the pieces that were seen."""
        return np.asarray(self.promotions.prior @ self.promotions.slopes(self.days, PIECE_DAYS).T)


def _spreads(days: Floats, z: Floats, noise: Floats, start: Spreads, promotions: Promotions) -> Spreads:
    """Those with the highest marginal likelihood under weak priors around what many shops have."""
    from scipy.linalg import cho_factor, cho_solve
    from scipy.optimize import minimize

    centre, size = np.log(_as_array(TYPICAL)), len(days)
    parts = np.stack([_seen(days, 0.0, Spreads(*one)) for one in np.eye(4)]) - _CONSTANT**2
    fixed = np.diag(noise) + _CONSTANT**2 + _put_on(days, days, promotions)

    def cost(at: Floats) -> tuple[float, Floats]:
        squares = np.exp(2 * at)
        factor = cho_factor(fixed + np.tensordot(squares, parts, axes=1), lower=True)
        inverse = cho_solve(factor, np.eye(size))
        pulled = inverse @ z
        unusual = (at - centre) / _TYPICAL_SPREAD**2
        value = 0.5 * float(z @ pulled) + float(np.log(np.diag(factor[0])).sum())
        slope = squares * np.tensordot(parts, inverse - np.outer(pulled, pulled), axes=2)
        return value + 0.5 * float(unusual @ (at - centre)), slope + unusual

    bounds = [(float(c) - 4.0, float(c) + 3.0) for c in centre]
    first = np.log(_as_array(start))
    found = minimize(cost, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 25, "ftol": 1e-5})
    return Spreads(*(float(s) for s in np.exp(found.x)))


def _as_array(spreads: Spreads) -> Floats:
    return np.array([spreads.harmonics, spreads.bumps, spreads.level, spreads.unrest])


def _cost(days: Floats, z: Floats, noise: Floats, spreads: Spreads, promotions: Promotions) -> float:
    """Minus the log marginal likelihood, up to a constant."""
    from scipy.linalg import cho_solve

    factor = _factor(days, noise, spreads, promotions)
    return 0.5 * float(z @ cho_solve(factor, z)) + float(np.log(np.diag(factor[0])).sum())


def _without_season(spreads: Spreads) -> Spreads:
    """The season's part of the swings given to single weeks."""
    unrest = np.sqrt(spreads.unrest**2 + spreads.harmonics**2 + spreads.bumps**2)
    return Spreads(1e-4, 1e-4, spreads.level, float(unrest))


def _factor(days: Floats, noise: Floats, spreads: Spreads, promotions: Promotions) -> Any:
    """Cholesky factor of the covariance of what is seen."""
    from scipy.linalg import cho_factor

    return cho_factor(_seen(days, noise, spreads) + _put_on(days, days, promotions), lower=True)


def _seen(days: Floats, noise: Floats | float, spreads: Spreads) -> Floats:
    total = _level(days, days, spreads) + _season(days, days, spreads) + _CONSTANT**2
    total[np.diag_indices(len(days))] += noise + spreads.unrest**2
    return total


def _season(one: Floats, other: Floats, spreads: Spreads) -> Floats:
    """Covariance of the year's waves, the slower the larger, and of its bumps."""
    apart = (one[:, None] - other[None, :]) / YEAR_DAYS
    waves = sum(np.cos(2 * np.pi * k * apart) / k for k in (1, 2, 3)) / (1 + 1 / 2 + 1 / 3)
    cyclic = (apart - np.round(apart)) * YEAR_DAYS / _BUMP_DAYS
    bumps = np.exp(-0.5 * cyclic**2)
    return np.asarray(spreads.harmonics**2 * waves + spreads.bumps**2 * bumps)


def _level(one: Floats, other: Floats, spreads: Spreads) -> Floats:
    apart = np.abs(one[:, None] - other[None, :]) / YEAR_DAYS
    return np.asarray(spreads.level**2 * np.exp(-apart / _LEVEL_YEARS))


def _put_on(one: Floats, other: Floats, promotions: Promotions) -> Floats:
    """Covariance of what promotions do to the pieces."""
    return np.asarray(promotions.slopes(one, PIECE_DAYS) @ promotions.prior @ promotions.slopes(other, PIECE_DAYS).T)
