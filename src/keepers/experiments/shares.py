"""By what share an action lifts whom: more among some words that customers are told apart by than among others.

A letter may move those who came by letter, and hardly anybody else. Of each customer who was tried there is a noisy,
unbiased effect (`targeting.pseudo_outcomes`); it is taken to be their usual outcome times a share, and the share a sum:

    share = μ + Σ over groupings of δ[grouping, word]

The δ of a grouping scatter around nothing with a standard deviation τ of its own, so that a grouping that tells nothing
is drawn to nothing, and one that tells much stays whole. The τ are not estimated and then believed: the answer is
averaged over what the data leave possible of them, with half-normal priors (as in `pooling`; Gelman, Bayesian Data
Analysis, section 5.4 and 15). They are drawn from these priors, and each draw counts by how probable it makes the data.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.experiments.targeting import Floats

Words = Mapping[str, pa.DictionaryArray]
"""Grouping → (n,) each customer's word in it, by numbers of a few words; null where it is not known."""

DRAWS = 400
LEAST_WEIGHED = 0.2  # usual outcomes below this share of the mean are weighed as if there
_SEED = 30


@dataclass(frozen=True, slots=True)
class Shares:
    """Grouping → word → by how much its share differs from the share of all who were tried."""

    by_word: Mapping[str, Mapping[str, float]]

    def differences(self, words: Words) -> Floats:
        """(n,) by how much the share of each customer differs from that of those who were tried."""
        size = len(next(iter(words.values()), ()))
        found = np.zeros(size)
        for grouping, differs in self.by_word.items():
            if grouping in words:
                known = words[grouping].dictionary.to_pylist()
                found += np.array([*(differs.get(word, 0.0) for word in known), 0.0])[_numbers(words[grouping])]
        return found


def learn_shares(effects: Floats, usual: Floats, words: Words, *, scale: float, spread: float) -> Shares:
    """The shares of the words.

    Args:
        effects: (n,) noisy, unbiased effects of those who were tried [outcome].
        usual: (n,) their outcome without the action; not all 0 [outcome].
        words: what tells them apart; a grouping in which all have the same word is left out.
        scale: of the half-normal prior of each τ.
        spread: standard deviation of the prior of μ, around nothing.
    """
    in_use = {name: pc.unique(some).drop_null().to_pylist() for name, some in words.items()}
    labels = [(name, word) for name, some in in_use.items() if len(some) > 1 for word in sorted(filter(None, some))]
    if not labels:
        return Shares({})
    numbers = {name: (_numbers(words[name]), words[name].dictionary.to_pylist()) for name, _ in labels}
    belongs = np.column_stack([numbers[name][0] == numbers[name][1].index(word) for name, word in labels])
    columns = usual[:, None] * np.column_stack([np.ones(len(usual)), belongs])
    weight = 1.0 / np.maximum(usual, LEAST_WEIGHED * usual.mean())
    around = effects - usual * (weight * usual @ effects) / (weight * usual @ usual)
    weight /= float(weight @ around**2) / len(around)
    groupings = list(numbers)
    place = np.array([groupings.index(name) for name, _ in labels], dtype=np.intp)
    mean = _averaged(columns, effects, weight, place, len(groupings), scale=scale, spread=spread)
    shares, by_word = mean[1:], dict[str, dict[str, float]]()
    for number, name in enumerate(groupings):
        own = place == number
        middle = float(usual @ (belongs[:, own] @ shares[own]) / usual.sum())
        in_it = [word for grouping, word in labels if grouping == name]
        by_word[name] = dict(zip(in_it, (shares[own] - middle).tolist(), strict=True))
    return Shares(by_word)


def _numbers(words: pa.DictionaryArray) -> NDArray[np.int64]:
    """(n,) the place of each word in the dictionary; beyond the last where it is not known."""
    return np.asarray(pc.fill_null(words.indices, len(words.dictionary)).to_numpy(zero_copy_only=False))


def _averaged(
    columns: Floats,
    effects: Floats,
    weight: Floats,
    place: NDArray[np.intp],
    groupings: int,
    *,
    scale: float,
    spread: float,
) -> Floats:
    """(1 + words,) posterior means of μ and the δ, averaged over the τ."""
    inner, along = (columns * weight[:, None]).T @ columns, (columns * weight[:, None]).T @ effects
    taus = scale * np.abs(np.random.default_rng(_SEED).standard_normal((DRAWS, groupings)))
    logs, means = np.empty(DRAWS), np.empty((DRAWS, columns.shape[1]))
    for draw, tau in enumerate(np.maximum(taus, 1e-3 * scale)):
        before = np.concatenate([[spread], tau[place]]) ** 2
        factor = np.linalg.cholesky(inner + np.diag(1.0 / before))
        white = np.linalg.solve(factor, along)
        means[draw] = np.linalg.solve(factor.T, white)
        logs[draw] = 0.5 * white @ white - np.log(np.diag(factor)).sum() - 0.5 * np.log(before).sum()
    counts = np.exp(logs - logs.max())
    return np.asarray(counts @ means / counts.sum())
