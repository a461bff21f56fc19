"""What a plan knows of the customers: where each stands, and the draws of the fit that their futures come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepers.clv.drift import OwnChange
from keepers.clv.histories import Histories
from keepers.clv.inference.posterior import Posterior
from keepers.clv.model import PurchaseModel
from keepers.clv.spend import SpendModel
from keepers.decisions.terms.effects import Floats


@dataclass(frozen=True, slots=True)
class Part:
    """The customers who share the draws of a model, as the run had them.

    model: as fitted, under the calendar where there is one
    plain: the same without its calendar, in which time can be stretched
    posterior: draws of the parameters
    histories: (m,) theirs
    rows: (m,) their places among all customers
    """

    model: PurchaseModel
    plain: PurchaseModel
    posterior: Posterior
    histories: Histories
    rows: NDArray[np.int64]

    @property
    def draws(self) -> Floats:
        """(draws, k) parameters."""
        return self.posterior.parameters

    def drawn(self, draw: int) -> Any:
        """The parameters of a draw."""
        return self.model.Parameters.from_array(self.draws[draw])


@dataclass(frozen=True, slots=True, eq=False)
class Money:
    """The draws of what orders are worth, and by how much rates may miss, as the run had them.

    posterior, model: of the spend
    intensity: (draws,) multipliers on everybody's future rate
    own_change: the same on a customer's own
    """

    posterior: Posterior
    model: SpendModel
    intensity: Floats
    own_change: OwnChange


@dataclass(frozen=True, slots=True)
class Ahead:
    """How far a plan looks, in the time unit of the histories.

    year: the plan's period, for which contacts are paid and take effect
    value_cap: as far as value is counted
    discount_rate: continuous, per time unit
    intensity: multiplier on everybody's purchase rate that the run's forecast has in the mean
    """

    year: float
    value_cap: float
    discount_rate: float
    intensity: float = 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """The customers of a run, (n,) each.

    table: the run's columns of `customer_values`, one row a customer
    margin: of revenue, for whoever's own value tells none [share]
    service: what the run's values are net of [money per time unit of being a customer]
    parts: who shares which draws; every row is in one of them
    money: draws of what orders are worth
    dismissed: by customer, the parts of actions that are not to be proposed to them (`dismissing.forbid`)
    """

    table: pa.Table
    margin: float
    parts: tuple[Part, ...]
    ahead: Ahead
    money: Money
    service: float = 0.0
    dismissed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of customers."""
        return int(self.table.num_rows)

    @property
    def time_unit_days(self) -> float:
        """Length of the time unit of histories and periods [days]."""
        return self.parts[0].histories.time_unit_days

    @property
    def draws(self) -> int:
        """Joint draws of the parameters."""
        return len(self.parts[0].draws)

    def column(self, name: str) -> Floats:
        """A numeric column as floats, null as nan."""
        values: Floats = self.table[name].to_numpy(zero_copy_only=False).astype(np.float64)
        return values
