"""What covariates and groups do to the two rates, with intervals, and whether the data tell them apart at all."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from keepers.clv.covariates import CovariateParameters, WithCovariates
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.fitting import Fit
from keepers.clv.inference.posterior import Posterior
from keepers.clv.kinds.design import Column
from keepers.clv.kinds.pooling import told_apart

LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class Multiplier:
    """By how much a rate is multiplied: posterior median, and the 5 % and 95 % points."""

    middle: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves no doubt about the direction."""
        return self.low > 1.0 or self.high < 1.0


@dataclass(frozen=True, slots=True)
class Effect:
    """What one column does: a group against the average customer, a number for one step up.

    purchase, dropout: multipliers of the two rates
    """

    column: Column
    purchase: Multiplier
    dropout: Multiplier


@dataclass(frozen=True, slots=True)
class TermEffects:
    """What one term does.

    term: a grouping, or "" for all numbers together
    purchase_spread, dropout_spread: learned standard deviation of the effects on the log rates (τ) [–]
    purchase_differs, dropout_differs: whether the data are clearly likelier with it than without
    """

    term: str
    purchase_spread: float
    dropout_spread: float
    purchase_differs: bool
    dropout_differs: bool
    effects: tuple[Effect, ...]

    def as_json(self) -> dict[str, Any]:
        """The multipliers of each group or number, and how far they are spread."""
        return {
            "term": self.term,
            "spread": {"purchase": self.purchase_spread, "dropout": self.dropout_spread},
            "differs": {"purchase": self.purchase_differs, "dropout": self.dropout_differs},
            "levels": [
                {
                    "level": effect.column.title if effect.column.level is None else effect.column.level,
                    "customers": effect.column.customers,
                    "purchase": asdict(effect.purchase),
                    "dropout": asdict(effect.dropout),
                }
                for effect in self.effects
            ],
        }


def effects_of(
    model: WithCovariates, fit: Fit[CovariateParameters], posterior: Posterior, histories: Histories
) -> tuple[TermEffects, ...]:
    """Term by term what the fitted model says of the customers.

    Args:
        model: the model with its design.
        fit: of the same histories.
        posterior: draws around that fit.
        histories: (n,) what it was fitted to.
    """
    columns = len(model.design.columns)
    evidence, spread = model.evidence(fit, histories), model.learned(fit, histories)
    logs = np.log(posterior.points[:, -2 * columns :]) if columns else np.zeros((len(posterior.points), 0))
    found = []
    for term, members in model.design.blocks:
        purchase, dropout = (
            _multipliers(_against_average(logs[:, members + shift], model.design.columns, members), posterior.weights)
            for shift in (0, columns)
        )
        effects = tuple(
            Effect(model.design.columns[place], purchase[each], dropout[each]) for each, place in enumerate(members)
        )
        differs = [told_apart(evidence, spread, members + shift) for shift in (0, columns)]
        found.append(
            TermEffects(
                term,
                float(spread[members[0]]),
                float(spread[members[0] + columns]),
                purchase_differs=differs[0],
                dropout_differs=differs[1],
                effects=effects,
            )
        )
    return tuple(found)


def strongest(terms: tuple[TermEffects, ...], count: int = 2) -> tuple[str, ...]:
    """Sentences about the largest differences that are clear, purchase rates and dropout rates alike."""
    clear = [
        (abs(np.log(multiplier.middle)), _sentence(effect.column, rate, multiplier))
        for term in terms
        for effect in term.effects
        for rate, multiplier in (("purchase", effect.purchase), ("dropout", effect.dropout))
        if multiplier.is_clear
    ]
    return tuple(sentence for _, sentence in sorted(clear, reverse=True)[:count])


def no_differences(terms: tuple[TermEffects, ...]) -> Iterator[str]:
    """A sentence for each term whose groups the data do not tell apart."""
    for term in terms:
        if not term.purchase_differs and not term.dropout_differs:
            name = term.term or ", ".join(effect.column.title for effect in term.effects)
            yield f"{name}: customers do not measurably differ by it, neither in how often they order nor in leaving."


def _sentence(column: Column, rate: str, multiplier: Multiplier) -> str:
    does = "order" if rate == "purchase" else "leave"
    how = f"{multiplier.middle:.2f} times as often" if rate == "purchase" else f"{multiplier.middle:.2f} times as fast"
    surely = f"({multiplier.low:.2f}–{multiplier.high:.2f})"
    if column.is_group:
        return f"Customers of {column.term} {column.level} {does} {how} as the average customer {surely}."
    if column.level is not None:
        return f"Customers whose {column.term} is not known {does} {how} as others {surely}."
    return f"Customers with {column.step:.3g} more of {column.term} {does} {how} {surely}."


def _against_average(logs: Floats, columns: tuple[Column, ...], members: Integers) -> Floats:
    """(points, members) log multipliers; those of groups relative to the average customer's."""
    if not columns[members[0]].is_group:
        return logs
    customers = np.array([columns[place].customers for place in members])
    return np.asarray(logs - (logs @ (customers / customers.sum()))[:, None])


def _multipliers(logs: Floats, weights: Floats) -> list[Multiplier]:
    order = np.argsort(logs, axis=0)
    ordered = np.take_along_axis(logs, order, axis=0)
    reached = np.cumsum(weights[order], axis=0) - 0.5 * weights[order]
    return [
        Multiplier(*(float(np.exp(np.interp(p, reached[:, j], ordered[:, j]))) for p in (0.5, LOW, HIGH)))
        for j in range(logs.shape[1])
    ]
