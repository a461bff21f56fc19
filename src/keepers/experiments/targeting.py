"""On whom an action works: each customer's effect, learned from lots, believing in differences as far as they earn it.

With spend that is zero for 99 of a hundred, trees see patterns in noise. So the effect is a sum of few directions
(`line.py`), fitted to doubly robust pseudo-outcomes (Kennedy 2023, "Towards optimal doubly robust estimation of
heterogeneous causal effects"). Lines of several forms are learned, and stacked (Wolpert 1992, "Stacked
generalization"): each counts as far as its differences came back on people not seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from keepers.core.errors import KeepersError
from keepers.experiments.curves import Curve, qini_curve
from keepers.experiments.line import Line, bent, fitted, ridge, scale, standing, straight

Floats = NDArray[np.float64]
FOLDS = 5
FEWEST = 200
TRUST = np.array([1.0, 0.0])  # how much of its differences a straight and a bent line count beforehand
TRUST_PRIOR = 4.0  # precision of that
LEAST_TRUST = 0.05


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
    """What was learned.

    mean: the mean effect.
    lines: what each form of a line learned.
    trust: (lines,) by how much of its differences each counts.
    """

    mean: float
    lines: tuple[Line, ...]
    trust: Floats

    def effects(self, known: Floats) -> Floats:
        """(n,) the mean effect expected of each [the outcome's unit per customer]."""
        return self.mean + np.column_stack([line.differences(known) for line in self.lines]) @ self.trust


def learn(tried: Tried, generator: np.random.Generator) -> Targeting:
    """Learn on whom the action works, and draw the answer in by how well it held on people not seen.

    Raises:
        NotLearnableError: fewer than `FEWEST` people in an arm, or none of them with an outcome.
    """
    if min(int(tried.treated.sum()), int((~tried.treated).sum())) < FEWEST or not tried.outcome.any():
        raise NotLearnableError(f"It takes {FEWEST} people with the action and as many without to learn whom it moves.")
    pseudo = pseudo_outcomes(tried, generator)
    lines = _lines(tried, pseudo, generator)
    return Targeting(float(pseudo.mean()), lines, _trust(_unseen(tried, pseudo, generator), pseudo))


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
    fold = _folds(tried, generator)
    expected = np.empty((2, len(fold)))
    for left_out in range(FOLDS):
        for kind in (0, 1):
            seen = (fold != left_out) & (tried.treated == bool(kind))
            middle, spread = scale(tried.known[seen])
            line = ridge(standing(tried.known[seen], middle, spread), tried.outcome[seen])
            out = standing(tried.known[fold == left_out], middle, spread)
            expected[kind, fold == left_out] = line[0] + out @ line[1:]
    missed_with = tried.treated / tried.chance * (tried.outcome - expected[1])
    missed_without = ~tried.treated / (1 - tried.chance) * (tried.outcome - expected[0])
    effects: Floats = expected[1] - expected[0] + missed_with - missed_without
    return effects


def _folds(tried: Tried, generator: np.random.Generator) -> NDArray[np.intp]:
    """(n,) each one's fold, dealt in an order of what is known of them: the order of rows changes nothing."""
    told = np.column_stack([standing(tried.known, *scale(tried.known)), tried.treated, tried.outcome])
    order = np.argsort((told * generator.standard_normal(told.shape[1])).sum(axis=1), kind="stable")
    fold = np.empty(len(order), dtype=np.intp)
    fold[order] = generator.permutation(np.arange(len(order)) % FOLDS)
    return fold


def _lines(tried: Tried, pseudo: Floats, generator: np.random.Generator) -> tuple[Line, ...]:
    """A straight one and a bent one."""
    forms = (straight, bent(tried.known, pseudo))
    return tuple(fitted(tried.known, tried.outcome, pseudo, form, generator) for form in forms)


def _unseen(tried: Tried, pseudo: Floats, generator: np.random.Generator) -> Floats:
    """(n, lines) the differences that lines predict of people whom they have not seen."""
    fold = _folds(tried, generator)
    predicted = np.empty((len(pseudo), len(TRUST)))
    for left_out in range(FOLDS):
        seen = fold != left_out
        lines = _lines(tried.only(seen), pseudo[seen], generator)
        predicted[~seen] = np.column_stack([line.differences(tried.known[~seen]) for line in lines])
    return predicted


def _trust(predicted: Floats, pseudo: Floats) -> Floats:
    """(lines,) how much of the predicted differences came back.

    The best linear predictor of Chernozhukov, Demirer, Duflo and Fernández-Val (2018), with two predictions. It is
    drawn towards `TRUST` (the prior has drawn the differences in already) as far as it is uncertain, by an error that
    allows for outcomes that scatter more where more is predicted. No line counts less than nothing, and both together
    at least `LEAST_TRUST` and at most 1: an order is never lost.
    """
    around = pseudo - pseudo.mean()
    inner = predicted.T @ predicted
    missed = (around - predicted @ TRUST) ** 2
    scatter = np.linalg.pinv((predicted * missed[:, None]).T @ predicted, hermitian=True)
    precision = inner @ scatter @ inner + TRUST_PRIOR * np.eye(len(TRUST))
    told = inner @ scatter @ (predicted.T @ around) + TRUST_PRIOR * TRUST
    factor = np.linalg.cholesky(precision)
    trust = nnls(factor.T, np.linalg.solve(factor, told))[0]
    total = float(trust.sum())
    return trust * (np.clip(total, LEAST_TRUST, 1.0) / total) if total > 0 else LEAST_TRUST * TRUST
