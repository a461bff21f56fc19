"""On whom an action works: each customer's effect, learned from lots, believing in differences as far as they earn it.

With spend that is zero for 99 of a hundred, trees see patterns in noise. So the effect is a sum of few directions,
fitted to doubly robust pseudo-outcomes (Kennedy 2023, "Towards optimal doubly robust estimation of heterogeneous
causal effects"), and every direction is drawn towards nothing by a horseshoe prior (Carvalho, Polson and Scott 2010;
sampled as by Makalic and Schmidt 2016): most coefficients vanish, clear ones stay whole. One direction is special:
that an action lifts everybody by the same *share* of what was to be expected. Its prior lies halfway between the same
share and the same amount.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.experiments.curves import Curve, qini_curve

Floats = NDArray[np.float64]
FOLDS = 5
RIDGE = 100.0
DRAWS, WARM_UP = 600, 200
LEAST_WEIGHED = 0.2  # expected outcomes below this share of the mean are weighed as if there
FEWEST = 200
SLOPE_PRIOR = 4.0  # precision of the slope's prior around 1


class NotLearnableError(KeepersError):
    """Too few people to learn on whom an action works."""


@dataclass(frozen=True, slots=True)
class Tried:
    """People whose lot gave them the action or not.

    known: (n, k) what was known before, nan where it was not.
    treated, chance, outcome: (n,) whether they got it, their chance of it, and what came of it.
    """

    known: Floats
    treated: NDArray[np.bool_]
    chance: Floats
    outcome: Floats

    def only(self, rows: NDArray[np.bool_]) -> "Tried":
        """Some of them."""
        return Tried(self.known[rows], self.treated[rows], self.chance[rows], self.outcome[rows])


@dataclass(frozen=True, slots=True)
class Targeting:
    """What was learned: each draw a set of coefficients.

    middle, spread: (k,) of what was known. expects: (k + 1,) the outcome to be expected without regard to the action.
    centre: (k + 1,) of the directions. coefficients: (draws, k + 1), the share's direction first.
    mean: the mean effect.
    slope: how much of the differences came back on people who had not been seen, 0–1; effects are drawn in by it.
    """

    middle: Floats
    spread: Floats
    expects: Floats
    centre: Floats
    coefficients: Floats
    mean: float
    slope: float = 1.0

    def effects(self, known: Floats) -> Floats:
        """(n,) the mean effect expected of each [the outcome's unit a head]."""
        found: Floats = (self._directions(known) - self.centre) @ self.coefficients.mean(axis=0)
        return self.mean + self.slope * found

    def draws(self, known: Floats) -> Floats:
        """(n, draws) the same, one column a draw; how sure the mean effect itself is, is the experiment's own."""
        found: Floats = (self._directions(known) - self.centre) @ self.coefficients.T
        return self.mean + self.slope * found

    def _directions(self, known: Floats) -> Floats:
        flat = _flat(known, self.middle, self.spread)
        share = self.mean * (self.expects[0] + flat @ self.expects[1:]) / self.expects[0]
        return np.column_stack([share, flat])


def learn(tried: Tried, generator: np.random.Generator) -> Targeting:
    """Learn on whom the action works, and draw the answer in by how well it held on people not seen.

    Raises:
        NotLearnableError: fewer than `FEWEST` people in an arm, or none of them with an outcome.
    """
    if min(int(tried.treated.sum()), int((~tried.treated).sum())) < FEWEST or not tried.outcome.any():
        raise NotLearnableError(f"It takes {FEWEST} people with the action and as many without to learn whom it moves.")
    pseudo = pseudo_outcomes(tried, generator)
    found = _fitted(tried, pseudo, generator)
    return replace(found, slope=_slope(tried, pseudo, generator))


def judge(tried: Tried, generator: np.random.Generator) -> Curve:
    """The Qini curve on one half of the people of what the other half taught."""
    half = generator.permutation(np.arange(len(tried.outcome)) % 2) == 1
    rest = tried.only(~half)
    found = learn(tried.only(half), generator)
    return qini_curve(found.effects(rest.known), rest.treated, rest.outcome, rest.chance)


def pseudo_outcomes(tried: Tried, generator: np.random.Generator) -> Floats:
    """(n,) a noisy, unbiased effect of each: what models of the arms expect, and what they missed ÷ its chance.

    The models have not seen whom they speak of; the chances are those of the lots.
    """
    fold = generator.permutation(np.arange(len(tried.outcome)) % FOLDS)
    expected = np.empty((2, len(fold)))
    for left_out in range(FOLDS):
        for kind in (0, 1):
            seen = (fold != left_out) & (tried.treated == bool(kind))
            middle, spread = _scale(tried.known[seen])
            line = _ridge(_flat(tried.known[seen], middle, spread), tried.outcome[seen])
            out = _flat(tried.known[fold == left_out], middle, spread)
            expected[kind, fold == left_out] = line[0] + out @ line[1:]
    missed_with = tried.treated / tried.chance * (tried.outcome - expected[1])
    missed_without = ~tried.treated / (1 - tried.chance) * (tried.outcome - expected[0])
    effects: Floats = expected[1] - expected[0] + missed_with - missed_without
    return effects


def _fitted(tried: Tried, pseudo: Floats, generator: np.random.Generator) -> Targeting:
    middle, spread = _scale(tried.known)
    flat = _flat(tried.known, middle, spread)
    expects = _ridge(flat, tried.outcome)
    expected = expects[0] + flat @ expects[1:]
    mean = float(pseudo.mean())
    usual = float(expected.mean())
    if usual <= 0:  # outcomes that add up to a loss have no share to lift
        expects, expected, usual = np.eye(flat.shape[1] + 1)[0], np.ones(len(flat)), 1.0
    # outcomes scatter with what is expected; half of the way to their variance, which is itself only guessed
    weight = np.maximum(expected / usual, LEAST_WEIGHED) ** -0.5
    weight /= weight.mean()
    directions = np.column_stack([mean * expected / expects[0], flat])
    centre = weight @ directions / len(weight)
    around = pseudo - weight @ pseudo / len(weight)
    coefficients = _horseshoe(directions - centre, around, weight, generator)
    middle_of_all = directions.mean(axis=0)
    return Targeting(middle, spread, expects, middle_of_all, coefficients, mean)


def _horseshoe(directions: Floats, target: Floats, weight: Floats, generator: np.random.Generator) -> Floats:
    """(draws, k) coefficients: the first near one half, the others nothing or clear."""
    count, width = directions.shape
    noise = float(weight @ target**2 / count)
    inner = (directions * weight[:, None]).T @ directions / noise
    along = (directions * weight[:, None]).T @ target / noise
    unit = noise / count  # variance of a coefficient that is known from everybody
    local, slack = np.ones(width), np.ones(width)
    whole, loose = 1.0, 1.0
    kept = np.empty((DRAWS, width))
    for turn in range(-WARM_UP, DRAWS):
        precision = 1 / (local * whole * unit)
        precision[0] = 4.0  # a standard deviation of one half around one half
        factor = np.linalg.cholesky(inner + np.diag(precision))
        right = along.copy()
        right[0] += precision[0] * 0.5
        mean = np.linalg.solve(factor.T, np.linalg.solve(factor, right))
        drawn = mean + np.linalg.solve(factor.T, generator.standard_normal(width))
        square = drawn[1:] ** 2 / unit
        local[1:] = np.clip(
            (1 / slack[1:] + square / (2 * whole)) / generator.standard_gamma(1.0, width - 1), 1e-8, 1e8
        )
        slack[1:] = (1 + 1 / local[1:]) / generator.standard_gamma(1.0, width - 1)
        spent = 1 / loose + float((square / local[1:]).sum()) / 2
        whole = float(np.clip(spent / generator.standard_gamma(width / 2), 1e-6, 1e6))
        loose = (1 + 1 / whole) / generator.standard_gamma(1.0)
        if turn >= 0:
            kept[turn] = drawn
    return kept


def _slope(tried: Tried, pseudo: Floats, generator: np.random.Generator) -> float:
    """How much of the predicted differences came back in each fold that had not been seen.

    The best linear predictor of Chernozhukov, Demirer, Duflo and Fernández-Val (2018), drawn towards 1 (the prior has
    drawn the differences in already) as far as it is uncertain, and kept within 0.05 and 1: an order is never lost.
    """
    fold = generator.permutation(np.arange(len(pseudo)) % FOLDS)
    predicted = np.empty(len(pseudo))
    for left_out in range(FOLDS):
        seen = fold != left_out
        found = _fitted(tried.only(seen), pseudo[seen], generator)
        predicted[~seen] = found.effects(tried.known[~seen]) - found.mean
    square = float(predicted @ predicted)
    if square == 0:
        return 1.0
    around = pseudo - pseudo.mean()
    seen_slope = float(predicted @ around) / square
    precision = square**2 / float(predicted**2 @ (around - seen_slope * predicted) ** 2)
    return float(np.clip((seen_slope * precision + SLOPE_PRIOR) / (precision + SLOPE_PRIOR), 0.05, 1.0))


def _scale(known: Floats) -> tuple[Floats, Floats]:
    counts = np.maximum(np.sum(~np.isnan(known), axis=0), 1)
    middle = np.nansum(known, axis=0) / counts
    spread = np.sqrt(np.nansum((known - middle) ** 2, axis=0) / counts)
    return middle, np.where(spread > 0, spread, 1.0)


def _flat(known: Floats, middle: Floats, spread: Floats) -> Floats:
    """Columns around their middle in their own spread; what is unknown lies in the middle."""
    flat: Floats = np.nan_to_num((known - middle) / spread, nan=0.0)
    return flat


def _ridge(flat: Floats, outcome: Floats) -> Floats:
    """(k + 1,) intercept and coefficients, drawn in a little."""
    middle = flat.mean(axis=0)
    around = flat - middle
    inner = around.T @ around + RIDGE * np.eye(flat.shape[1])
    slopes = np.linalg.solve(inner, around.T @ (outcome - outcome.mean()))
    return np.concatenate([[outcome.mean() - middle @ slopes], slopes])
