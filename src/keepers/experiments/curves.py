"""How well an order of customers finds those whom an action moves: uplift and Qini curves, on people held back.

Whoever made the order must not have seen the people that the curve is drawn on. Gains are weighted by 1 ÷
probability, so that lots with unequal chances are drawn rightly. Source: Radcliffe (2007), "Using control groups to
target on predicted lift"; the standard error follows Radcliffe and Surry's curve as a weighted mean of independent
people.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Gains by the share of people treated, best first.

    share: (points,) share treated.
    gain: (points,) what treating them gains, by head of everybody [the outcome's unit].
    at_random: (points,) what treating as many by lot gains.
    qini: area between the two [the outcome's unit per customer]; 0 for an order that knows nothing.
    qini_error: its standard error.
    """

    share: Floats
    gain: Floats
    at_random: Floats
    qini: float
    qini_error: float


def qini_curve(
    score: Floats, treated: NDArray[np.bool_], outcome: Floats, chance: Floats, *, points: int = 101
) -> Curve:
    """The curve of an order over people whom it has not seen.

    Args:
        score: (n,) who comes first: the highest.
        treated: (n,) who got the action.
        outcome: (n,) what came of it.
        chance: (n,) each one's chance of being treated.
        points: how many points to return of the curve; the area uses all people.
    """
    count = len(score)
    parts = qini_parts(score, treated, outcome, chance)
    at = np.linspace(0, 1, points)
    order = np.argsort(-score, kind="stable")
    gain = np.concatenate([[0.0], np.cumsum(lifts(treated, outcome, chance)[order])]) / count
    return Curve(
        share=at,
        gain=np.interp(at, np.arange(count + 1) / count, gain),
        at_random=at * gain[-1],
        qini=float(parts.mean()),
        qini_error=float((parts - parts.mean()).std() / np.sqrt(count)),
    )


def qini_parts(score: Floats, treated: NDArray[np.bool_], outcome: Floats, chance: Floats) -> Floats:
    """(n,) each one's part in `Curve.qini`, which is their mean: to compare two orders person by person."""
    return lifts(treated, outcome, chance) * (0.5 - _places(score))


def lifts(treated: NDArray[np.bool_], outcome: Floats, chance: Floats) -> Floats:
    """(n,) a noisy but unbiased effect of each: arms' weights set to add up to everybody (Hájek), around their mean.

    Outcomes are taken around the mean of both arms, which moves no expectation and lessens the noise.
    """
    to_treated = treated / chance
    to_held = ~treated / (1 - chance)
    to_treated, to_held = to_treated / to_treated.mean(), to_held / to_held.mean()
    middle = (np.mean(to_treated * outcome) + np.mean(to_held * outcome)) / 2
    effect = np.mean(to_treated * outcome) - np.mean(to_held * outcome)
    around = outcome - middle
    parts: Floats = (to_treated - to_held) * around
    return parts + float(effect - parts.mean())


def _places(score: Floats) -> Floats:
    """(n,) the share of people ahead of each, highest score first; those who tie share the middle of their places."""
    _, member, counts = np.unique(-score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middles = (ends - counts / 2) / len(score)
    places: Floats = middles[member]
    return places
