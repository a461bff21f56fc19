"""Intervals that hold at every look: whoever peeks daily is wrong no more often than whoever looks once.

Asymptotic confidence sequences by Robbins' normal mixture: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021),
"Time-uniform central limit theory and asymptotic confidence sequences", theorem 2.2. With x = what was seen as a share
of what was planned, times a constant, the interval is

    estimate ± standard error · √( 2 (1 + 1/x) · log( √(x + 1) / (1 − level) ) ).

It holds for every x at once; the plan only says where it is narrowest. "Seen" is the variance collected so far: people
who have arrived or, where all were treated on one day, what they have ordered since (docs/models/experiments.md).
"""

from dataclasses import dataclass
from math import log, sqrt

LEVEL = 0.90


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and where the truth lies, whenever one looks."""

    mean: float
    low: float
    high: float


def always_valid(mean: float, standard_error: float, *, seen: float = 1.0, level: float = LEVEL) -> Interval:
    """The interval of an estimate that may be looked at again and again.

    Args:
        mean: the estimate.
        standard_error: of the estimate now, as if looked at once.
        seen: what was seen so far as a share of what was planned, above 1 beyond the plan. The plan must have been made
            before the first look.
        level: share of experiments whose intervals hold at all looks together.
    """
    half = standard_error * width(seen, level=level)
    return Interval(mean, mean - half, mean + half)


def width(seen: float, *, level: float = LEVEL) -> float:
    """Half the interval's width in standard errors: 2.8 at the plan's end for 90 %, where one look would have 1.6."""
    scaled = seen * _narrowest_at(level)
    return sqrt(2 * (1 + 1 / scaled) * (log(scaled + 1) / 2 - log(1 - level)))


def _narrowest_at(level: float) -> float:
    """The constant that makes the interval narrowest where what was seen is what was planned (appendix B.2)."""
    spent = -2 * log(1 - level)
    return spent + log(spent + 1)
