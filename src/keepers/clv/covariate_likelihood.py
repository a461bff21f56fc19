"""The likelihood of a model whose α and β (b) depend on who the customer is, put together pattern by pattern.

Each pattern's customers have the model's own log parameters, the second and the fourth shifted by −γ'z and −δ'z. So the
derivatives in the effects are those in log α and log β, times −z: nothing has to be derived anew, and nothing is
computed twice. One pattern costs one call of the model's likelihood.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from keepers.clv.fitting import Likelihood
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.model import PurchaseModel
from keepers.clv.posterior import Prior

PARAMETERS = 4  # of the models that can be told apart by covariates
_RATE, _DROPOUT = 1, 3


class RateModel(PurchaseModel, Protocol):
    """A model of orders with four parameters: (r, α) of the purchase rate and (s, β) or (a, b) of dropout."""

    def prior(self, histories: Histories) -> Prior:
        """The weak prior of the logarithms of its parameters."""
        ...

    def likelihood(self, histories: Histories) -> Likelihood:
        """The summed log-likelihood of the logarithms of its parameters."""
        ...


def shifted_likelihood(model: RateModel, patterns: Floats, histories: Histories, pattern: Integers) -> Likelihood:
    """The summed log-likelihood of the (4 + 2p,) logarithms of parameters and multipliers."""
    parts = _Parts(model, patterns, histories, pattern)
    return Likelihood(parts.value, parts.gradient, lambda at: parts.together(at)[2], parts.together)


def shifted(log_parameters: Floats, patterns: Floats) -> Floats:
    """(m, 4) the model's own log parameters of each pattern."""
    columns = patterns.shape[1]
    own = np.tile(log_parameters[:PARAMETERS], (len(patterns), 1))
    own[:, _RATE] -= patterns @ log_parameters[PARAMETERS : PARAMETERS + columns]
    own[:, _DROPOUT] -= patterns @ log_parameters[PARAMETERS + columns :]
    return own


def rows_by_pattern(pattern: Integers) -> Iterator[tuple[int, Integers]]:
    """Each pattern with its rows."""
    order = np.argsort(pattern, kind="stable")
    edges = np.flatnonzero(np.diff(pattern[order], prepend=-1, append=-1)) if len(order) else np.zeros(1, dtype=int)
    for low, high in pairwise(edges):
        yield int(pattern[order[low]]), order[low:high]


class _Parts:
    """The likelihood of each pattern's customers; the latest answer is kept, because a search asks for it again."""

    def __init__(self, model: RateModel, patterns: Floats, histories: Histories, pattern: Integers) -> None:
        pieces = list(rows_by_pattern(pattern))
        self.patterns: Floats = patterns[[place for place, _ in pieces]]
        self.parts = [model.likelihood(replace(histories.at(rows), pattern=None)) for _, rows in pieces]
        self._latest: tuple[bytes, tuple[float, Floats, Floats]] | None = None

    def value(self, at: Floats) -> float:
        return sum(part.value(own) for part, own in self._each(at))

    def gradient(self, at: Floats) -> tuple[float, Floats]:
        if self._latest is not None and self._latest[0] == at.tobytes():
            return self._latest[1][:2]
        found = [part.gradient(own) for part, own in self._each(at)]
        return sum(value for value, _ in found), self._in_all(np.array([slope for _, slope in found]))

    def together(self, at: Floats) -> tuple[float, Floats, Floats]:
        if self._latest is None or self._latest[0] != at.tobytes():
            found = [part.all_at(own) for part, own in self._each(at)]
            bends = np.array([bend for _, _, bend in found])
            rows = np.stack([self._in_all_rows(bends[:, k]) for k in range(PARAMETERS)], axis=1)
            slope = self._in_all(np.array([slope for _, slope, _ in found]))
            self._latest = (at.tobytes(), (sum(value for value, _, _ in found), slope, self._bend_in_all(rows)))
        return self._latest[1]

    def _each(self, at: Floats) -> Iterator[tuple[Likelihood, Floats]]:
        return zip(self.parts, shifted(at, self.patterns), strict=True)

    def _in_all(self, slopes: Floats) -> Floats:
        """(4 + 2p,) summed slopes from those of each pattern (m, 4)."""
        return np.concatenate(
            [slopes.sum(axis=0), -slopes[:, _RATE] @ self.patterns, -slopes[:, _DROPOUT] @ self.patterns]
        )

    def _in_all_rows(self, slopes: Floats) -> Floats:
        """(m, 4 + 2p) the same before they are summed."""
        return np.hstack([slopes, -slopes[:, [_RATE]] * self.patterns, -slopes[:, [_DROPOUT]] * self.patterns])

    def _bend_in_all(self, rows: Floats) -> Floats:
        """(4 + 2p, 4 + 2p) summed bends; `rows` (m, 4, 4 + 2p) have one side in all parameters."""
        return np.vstack([rows.sum(axis=0), -self.patterns.T @ rows[:, _RATE], -self.patterns.T @ rows[:, _DROPOUT]])
