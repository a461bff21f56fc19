"""A new policy on trial before it is used: what would it have brought, told from lots drawn under the old one?

Exploration keeps that possible: a small share gets an arm by lot whatever the plan says, and everybody's chances of
every arm are kept. Off-policy evaluation: inverse propensity, the same self-normalised, and doubly robust (Dudík,
Langford and Li 2011, "Doubly robust policy evaluation and learning"; Swaminathan and Joachims 2015).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from keepers.core.errors import KeepersError
from keepers.experiments.intervals import LEVEL, Interval

Floats = NDArray[np.float64]
LEAST_WORTH = 30.0  # people that the weights must be worth


class NotExploredError(KeepersError):
    """A policy that does what nobody's lot ever tried."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What was done by lot and what came of it.

    arm: (n,) which arm each got. probability: (n,) the chance that it had. outcome: (n,) what came of it [money].
    """

    arm: NDArray[np.intp]
    probability: Floats
    outcome: Floats


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy would bring per customer [money], three ways, with the interval of a single look.

    worth_people: how many people the weights are worth, of all that were logged.
    """

    inverse: Interval
    normalised: Interval
    doubly_robust: Interval | None
    worth_people: float


def explored(chosen: NDArray[np.intp], arms: int, *, share: float) -> Floats:
    """(n, arms) chances: the plan's arm, but for a share that gets any arm by lot, all alike.

    Args:
        chosen: (n,) the arm that the plan chose.
        arms: how many there are.
        share: share that explores, 0–1.
    """
    chances = np.full((len(chosen), arms), share / arms)
    chances[np.arange(len(chosen)), chosen] += 1 - share
    return chances


def try_out(logged: Logged, policy: Floats, *, expected: Floats | None = None, level: float = LEVEL) -> Trial:
    """What a policy would have brought the logged people.

    Args:
        logged: what was done, with the chances.
        policy: (n, arms) chances of each arm under the policy.
        expected: (n, arms) outcomes that a model expects, fitted on other people; None: no doubly robust figure.
        level: of the intervals; they are for one look.

    Raises:
        NotExploredError: the policy rests on too few people who got what it would do.
    """
    rows = np.arange(len(logged.arm))
    weight = policy[rows, logged.arm] / logged.probability
    worth = float(weight.sum() ** 2 / max((weight**2).sum(), 1e-300))
    if worth < LEAST_WORTH:
        raise NotExploredError(
            f"What this policy would do was done by lot for the worth of {worth:.0f} people; it takes "
            f"{LEAST_WORTH:.0f}. Let a larger share explore first."
        )
    normalised = weight / weight.mean()
    ratio = float(np.mean(normalised * logged.outcome))
    robust = None
    if expected is not None:
        direct = (policy * expected).sum(axis=1)
        robust = _mean(direct + weight * (logged.outcome - expected[rows, logged.arm]), level)
    return Trial(
        inverse=_mean(weight * logged.outcome, level),
        normalised=_around(ratio, normalised * (logged.outcome - ratio), level),
        doubly_robust=robust,
        worth_people=worth,
    )


def _mean(parts: Floats, level: float) -> Interval:
    return _around(float(parts.mean()), parts - parts.mean(), level)


def _around(mean: float, residuals: Floats, level: float) -> Interval:
    half = float(norm.ppf((1 + level) / 2) * np.sqrt(np.mean(residuals**2) / len(residuals)))
    return Interval(mean, mean - half, mean + half)
