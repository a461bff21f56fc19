"""Which option each customer gets, so that the gain is greatest within what there is to spend.

Each customer takes one option of a few; each option uses up money, staff hours, mailings, calls, visits, of which there
is only so much: the multiple-choice knapsack. At prices u ≥ 0 of the resources each customer's best option is found
alone, and the sum

    g(u) = u·limits + Σ_i max_j (gain_ij − u·uses_j)

is never below the best that can be reached (Lagrangian relaxation; Everett 1963, "Generalized Lagrange multiplier
method", Operations Research 11; Sinha and Zoltners 1979 for this problem). With one limit the price at which the money
is just spent is found by halving; with several g is minimised by cutting planes (Kelley 1960). Then what is left is
spent on the nearest upgrades one by one, until none fits: customers who tie change their option at one price all at
once, and which of them do is settled only there. `bound` says how far from the best the result can be at most: with one
limit less than one customer's gain.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import linprog

from keepers.core.errors import KeepersError
from keepers.decisions.allocating.kernels import choose, nearest_upgrades, upgrade
from keepers.decisions.terms.effects import Floats, Integers

_HALVINGS = 60
_CUTS = 80
_UPGRADES = 20_000  # customers whose next option is looked at when the rest is spent; twice as many each further time
_ROUNDS = 20
_CLOSE = 1e-9


class InvalidLimitsError(KeepersError):
    """Limits below zero, or not one for each resource."""


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """The option of each customer.

    choice: (n,) place of the option
    gain: sum of the gains [money]
    used: (resources,) what it uses up
    prices: (resources,) what one more unit of each would add; 0 where there is enough [money a unit]
    bound: no allocation within the limits gains more [money]
    """

    choice: Integers
    gain: float
    used: Floats
    prices: Floats
    bound: float


def allocate(gains: Floats, uses: Floats, limits: Floats) -> Allocation:
    """The allocation with the greatest gain within the limits.

    Args:
        gains: (n, options) what each option adds for each customer; the first is to do nothing and adds 0 [money].
        uses: (options, resources) what each uses up, the first nothing.
        limits: (resources,) what there is; inf where there is no limit.

    Raises:
        InvalidLimitsError: a limit is below zero, or their number is not that of the resources.
    """
    if len(limits) != uses.shape[1] or not np.all(limits >= 0):
        raise InvalidLimitsError("Give one limit a resource, 0 or more, or infinity where there is no limit.")
    free = _Priced.at(np.zeros(len(limits)), gains, uses)
    scarce = np.flatnonzero(free.used > limits)
    if scarce.size == 0:
        return Allocation(free.choice, free.gain, free.used, free.prices, free.gain)
    if scarce.size == 1:
        found, bound = _one_price(gains, uses, limits, int(scarce[0]))
        if np.all(found.used <= limits):
            return _spend_the_rest(found, gains, uses, limits, bound)
    found, bound = _many_prices(gains, uses, limits)
    return _spend_the_rest(found, gains, uses, limits, bound)


@dataclass(frozen=True, slots=True, eq=False)
class _Priced:
    """Everybody's best option at some prices."""

    prices: Floats
    choice: Integers
    gain: float
    left: float
    used: Floats

    @classmethod
    def at(cls, prices: Floats, gains: Floats, uses: Floats) -> Self:
        choice, counts = np.empty(len(gains), dtype=np.int64), np.empty(gains.shape[1], dtype=np.int64)
        gain, left = choose(gains, uses @ prices, choice, counts)
        return cls(prices, choice, float(gain), float(left), counts @ uses)

    def value(self, limits: Floats) -> float:
        """g(u), which no allocation within the limits is above."""
        return self.left + float(self.prices[self.prices > 0] @ limits[self.prices > 0])


def _one_price(gains: Floats, uses: Floats, limits: Floats, scarce: int) -> tuple[_Priced, float]:
    """The allocation at the lowest price of the one scarce resource at which no more is used than there is."""
    axis = np.zeros(len(limits))
    axis[scarce] = 1.0
    low, high = 0.0, _highest_price(gains, uses[:, scarce])
    over, within = _Priced.at(axis * low, gains, uses), _Priced.at(axis * high, gains, uses)
    bound = min(over.value(limits), within.value(limits))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        found = _Priced.at(axis * middle, gains, uses)
        bound = min(bound, found.value(limits))
        if found.used[scarce] > limits[scarce]:
            low, over = middle, found
        else:
            high, within = middle, found
        if over.left - within.left <= _CLOSE * max(abs(within.gain), 1e-300) and high - low <= _CLOSE * high:
            break
    return within, bound


def _many_prices(gains: Floats, uses: Floats, limits: Floats) -> tuple[_Priced, float]:
    """The allocation at the prices where g is least, raised together until it is within all limits."""
    limited = np.flatnonzero(np.isfinite(limits))
    highest = np.array([_highest_price(gains, uses[:, place]) for place in limited])
    prices, bound, best = np.zeros(len(limits)), np.inf, np.zeros(len(limits))
    slopes, heights = [], []
    for _ in range(_CUTS):
        found = _Priced.at(prices, gains, uses)
        if found.value(limits) < bound:
            bound, best = found.value(limits), prices
        slopes.append((limits - found.used)[limited])
        heights.append(found.gain)
        cuts = np.column_stack([-np.ones(len(slopes)), np.array(slopes)])
        solved = linprog(
            np.eye(1 + len(limited))[0],
            A_ub=cuts,
            b_ub=-np.array(heights),
            bounds=[(None, None), *((0.0, most) for most in highest)],
        )
        if solved.x is None or solved.fun is None or bound - solved.fun <= _CLOSE * max(abs(bound), 1e-300):
            break
        prices = np.zeros(len(limits))
        prices[limited] = solved.x[1:]
    return _within_all(best, gains, uses, limits), bound


def _within_all(prices: Floats, gains: Floats, uses: Floats, limits: Floats) -> _Priced:
    """The allocation at the least multiple of the prices that is within all limits."""
    found, low, high = _Priced.at(prices, gains, uses), 1.0, 1.0
    raised = np.where(np.isfinite(limits), np.maximum(prices, 1e-12 * (prices.max() or 1.0)), 0.0)
    while np.any(found.used > limits) and high < 1e30:
        low, high = high, 2.0 * high
        found = _Priced.at(raised * high, gains, uses)
    for _ in range(_HALVINGS if high > 1.0 else 0):
        middle = 0.5 * (low + high)
        between = _Priced.at(raised * middle, gains, uses)
        if np.any(between.used > limits):
            low = middle
        else:
            high, found = middle, between
        if high - low <= _CLOSE * high:
            break
    return found


def _highest_price(gains: Floats, use: Floats) -> float:
    """A price of one resource at which nobody takes any of it."""
    uses = use > 0
    return float(np.max(np.maximum(gains[:, uses].max(axis=0, initial=0.0), 0.0) / use[uses], initial=0.0)) * 1.01


def _spend_the_rest(found: _Priced, gains: Floats, uses: Floats, limits: Floats, bound: float) -> Allocation:
    """What the limits still leave goes to the nearest upgrades, one customer after the other, until none fits."""
    choice, slack = found.choice.copy(), np.empty(len(gains))
    prices, counts = uses @ found.prices, np.bincount(found.choice, minlength=len(uses))
    for turn in range(_ROUNDS):
        nearest_upgrades(gains, prices, uses, counts @ uses, limits, choice, slack)
        near, most = np.flatnonzero(np.isfinite(slack)), _UPGRADES << turn
        if near.size == 0:
            break
        if near.size > most:
            near = near[np.argpartition(slack[near], most)[:most]]
        upgrade(near[np.argsort(slack[near], kind="stable")], gains, prices, uses, limits, choice, counts)
    gain = float(gains[np.arange(len(gains)), choice].sum())
    return Allocation(choice, gain, counts @ uses, found.prices, max(bound, gain))
