"""What BG/NBD, MBG/NBD and MBG/CNBD-k share: the likelihood of customers who may drop out after an order.

While a customer, somebody orders at gaps that are Erlang-k with their own stage rate λ (k = 1: at random), and λ varies
as Gamma(r, α). After an order they drop out for good with their own probability p, which varies as Beta(a, b); in the
modified models (MBG) also after the very first order. With R = r + k·x and B = b + x (modified: b + x + 1), a history
has the likelihood

    Γ(R)/Γ(r) · α^r · (α+T)^-R · B(a, B)/B(a, b) · gaps · ( S + ρ · ((α+T)/(α+t_x))^R )

where S = Σ_{j<k} (R)_j/j! · ((T−t_x)/(α+T))^j stands for "alive, j stages into the next gap", ρ = a/(B−1) for "dropped
out at the last order", and gaps = Π gap^(k−1) / Γ(k)^x. All parts are positive and taken in logarithms, so nothing
cancels.

Papers: Fader, Hardie and Lee (2005), BG/NBD; Batislam, Denizel and Filiztekin (2007), MBG/NBD; Platzer and Reutterer
(2016), regularity (k).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from keepers.clv.beta_geometric.sums import sums_at_random
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.fitting import Likelihood
from keepers.clv.numerics.special import digamma_step, log_beta, trigamma


@dataclass(frozen=True, slots=True)
class Family:
    """Which of the models: k stages a gap, and whether one may drop out after the first order."""

    k: int = 1
    dropout_at_first_order: bool = False

    @property
    def first(self) -> int:
        """1 if dropout is possible at the first order, else 0."""
        return int(self.dropout_at_first_order)


@dataclass(frozen=True, slots=True)
class BetaGeometricParameters(ABC):
    """The purchase rate varies as Gamma(r, alpha) between customers, the dropout probability as Beta(a, b).

    r: shape of the purchase rate [–]
    alpha: rate of the purchase rate [time unit]
    a: first shape of the dropout probability after an order [–]
    b: second shape of it [–]; a / (a + b) is its mean
    """

    r: float
    alpha: float
    a: float
    b: float

    @property
    @abstractmethod
    def family(self) -> Family:
        """Which of the models they are of."""

    def as_array(self) -> Floats:
        """(4,) r, alpha, a, b."""
        return np.array([self.r, self.alpha, self.a, self.b])

    @classmethod
    def from_array(cls, values: ArrayLike) -> Self:
        """From (4,) r, alpha, a, b."""
        r, alpha, a, b = (float(value) for value in np.asarray(values, dtype=np.float64))
        return cls(r, alpha, a, b)


def log_likelihood(parameters: BetaGeometricParameters, histories: Histories) -> Floats:
    """Natural log-likelihood of each history (n,), gaps included where k > 1."""
    data = _Data(histories, parameters.family)
    return data.rows(np.log([parameters.r, parameters.alpha, parameters.a, parameters.b])) + data.log_gaps


def likelihood_of(histories: Histories, family: Family) -> Likelihood:
    """The log-likelihood in (ln r, ln α, ln a, ln b), with exact gradient and Hessian."""
    data = _Data(histories, family)
    constant = float((histories.weight * data.log_gaps).sum())

    def value(at: Floats) -> float:
        return float((histories.weight * data.rows(at)).sum()) + constant

    def gradient(at: Floats) -> tuple[float, Floats]:
        total, slope, _ = data.sums(at)
        return total + constant, slope

    def hessian(at: Floats) -> Floats:
        return data.sums(at)[2]

    def together(at: Floats) -> tuple[float, Floats, Floats]:
        total, slope, bend = data.sums(at)
        return total + constant, slope, bend

    return Likelihood(value, gradient, hessian, together)


class _Data:
    """Histories prepared for the kernels: distinct numbers of repeat orders, and each row's place among them."""

    def __init__(self, histories: Histories, family: Family) -> None:
        self.family = family
        self.histories = histories
        distinct, place = np.unique(histories.repeat_orders, return_inverse=True)
        self.distinct: Floats = distinct.astype(np.float64)
        self.place: Integers = np.ascontiguousarray(place, dtype=np.int64)
        self.mass: Floats = np.asarray(
            np.bincount(self.place, weights=histories.weight, minlength=len(distinct)), dtype=np.float64
        )
        self.log_gaps: Floats = log_gaps(histories, family)
        self._latest: tuple[bytes, tuple[float, Floats, Floats]] | None = None

    def rows(self, log_parameters: Floats) -> Floats:
        r, alpha, a, b = np.exp(log_parameters)
        k, past = self.family.k, self.histories
        level, shape, log_ratio, _ = tables_by_orders(r, a, b, self.distinct, k, self.family.first)
        rows = row_kernel(
            self.place, past.age_at_last_order, past.age, level, shape, log_ratio, r, alpha, k
        )  # fmt: skip
        return np.asarray(rows)

    def sums(self, log_parameters: Floats) -> tuple[float, Floats, Floats]:
        """Value, slope and bend; kept, because a Newton step asks for them one after the other at one place."""
        key, latest = log_parameters.tobytes(), self._latest
        if latest is None or latest[0] != key:
            self._latest = latest = (key, self._sums(log_parameters))
        return latest[1]

    def _sums(self, log_parameters: Floats) -> tuple[float, Floats, Floats]:
        r, alpha, a, b = np.exp(log_parameters)
        k, first, past = self.family.k, self.family.first, self.histories
        level, shape, log_ratio, ratio_slope = tables_by_orders(r, a, b, self.distinct, k, first)
        kernel = sums_at_random if k == 1 else sum_kernel
        total, slope, bend = kernel(
            self.place, past.age_at_last_order, past.age, past.weight, shape, log_ratio, ratio_slope, r, alpha, k
        )  # fmt: skip
        level_slope, level_bend = level_derivatives(r, a, b, self.distinct, self.mass, k, first)
        upper = bend + level_bend
        return total + float((level * self.mass).sum()), slope + level_slope, upper + np.triu(upper, 1).T


def log_gaps(histories: Histories, family: Family) -> Floats:
    """(n,) the part of the log-likelihood that the gaps make: a constant for a given k, 0 for k = 1."""
    if family.k == 1 or histories.sum_log_gaps is None:
        return np.zeros(len(histories))
    return (family.k - 1) * histories.sum_log_gaps - histories.repeat_orders * math.lgamma(family.k)


@njit(cache=True, nogil=True)
def tables_by_orders(
    r: float, a: float, b: float, distinct: Floats, k: int, first: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """For each number of repeat orders: ln Γ(R)/Γ(r) + ln B(a, B)/B(a, b); R; ln ρ; the slope of −ln ρ in ln b."""
    level, shape = np.empty(len(distinct)), np.empty(len(distinct))
    log_ratio, ratio_slope = np.full(len(distinct), -np.inf), np.zeros(len(distinct))
    none = log_beta(a, b)
    for i in range(len(distinct)):
        stages = k * distinct[i]
        could_leave = distinct[i] + first
        shape[i] = r + stages
        level[i] = log_beta(a, b + could_leave) - none
        if stages > 0:
            level[i] += math.lgamma(stages) - log_beta(r, stages)
        if could_leave > 0:
            log_ratio[i] = math.log(a / (b + could_leave - 1.0))
            ratio_slope[i] = b / (b + could_leave - 1.0)
    return level, shape, log_ratio, ratio_slope


@njit(cache=True, nogil=True)
def level_derivatives(
    r: float, a: float, b: float, distinct: Floats, mass: Floats, k: int, first: int
) -> tuple[Floats, Floats]:
    """Slope (4,) and bend (4, 4) in the log parameters of the sum of `level`; α does not occur in it."""
    slope, bend = np.zeros(4), np.zeros((4, 4))
    for i in range(len(distinct)):
        w, stages, could_leave = mass[i], k * distinct[i], distinct[i] + first
        by_r = r * digamma_step(r, stages)
        both = digamma_step(a + b, could_leave)
        by_a, by_b = -a * both, b * (digamma_step(b, could_leave) - both)
        both2 = trigamma(a + b + could_leave) - trigamma(a + b)
        slope[0] += w * by_r
        slope[2] += w * by_a
        slope[3] += w * by_b
        bend[0, 0] += w * (by_r + r * r * (trigamma(r + stages) - trigamma(r)))
        bend[2, 2] += w * (by_a - a * a * both2)
        bend[2, 3] -= w * a * b * both2
        bend[3, 3] += w * (by_b + b * b * (trigamma(b + could_leave) - trigamma(b) - both2))
    return slope, bend


@njit(cache=True, nogil=True)
def row_kernel(
    place: Integers, t_x: Floats, age: Floats, level: Floats, shape: Floats, log_ratio: Floats,
    r: float, alpha: float, k: int,
) -> Floats:  # fmt: skip
    """Natural log-likelihood of each row without the gaps; `place` points into the tables by number of orders."""
    rows = np.empty(len(place))
    log_alpha = np.log(alpha)
    for i in range(len(place)):
        x = place[i]
        R = shape[x]
        to_end = np.log1p(age[i] / alpha)
        y = (age[i] - t_x[i]) / (alpha + age[i])
        alive, term = 1.0, 1.0
        for j in range(1, k):
            term *= (R + j - 1.0) / j * y
            alive += term
        log_alive = np.log(alive)
        dead = log_ratio[x] + R * (to_end - np.log1p(t_x[i] / alpha))
        gap = dead - log_alive
        either = dead + np.log1p(np.exp(-gap)) if gap > 0 else log_alive + np.log1p(np.exp(gap))
        rows[i] = level[x] - R * to_end - (R - r) * log_alpha + either
    return rows


@njit(cache=True, nogil=True)
def sum_kernel(
    place: Integers, t_x: Floats, age: Floats, weight: Floats, shape: Floats, log_ratio: Floats, ratio_slope: Floats,
    r: float, alpha: float, k: int,
) -> tuple[float, Floats, Floats]:  # fmt: skip
    """Weighted sums over rows of the parts that `level` leaves: value, slope (4,), upper triangle of the bend (4, 4).

    F = ln(S + e^ζ): its derivatives are mixtures of those of ln S (alive) and ζ (dead) with the odds between them.
    """
    log_alpha = math.log(alpha)
    total = s0 = s1 = s2 = s3 = 0.0
    b00 = b01 = b02 = b03 = b11 = b12 = b13 = b22 = b23 = b33 = 0.0
    for i in range(len(place)):
        x, w = place[i], weight[i]
        R = shape[x]
        to_end = math.log1p(age[i] / alpha)
        u = to_end - math.log1p(t_x[i] / alpha)
        f, g = alpha / (alpha + age[i]), alpha / (alpha + t_x[i])
        y = (age[i] - t_x[i]) / (alpha + age[i])
        # Sums over the stage j of the unfinished gap; h and h2 are the derivatives of ln (R)_j.
        alive, term, h, h2 = 1.0, 1.0, 0.0, 0.0
        sj, sjj, sh, shh, sjh = 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(1, k):
            term *= (R + j - 1.0) / j * y
            h += 1.0 / (R + j - 1.0)
            h2 += 1.0 / ((R + j - 1.0) * (R + j - 1.0))
            alive += term
            sj += term * j
            sjj += term * j * j
            sh += term * h
            shh += term * (h * h - h2)
            sjh += term * j * h
        if k > 1:
            sj, sjj, sh, shh, sjh = sj / alive, sjj / alive, sh / alive, shh / alive, sjh / alive
        log_alive = math.log(alive) if k > 1 else 0.0
        dead = log_ratio[x] + R * u
        gap = dead - log_alive
        odds = math.exp(-abs(gap))
        either = max(dead, log_alive) + math.log1p(odds)
        sigma = 1.0 / (1.0 + odds) if gap > 0 else odds / (1.0 + odds)
        stay, mixed, beta = w * (1.0 - sigma), w * sigma * (1.0 - sigma), ratio_slope[x]
        gone = w * sigma
        live0, live1, lost0, lost1 = r * sh, -f * sj, r * u, R * (f - g)
        apart0, apart1 = lost0 - live0, lost1 - live1
        total += w * (either - R * to_end - (R - r) * log_alpha)
        s0 += stay * live0 + gone * lost0 - w * r * to_end
        s1 += stay * live1 + gone * lost1 + w * (r - R * f)
        s2 += gone
        s3 -= gone * beta
        b00 += mixed * apart0 * apart0 + stay * (live0 + r * r * (shh - sh * sh)) + gone * lost0 - w * r * to_end
        b01 += mixed * apart0 * apart1 - stay * f * r * (sjh - sj * sh) + gone * r * (f - g) + w * r * (1.0 - f)
        b02 += mixed * apart0
        b03 -= mixed * apart0 * beta
        b11 += mixed * apart1 * apart1 + stay * (f * f * (sjj - sj * sj) - f * (1.0 - f) * sj)
        b11 += gone * R * (f * (1.0 - f) - g * (1.0 - g)) - w * R * f * (1.0 - f)
        b12 += mixed * apart1
        b13 -= mixed * apart1 * beta
        b22 += mixed
        b23 -= mixed * beta
        b33 += mixed * beta * beta - gone * beta * (1.0 - beta)
    slope = np.array([s0, s1, s2, s3])
    bend = np.array([[b00, b01, b02, b03], [0.0, b11, b12, b13], [0.0, 0.0, b22, b23], [0.0, 0.0, 0.0, b33]])
    return total, slope, bend
