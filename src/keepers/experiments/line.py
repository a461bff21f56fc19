"""An effect that is a sum over few directions, each of them nothing or clear.

Fitted to doubly robust pseudo-outcomes; every direction is drawn towards nothing by a horseshoe prior (Carvalho, Polson
and Scott 2010; sampled as by Makalic and Schmidt 2016): most coefficients vanish, clear ones stay whole. One direction
is special: that an action lifts everybody by the same *share* of what was to be expected. Its prior lies halfway
between the same share and the same amount. What the other directions are is the line's form.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Form = Callable[[Floats], Floats]
RIDGE = 100.0
DRAWS, WARM_UP = 300, 150
LEAST_EXPECTED = 0.2  # expected outcomes below this share of the mean count as if there
PARTS = 4  # into which steps divide the people by a column
BENDS = 12  # steps and products that a bent line looks at


@dataclass(frozen=True, slots=True)
class Line:
    """What was learned.

    middle, spread: (k,) of what was known. expects: (k + 1,) the outcome to be expected without regard to the action.
    usual: the mean of that.
    form: makes directions of columns in their own spread, (n, k).
    centre, coefficients: (directions,) the share's first.
    mean: the mean effect.
    """

    middle: Floats
    spread: Floats
    expects: Floats
    usual: float
    form: Form
    centre: Floats
    coefficients: Floats
    mean: float

    def differences(self, known: Floats) -> Floats:
        """(n,) by how much each one's effect differs from the mean one [the outcome's unit per customer]."""
        found: Floats = (self.directions(known) - self.centre) @ self.coefficients
        return found

    def directions(self, known: Floats) -> Floats:
        """(n, directions) of people."""
        flat = standing(known, self.middle, self.spread)
        return np.column_stack([self.mean * self.relative(flat), self.form(flat)])

    def relative(self, flat: Floats) -> Floats:
        """(n,) what was to be expected ÷ the mean of that."""
        found: Floats = (self.expects[0] + flat @ self.expects[1:]) / self.usual
        return found


def straight(flat: Floats) -> Floats:
    """Each column moves the effect by an amount."""
    return flat


def bent(known: Floats, pseudo: Floats) -> Form:
    """Columns, the steps at their quartiles and the products of two that stand out most: for what works in between.

    A column whose quartiles fall on one value, such as a word that fits or not, has no steps.
    """
    flat = standing(known, *scale(known))
    line = ridge(flat, pseudo)
    left = pseudo - line[0] - flat @ line[1:]
    pairs = np.column_stack(np.tril_indices(flat.shape[1], -1))
    clear_pairs = _clear_products(flat, left)[pairs[:, 0], pairs[:, 1]]
    quartiles = [np.unique(cuts) for cuts in np.quantile(flat, np.arange(1, PARTS) / PARTS, axis=0).T]
    steps = [(at, cut) for at, cuts in enumerate(quartiles) if len(cuts) > 1 for cut in cuts]
    clear_steps = [_clear(flat[:, at] > cut, left) for at, cut in steps]
    best = np.argsort(-np.concatenate([clear_pairs, clear_steps]), kind="stable")[:BENDS]
    chosen_pairs = pairs[best[best < len(pairs)]].T
    chosen_steps = [steps[place - len(pairs)] for place in best if place >= len(pairs)]

    def form(flat: Floats) -> Floats:
        products = flat[:, chosen_pairs[0]] * flat[:, chosen_pairs[1]]
        return np.column_stack([flat, products, *(flat[:, at] > cut for at, cut in chosen_steps)])

    return form


def _clear_products(flat: Floats, left: Floats) -> Floats:
    """(k, k) how clearly the product of two columns tells of what is left: squared standard errors, times σ²."""
    mean = flat.T @ flat / len(flat)
    square = (flat**2).T @ flat**2 - len(flat) * mean**2
    along = (flat * left[:, None]).T @ flat
    found: Floats = along**2 / np.maximum(square, 1e-9 * len(flat))
    return found


def _clear(step: NDArray[np.bool_], left: Floats) -> float:
    """The same of a step."""
    share = float(step.mean())
    return float(left[step].sum()) ** 2 / max(len(step) * share * (1 - share), 1e-9 * len(step))


def fitted(known: Floats, outcome: Floats, pseudo: Floats, form: Form, generator: np.random.Generator) -> Line:
    """Learn a line.

    Args:
        known: (n, k) what was known before, nan where it was not.
        outcome: (n,) what came.
        pseudo: (n,) a noisy, unbiased effect of each.
        form: which directions.
        generator: draws the coefficients.
    """
    middle, spread = scale(known)
    flat = standing(known, middle, spread)
    expects = ridge(flat, outcome)
    usual = float(expects[0])
    if usual <= 0:  # outcomes that add up to a loss have no share to lift
        expects, usual = np.eye(flat.shape[1] + 1)[0], 1.0
    line = Line(middle, spread, expects, usual, form, np.zeros(0), np.zeros(0), float(pseudo.mean()))
    directions = line.directions(known)
    # outcomes scatter with what is expected; half of the way to their variance, which is itself only guessed
    weight = np.maximum(line.relative(flat), LEAST_EXPECTED) ** -0.5
    weight /= weight.mean()
    around = pseudo - weight @ pseudo / len(weight)
    coefficients = _horseshoe(directions - weight @ directions / len(weight), around, weight, generator)
    return replace(line, centre=directions.mean(axis=0), coefficients=coefficients)


def scale(known: Floats) -> tuple[Floats, Floats]:
    """(k,) middle and spread of columns; 1 for the spread of a column that says the same of everybody."""
    counts = np.maximum(np.sum(~np.isnan(known), axis=0), 1)
    middle = np.nansum(known, axis=0) / counts
    spread = np.sqrt(np.nansum((known - middle) ** 2, axis=0) / counts)
    return middle, np.where(spread > 0, spread, 1.0)


def standing(known: Floats, middle: Floats, spread: Floats) -> Floats:
    """Columns around their middle in their own spread; what is unknown lies in the middle."""
    flat: Floats = np.nan_to_num((known - middle) / spread, nan=0.0)
    return flat


def ridge(flat: Floats, outcome: Floats) -> Floats:
    """(k + 1,) intercept and coefficients, drawn in a little."""
    middle = flat.mean(axis=0)
    around = flat - middle
    inner = around.T @ around + RIDGE * np.eye(flat.shape[1])
    slopes = np.linalg.solve(inner, around.T @ (outcome - outcome.mean()))
    return np.concatenate([[outcome.mean() - middle @ slopes], slopes])


def _horseshoe(directions: Floats, target: Floats, weight: Floats, generator: np.random.Generator) -> Floats:
    """(k,) mean coefficients: the first near one half, the others nothing or clear.

    Sampled from sums of squares alone, so a million people cost no more draws than a thousand.
    """
    count, width = directions.shape
    noise = float(weight @ target**2 / count)
    inner = (directions * weight[:, None]).T @ directions / noise
    along = (directions * weight[:, None]).T @ target / noise
    unit = noise / count  # variance of a coefficient that is known from everybody
    local, slack = np.ones(width), np.ones(width)
    whole, loose = 1.0, 1.0
    total = np.zeros(width)
    for turn in range(-WARM_UP, DRAWS):
        precision = 1 / (local * whole * unit)
        precision[0] = 4.0  # a standard deviation of one half around one half
        factor = np.linalg.cholesky(inner + np.diag(precision))
        right = along.copy()
        right[0] += precision[0] * 0.5
        halfway = np.column_stack([np.linalg.solve(factor, right), generator.standard_normal(width)])
        mean, around = np.linalg.solve(factor.T, halfway).T
        drawn = mean + around
        square = drawn[1:] ** 2 / unit
        local[1:] = np.clip(
            (1 / slack[1:] + square / (2 * whole)) / generator.standard_gamma(1.0, width - 1), 1e-8, 1e8
        )
        slack[1:] = (1 + 1 / local[1:]) / generator.standard_gamma(1.0, width - 1)
        spent = 1 / loose + float((square / local[1:]).sum()) / 2
        whole = float(np.clip(spent / generator.standard_gamma(width / 2), 1e-6, 1e6))
        loose = (1 + 1 / whole) / generator.standard_gamma(1.0)
        if turn >= 0:
            total += mean
    return total / DRAWS
