"""Several models of orders as one: each draw of the parameters belongs to one of them.

Where data do not tell which of several models is right, a forecast that is shared out among them is better than the
best of them alone (Yao, Vehtari, Simpson and Gelman 2018, "Using stacking to average Bayesian predictive
distributions", Bayesian Analysis 13). A model's weight is its share of the draws: so customers' intervals, joint
totals, P(alive) and values all follow without formulas of their own.

Parameters of a draw are a row: the place of its model, that model's parameters, nan up to the longest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.posterior import Posterior
from keepers.clv.model import Future, PurchaseModel


@dataclass(frozen=True, slots=True)
class Drawn:
    """Parameters of the model at this place."""

    member: int
    own: Any


@dataclass(frozen=True, slots=True)
class DrawnFrom:
    """Makes parameters from their row."""

    models: tuple[PurchaseModel, ...]

    def from_array(self, values: Floats) -> Drawn:
        """From (1 + k,): the model's place, its parameters, nan where others have more."""
        member, own = round(float(values[0])), np.asarray(values[1:], dtype=np.float64)
        return Drawn(member, self.models[member].Parameters.from_array(own[~np.isnan(own)]))


@dataclass(frozen=True, slots=True)
class Mixture:
    """Models that share the draws: it offers whatever a forecast asks a `PurchaseModel` for, and is not fitted."""

    models: tuple[PurchaseModel, ...]

    @property
    def NAME(self) -> str:  # noqa: N802  as a model's module has it
        """The models' names."""
        return " and ".join(model.NAME for model in self.models)

    @property
    def Parameters(self) -> DrawnFrom:  # noqa: N802  as a model's module has it
        """Makes parameters from their row."""
        return DrawnFrom(self.models)

    def probability_alive(self, parameters: Drawn, histories: Histories, *, after: float = 0.0) -> Floats:
        """P(still a customer `after` time units from now), (n,)."""
        return self.models[parameters.member].probability_alive(parameters.own, histories, after=after)

    def expected_orders(self, parameters: Drawn, histories: Histories, **asked: Any) -> Floats:
        """Expected orders, (n,); asked as of a model."""
        return self.models[parameters.member].expected_orders(parameters.own, histories, **asked)

    def discounted_expected_orders(self, parameters: Drawn, histories: Histories, **asked: Any) -> Floats:
        """The same, each order discounted to now."""
        return self.models[parameters.member].discounted_expected_orders(parameters.own, histories, **asked)

    def order_count_pmf(self, parameters: Drawn, histories: Histories, **asked: Any) -> Floats:
        """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon."""
        return self.models[parameters.member].order_count_pmf(parameters.own, histories, **asked)

    def sample_future(self, parameters: Drawn, histories: Histories, alive: Floats, **asked: Any) -> Future:
        """Random futures given P(alive), (n,)."""
        return self.models[parameters.member].sample_future(parameters.own, histories, alive, **asked)


def mixture_of(models: Sequence[PurchaseModel]) -> PurchaseModel:
    """The mixture of several models; a single one is itself."""
    return models[0] if len(models) == 1 else cast("PurchaseModel", Mixture(tuple(models)))


def joined(posteriors: Sequence[Posterior]) -> Posterior:
    """The draws of several models' posteriors as those of their mixture, model after model; a single one is itself.

    The draws themselves stand for the weighted points; k̂ and worth are the worst of the models'.
    """
    if len(posteriors) == 1:
        return posteriors[0]
    width = max(each.parameters.shape[1] for each in posteriors)
    rows = [
        np.column_stack([np.full(len(each.parameters), place), _padded(each.parameters, width)])
        for place, each in enumerate(posteriors)
    ]
    draws = np.concatenate(rows)
    return Posterior(
        parameters=draws,
        method=" and ".join(dict.fromkeys(each.method for each in posteriors)),
        k_hat=max(each.k_hat for each in posteriors),
        effective_sample_size=min(each.effective_sample_size for each in posteriors),
        warnings=tuple(dict.fromkeys(sentence for each in posteriors for sentence in each.warnings)),
        points=draws,
        weights=np.full(len(draws), 1 / len(draws)),
    )


def members_of(model: PurchaseModel | Mixture, posterior: Posterior) -> Integers:
    """(draws,) the place of the model that each draw belongs to; 0 where there is only one."""
    if isinstance(model, Mixture):
        return posterior.parameters[:, 0].astype(np.int64)
    return np.zeros(len(posterior.parameters), dtype=np.int64)


def shared_out(weights: Sequence[float], draws: int) -> list[int]:
    """How many of the draws each model has: its weight's share, at least one, `draws` in all."""
    exact = np.asarray(weights, dtype=np.float64) / np.sum(weights) * draws
    counts = np.maximum(np.floor(exact), 1).astype(int)
    while counts.sum() != draws:
        step = 1 if counts.sum() < draws else -1
        open_to = np.where((step > 0) | (counts > 1), step * (exact - counts), -np.inf)
        counts[int(np.argmax(open_to))] += step
    return [int(count) for count in counts]


def _padded(rows: Floats, width: int) -> Floats:
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=np.nan)
