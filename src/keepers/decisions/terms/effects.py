"""What an action does to how often customers order and how fast they leave: multipliers, and how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from keepers.core.errors import KeepersError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

ASSUMED, OBSERVED, RANDOMISED = "assumed", "observed", "randomised"
EVIDENCE = (ASSUMED, OBSERVED, RANDOMISED)  # from the weakest to the strongest
INTERVAL = 2 * 1.6448536269514722  # standard deviations between the 5 % and the 95 % point
WIDER = 3.0  # what is assumed is a guess: its spread counts so many times where data speak, or are to speak
MOSTLY = 0.5  # share of its doubt that lots must have taken for an effect to rest on them
FAR = 2.0  # or by how many of its standard deviations they must have moved it: then it is the guess no more
LEAST = 0.05  # a multiplier stays above zero in every draw
_SEED = 25


class InvalidEffectError(KeepersError):
    """An effect whose points are not in order, or whose evidence nobody knows."""


@dataclass(frozen=True, slots=True)
class Multiplier:
    """By how much a rate is multiplied: the mean, and the 5 % and 95 % points of what it may be [factor].

    known: share of the doubt about it that lots took away; 0 where none spoke of it [0–1]
    """

    mean: float = 1.0
    low: float = 1.0
    high: float = 1.0
    evidence: str = ASSUMED
    known: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.mean <= self.high:
            raise InvalidEffectError(
                f"An effect has mean {self.mean:g} between low {self.low:g} and high {self.high:g}, all above 0 and "
                "rising. Write it as { mean = 1.08, low = 1.0, high = 1.16 }: 1 changes nothing.",
            )
        if self.evidence not in EVIDENCE:
            raise InvalidEffectError(f'There is no evidence "{self.evidence}". Write {", ".join(EVIDENCE)}.')

    def at(self, strengths: Floats) -> Floats:
        """(draws,) multipliers at these strengths, a normal's quantiles: high where contact works well."""
        drawn: Floats = np.maximum(self.mean + strengths * (self.high - self.low) / INTERVAL, LEAST)
        return drawn

    @property
    def wider(self) -> float:
        """How many times as far as it says it may be off: what no lot spoke of is a guess."""
        return WIDER if self.evidence == ASSUMED and not self.known else 1.0

    @property
    def doubt(self) -> float:
        """Standard deviation of what it may be [factor]."""
        return self.wider * (self.high - self.low) / INTERVAL

    @property
    def changes_nothing(self) -> bool:
        """Whether it is 1 for sure."""
        return self.low == self.high == 1.0


def strengths(draws: int) -> Floats:
    """(draws,) evenly spaced quantiles of a standard normal in a random order, the same each time.

    One strength a joint draw for all actions: where contact works better than thought it does so at every level. So
    the doubts of different actions do not cancel out in a total.
    """
    levels = np.random.default_rng(_SEED).permutation((np.arange(draws) + 0.5) / draws)
    return np.asarray(ndtri(levels))


def weakest(evidence: Sequence[str]) -> str:
    """The weakest of these words: a gain rests on no more than that."""
    return min(evidence, key=EVIDENCE.index, default=ASSUMED)
