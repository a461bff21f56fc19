"""Kinds of customers as a run keeps them: the design that they were told apart by, and the fit of each kind read back.

A run keeps with its fit what the draws cannot say: the columns, each pattern once under the words that its customers
carry in `told_apart_as`, and the fitted multipliers. A customer read later then has the parameters of the run.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from keepers.clv import mbg_cnbd_k
from keepers.clv.calendars.models import without_calendar
from keepers.clv.covariates import CovariateParameters, WithCovariates
from keepers.clv.kinds.design import Column, Design
from keepers.clv.kinds.steady import Steady
from keepers.clv.model import PurchaseModel
from keepers.valuation.models import BY_NAME

if TYPE_CHECKING:
    from keepers.clv.kinds.likelihood import RateModel


@dataclass(frozen=True, slots=True)
class Kinds:
    """The model with covariates that a run was fitted with, and which pattern each kind of customer has."""

    model: WithCovariates
    patterns: Mapping[str, int]

    @property
    def plain_model(self) -> PurchaseModel:
        """The model without covariates."""
        return cast("PurchaseModel", self.model.model)

    def point_of(self, row: Mapping[str, Any], parameters: Mapping[str, Any]) -> CovariateParameters:
        """The fitted parameters: the model's own from a row's `parameters`, the multipliers from what was kept."""
        plain = self.model.model
        base = plain.Parameters.from_array([parameters[name] for name in plain.PARAMETER_NAMES])
        return CovariateParameters(base, np.array(row["purchase"]), np.array(row["dropout"]))

    def draws_of(self, draws: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
        """(draws, 4) parameters of the customers of one kind, from those of everybody (draws, 4 + 2p)."""
        each = (self.model.of_pattern(self.model.Parameters.from_array(row), self.patterns[kind]) for row in draws)
        return np.array([own.as_array() for own in each])


def kinds_to_keep(model: PurchaseModel, parameters: Any) -> dict[str, Any] | None:
    """What a run keeps of the design beside a fit; nothing where customers are not told apart."""
    if not isinstance(model, WithCovariates):
        return None
    design = model.design
    return {
        "columns": [asdict(column) for column in design.columns],
        "patterns": dict(zip(design.labels, (_held(values) for values in design.patterns), strict=True)),
        "purchase": parameters.purchase.tolist(),
        "dropout": parameters.dropout.tolist(),
        "stages": stages_of(model),
    }


def kept_kinds(name: str, kept: Mapping[str, Any]) -> Kinds:
    """The same, read back.

    Args:
        name: of the model.
        kept: what `kinds_to_keep` gave.
    """
    columns = tuple(Column(**column) for column in kept["columns"])
    patterns = np.zeros((len(kept["patterns"]), len(columns)))
    for row, held in zip(patterns, kept["patterns"].values(), strict=True):
        for column, value in held:
            row[column] = value
    design = Design(columns, patterns, np.full(len(patterns), 1 / len(patterns)))
    plain = Steady(kept["stages"]) if kept["stages"] is not None else cast("RateModel", BY_NAME[name])
    return Kinds(WithCovariates(plain, design), {label: place for place, label in enumerate(kept["patterns"])})


def stages_of(model: PurchaseModel) -> int | None:
    """The stages of a gap that a model with covariates stands at; None for any but MBG/CNBD-k."""
    if not isinstance(model, WithCovariates) or model.NAME != mbg_cnbd_k.NAME:
        return None
    plain, _ = without_calendar(cast("PurchaseModel", model.model))
    return cast("Steady", plain).k


def _held(values: NDArray[np.float64]) -> list[tuple[int, float]]:
    """The columns that are not zero, with their values: of many groups a customer is in few."""
    return [(int(column), float(values[column])) for column in np.flatnonzero(values)]
