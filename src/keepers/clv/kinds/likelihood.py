"""The likelihood of a model whose α and β (b) depend on who the customer is, put together pattern by pattern.

Each pattern's customers have the model's own log parameters, the second and the fourth shifted by −γ'z and −δ'z. So the
derivatives in the effects are those in log α and log β, times −z: nothing has to be derived anew, and nothing is
computed twice. A pattern costs one call of the model's likelihood, or, where patterns have few customers (continuous
covariates), a turn of one compiled loop.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol, cast

import numpy as np

from keepers.clv import bg_nbd, mbg_nbd, pareto_nbd
from keepers.clv.beta_geometric.family import Family, log_gaps
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.fitting import Likelihood
from keepers.clv.inference.posterior import Prior
from keepers.clv.kinds import kernels
from keepers.clv.kinds.kernels import QUANTITIES, SLOPES
from keepers.clv.kinds.steady import Steady
from keepers.clv.model import PurchaseModel
from keepers.clv.numerics import special

PARAMETERS = 4  # of the models that can be told apart by covariates
_RATE, _DROPOUT = 1, 3
_LOWER = np.tril_indices(PARAMETERS)
_FEW_ROWS = 48  # a pattern, up to which one compiled loop beats a call a pattern
Sums = Callable[[Floats, int], Floats]
"""(m, 4) log parameters, and how many of the quantities are wanted -> (m, 15): value, slopes, bends of each pattern."""


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
        rows = [rows for _, rows in pieces]
        compiled = _compiled_sums(model, histories, rows) if len(histories) < _FEW_ROWS * len(rows) else None
        self.sums: Sums = compiled or _sums_by_call(model, histories, rows)
        self._latest: tuple[bytes, tuple[float, Floats, Floats]] | None = None

    def value(self, at: Floats) -> float:
        return float(self.sums(shifted(at, self.patterns), 1)[:, 0].sum())

    def gradient(self, at: Floats) -> tuple[float, Floats]:
        latest = self._latest
        if latest is not None and latest[0] == at.tobytes():
            return latest[1][:2]
        found = self.sums(shifted(at, self.patterns), SLOPES)
        return float(found[:, 0].sum()), self._in_all(found[:, 1:SLOPES])

    def together(self, at: Floats) -> tuple[float, Floats, Floats]:
        latest = self._latest
        if latest is None or latest[0] != at.tobytes():
            found = self.sums(shifted(at, self.patterns), QUANTITIES)
            bends = np.empty((len(found), PARAMETERS, PARAMETERS))
            for place, (j, k) in enumerate(zip(*_LOWER, strict=True), start=SLOPES):
                bends[:, j, k] = bends[:, k, j] = found[:, place]
            rows = np.stack([self._in_all_rows(bends[:, k]) for k in range(PARAMETERS)], axis=1)
            slope = self._in_all(found[:, 1:SLOPES])
            self._latest = latest = (at.tobytes(), (float(found[:, 0].sum()), slope, self._bend_in_all(rows)))
        return latest[1]

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


def _sums_by_call(model: RateModel, histories: Histories, rows: Sequence[Integers]) -> Sums:
    """One call of the model's likelihood a pattern: best where patterns have many rows."""
    parts = [model.likelihood(replace(histories.at(some), pattern=None)) for some in rows]

    def sums(own: Floats, quantities: int) -> Floats:
        found = np.zeros((len(parts), QUANTITIES))
        for part, logs, total in zip(parts, own, found, strict=True):
            if quantities == 1:
                total[0] = part.value(logs)
            elif quantities == SLOPES:
                total[0], total[1:SLOPES] = part.gradient(logs)
            else:
                total[0], total[1:SLOPES], bend = part.all_at(logs)
                total[SLOPES:] = bend[_LOWER]
        return found

    return sums


def _compiled_sums(model: RateModel, histories: Histories, rows: Sequence[Integers]) -> Sums | None:
    """One compiled loop over all patterns, for patterns of few rows; None for a model that has no such loop."""
    order, sizes = np.concatenate(rows), [len(some) for some in rows]
    edges, kind = np.concatenate([[0], np.cumsum(sizes)]), np.repeat(np.arange(len(rows)), sizes)
    past = histories.at(order)
    columns = past.age_at_last_order, past.age, past.weight
    if cast("object", model) is pareto_nbd:
        most = int(past.repeat_orders.max(initial=0))

        def of_pareto(own: Floats, quantities: int) -> Floats:
            found, rising = np.zeros((len(rows), QUANTITIES)), special.rising(float(np.exp(own[0, 0])), most)
            kernels.pareto(own, kind, rising, past.repeat_orders, *columns, quantities, found)
            return found

        return of_pareto
    family = _family_of(model)
    if family is None:
        return None
    orders = past.repeat_orders.astype(np.float64)
    gaps = np.bincount(kind, weights=past.weight * log_gaps(past, family), minlength=len(rows))

    def of_family(own: Floats, quantities: int) -> Floats:
        found = np.zeros((len(rows), QUANTITIES))
        kernels.beta_geometric(own, edges, orders, *columns, family.k, family.first, quantities, found)
        found[:, 0] += gaps
        return found

    return of_family


def _family_of(model: RateModel) -> Family | None:
    plain = cast("object", model)
    if isinstance(plain, Steady):
        return plain.family
    return Family(1, dropout_at_first_order=plain is mbg_nbd) if plain in (bg_nbd, mbg_nbd) else None
