"""A small share of customers gets by lot what a plan would not give them, so that the next plan knows more.

An explorer draws evenly among doing nothing and the options that are expected to add something for them: nothing is
spent on what is expected to lose. Explorers are expected to use up a tenth of any limit at most; what they leave is
allocated to all others. Everybody's chance of the option that they got is told, so that what is learned can be weighted
rightly.
"""

from dataclasses import dataclass, replace

import numpy as np

from keepers.decisions.allocating.allocation import Allocation, allocate
from keepers.decisions.terms.effects import Flags, Floats, Integers

MOST_OF_A_LIMIT = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Exploring:
    """Who explores and what, by lot.

    share: of the customers [0–1]
    who, what: (n,) lots, even on 0–1: the lowest explore; which of their options they draw
    """

    share: float
    who: Floats
    what: Floats


def explored(
    allocation: Allocation, gains: Floats, uses: Floats, limits: Floats, exploring: Exploring
) -> tuple[Allocation, Floats]:
    """The allocation with explorers in it, and (n,) everybody's chance of the option that they got.

    Args:
        allocation: the best within the limits.
        gains: (n, options) that it was found from [money].
        uses: (options, resources) likewise.
        limits: (resources,) likewise.
        exploring: the lots.
    """
    open_to = gains > 0
    open_to[:, 0] = True
    count = open_to.sum(axis=1)
    share = exploring.share * _as_far_as_limits_allow(open_to, count, uses, limits, exploring.share)
    may = count > 1
    explores = may & (exploring.who < share)
    drawn = _drawn(open_to, np.minimum((exploring.what * count).astype(np.int64), count - 1))
    left = limits - np.bincount(drawn[explores], minlength=len(uses)) @ uses
    if not explores.any() or np.any(left < 0):
        return allocation, np.ones(len(gains))
    choice, others = drawn.copy(), np.flatnonzero(~explores)
    choice[others] = allocate(gains[others], uses, left).choice
    by_lot = np.where(may, share, 0.0)
    chance = by_lot * open_to[np.arange(len(gains)), choice] / count
    chance += np.where(~explores | (choice == allocation.choice), 1.0 - by_lot, 0.0)
    gain = float(gains[np.arange(len(gains)), choice].sum())
    used = np.bincount(choice, minlength=len(uses)) @ uses
    return replace(allocation, choice=choice, gain=gain, used=used), chance


def _as_far_as_limits_allow(open_to: Flags, count: Integers, uses: Floats, limits: Floats, share: float) -> float:
    """The part of the share at which explorers are expected to use no more than they may of any limit."""
    expected = share * ((open_to[count > 1] / count[count > 1, None]) @ uses).sum(axis=0)
    scarce = np.isfinite(limits) & (expected > 0)
    return float(np.min(MOST_OF_A_LIMIT * limits[scarce] / expected[scarce], initial=1.0))


def _drawn(open_to: Flags, place: Integers) -> Integers:
    """(n,) the option that stands at this place among those open to somebody."""
    return np.asarray(np.argmax(np.cumsum(open_to, axis=1) > place[:, None], axis=1))
