"""How much to invest: what each further unit of money adds, and where spending stops paying."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.clv.predicting.ranges import ends_of
from keepers.decisions.allocating.allocation import Allocation, allocate
from keepers.decisions.terms.effects import Floats, Integers

Choices = NDArray[Any]  # places of options in as few bytes as these need
POINTS = 24
USED = ("cost", "staff_hours", "mailings", "calls", "visits")  # what a plan uses up of each resource, in their order


@dataclass(frozen=True, slots=True, eq=False)
class Budgets:
    """The best allocation at some budgets, everything else limited as in the plan.

    budgets: rising from 0; the last is what is spent when money has no limit [money]
    choices: (budgets, n) the options
    used: (budgets, resources) what they use up
    gains: (budgets,) expected gain after cost [money]
    marginal: (budgets,) what one more unit of money would add [money per money]
    """

    budgets: Floats
    choices: Choices
    used: Floats
    gains: Floats
    marginal: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """Gain against budget, (budgets,) each [money]; `low` and `high` from joint draws.

    used: (budgets, resources) what each spends
    counts: (budgets, options) customers of each option
    """

    budgets: Floats
    used: Floats
    counts: Integers
    gain: Floats
    low: Floats
    high: Floats
    marginal: Floats

    @property
    def stops_paying(self) -> float:
        """The budget beyond which more money adds nothing."""
        return float(self.budgets[-1])

    def as_json(self, actions: Sequence[str]) -> dict[str, Any]:
        """A row a budget, and where spending stops paying; `actions` says what each option is in words."""
        columns = {
            "budget": self.budgets,
            **dict(zip(USED, self.used.T, strict=True)),
            "expected_gain": self.gain,
            "expected_gain_low": self.low,
            "expected_gain_high": self.high,
            "marginal_return": self.marginal,
        }
        rows = [
            {name: float(values[row]) for name, values in columns.items()}
            | {"customers_by_action": by_action(actions, self.counts[row])}
            for row in range(len(self.budgets))
        ]
        return {"points": rows, "stops_paying": self.stops_paying}


def frontier_budgets(gains: Floats, uses: Floats, limits: Floats) -> Budgets:
    """The best allocation at budgets from nothing to where more adds nothing, closer together where money is scarce."""
    whole = allocate(gains, uses, np.concatenate([[np.inf], limits[1:]]))
    budgets = whole.used[0] * np.linspace(0.0, 1.0, POINTS) ** 2
    kept_as = np.min_scalar_type(len(uses))
    choices, reached = [np.zeros(len(gains), dtype=kept_as)], [0.0]
    marginal = [_first_return(gains, uses)]
    smaller = (allocate(gains, uses, np.concatenate([[budget], limits[1:]])) for budget in budgets[1:-1])
    for found in chain(smaller, [whole]):
        more = found.gain >= reached[-1]  # what a smaller budget pays for a larger one pays for too
        choices.append(found.choice.astype(kept_as) if more else choices[-1])
        reached.append(max(found.gain, reached[-1]))
        marginal.append(min(float(found.prices[0]), marginal[-1]))
    return Budgets(
        budgets=budgets,
        choices=np.stack(choices),
        used=counts_of(choices, len(uses)) @ uses,
        gains=np.array(reached),
        marginal=np.array(marginal),
    )


def or_better(allocation: Allocation, budgets: Budgets, uses: Floats, limits: Floats) -> Allocation:
    """The allocation, or the best of the budgets within the same limits where that gains more.

    With several limits both are near the best only, and a smaller budget can happen to come nearer.
    """
    place = int(np.searchsorted(budgets.budgets, limits[0], side="right")) - 1
    gain, choice = float(budgets.gains[place]), budgets.choices[place].astype(np.int64)
    if gain <= allocation.gain:
        return allocation
    used = np.bincount(choice, minlength=len(uses)) @ uses
    return replace(allocation, choice=choice, gain=gain, used=used, bound=max(allocation.bound, gain))


def frontier_of(budgets: Budgets, draws: Floats, *, options: int) -> Frontier:
    """The frontier with the interval of its joint draws (draws, budgets)."""
    low, high = ends_of(draws)
    counts = counts_of(budgets.choices, options)
    return Frontier(budgets.budgets, budgets.used, counts, budgets.gains, low, high, budgets.marginal)


def counts_of(choices: Iterable[Choices], options: int) -> Integers:
    """(points, options) how many customers each allocation gives each option."""
    return np.stack([np.bincount(choice, minlength=options) for choice in choices])


def by_action(actions: Sequence[str], counts: Integers) -> dict[str, int]:
    """How many customers get each action other than to do nothing, those with the most first."""
    found = [(int(count), action) for action, count in zip(actions, counts, strict=True) if count]
    return {action: count for count, action in sorted(found[1:] if counts[0] else found, key=lambda each: -each[0])}


def _first_return(gains: Floats, uses: Floats) -> float:
    """What the first unit of money adds."""
    paid = uses[:, 0] > 0
    return float(np.max(gains[:, paid].max(axis=0, initial=0.0) / uses[paid, 0], initial=0.0))
