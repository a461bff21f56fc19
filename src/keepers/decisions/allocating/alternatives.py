"""What plans with less money or fewer hours of staff would add: the best allocations at a grid of prices of both.

At any prices of the resources everybody's best option is found alone, and all of them together are the best that can be
had for what they use up (Everett 1963, "Generalized Lagrange multiplier method", Operations Research 11, main theorem).
So a look at each pair of prices costs one pass over the customers, and a budget and a number of hours are answered with
the best of these plans within both. Other limits stay at the prices of the whole plan; what is beyond them is left out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keepers.clv.predicting.ranges import ends_of
from keepers.decisions.allocating.allocation import allocate
from keepers.decisions.allocating.frontier import USED, Budgets, Choices, by_action, counts_of
from keepers.decisions.allocating.kernels import choose
from keepers.decisions.terms.effects import Floats, Integers

SHARES = (0.75, 0.5, 0.3, 0.15, 0.05)  # of the hours that are used where these have no limit
MONEY_PRICES = 14
_HALVINGS = 24
_MONEY, _HOURS = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """Plans that are each the best for what they use up.

    choices: (plans, n) the options
    used: (plans, resources) what they use up
    gains: (plans,) expected gain after cost [money]
    """

    choices: Choices
    used: Floats
    gains: Floats

    def as_json(self, actions: list[str], draws: Floats) -> list[dict[str, Any]]:
        """A row a plan, with the interval of its joint draws (draws, plans)."""
        low, high = ends_of(draws)
        counts = counts_of(self.choices, len(actions))
        return [
            {
                **dict(zip(USED, used.tolist(), strict=True)),
                "expected_gain": float(self.gains[row]),
                "expected_gain_low": float(low[row]),
                "expected_gain_high": float(high[row]),
                "customers_by_action": by_action(actions, counts[row]),
            }
            for row, used in enumerate(self.used)
        ]


def alternatives_of(gains: Floats, uses: Floats, limits: Floats, budgets: Budgets) -> Alternatives:
    """The plans at the prices of money that the frontier knows, for some numbers of hours each."""
    free = np.concatenate([[np.inf, np.inf], limits[2:]])
    whole = allocate(gains, uses, free)
    seen: dict[bytes, tuple[Choices, Floats, float]] = {}
    for hours in _prices_of_hours(gains, uses, whole.prices, whole.used[_HOURS]):
        for money in _prices_of_money(budgets):
            prices = whole.prices.copy()
            prices[[_MONEY, _HOURS]] = money, hours
            choice, counts, gain = _at(prices, gains, uses)
            used = counts @ uses
            if np.all(used[2:] <= limits[2:]):
                seen[counts.tobytes()] = choice.astype(np.min_scalar_type(len(uses))), used, gain
    found = list(seen.values())
    return Alternatives(np.stack([each[0] for each in found]), *(np.array([e[k] for e in found]) for k in (1, 2)))


def _prices_of_money(budgets: Budgets) -> Floats:
    known = np.unique(np.concatenate([[0.0], budgets.marginal]))
    places = np.unique(np.linspace(0, len(known) - 1, MONEY_PRICES).round().astype(np.int64))
    return np.append(known[places], known[-1] * 1.01 + 1.0)  # at the last nobody is worth the money


def _prices_of_hours(gains: Floats, uses: Floats, prices: Floats, hours: float) -> list[float]:
    """No price; prices at which those shares of the hours are used; one that nobody pays."""
    takes = uses[:, _HOURS] > 0
    if hours <= 0:
        return [0.0]
    highest = float(np.max(gains[:, takes].max(axis=0, initial=0.0) / uses[takes, _HOURS], initial=0.0)) * 1.01 + 1.0
    found, low = [0.0], 0.0
    for share in SHARES:
        high = highest
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            at = prices.copy()
            at[_HOURS] = middle
            used = (_at(at, gains, uses)[1] @ uses)[_HOURS]
            low, high = (middle, high) if used > share * hours else (low, middle)
        found.append(high)
    return [*found, highest]


def _at(prices: Floats, gains: Floats, uses: Floats) -> tuple[Integers, Integers, float]:
    choice, counts = np.empty(len(gains), dtype=np.int64), np.empty(gains.shape[1], dtype=np.int64)
    gain, _ = choose(gains, uses @ prices, choice, counts)
    return choice, counts, float(gain)
