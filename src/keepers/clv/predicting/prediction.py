"""What a forecast is made of and what it holds: the window, the spending, intervals, totals, draws."""

from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np

from keepers.clv import gamma_gamma
from keepers.clv.histories import Floats, Integers
from keepers.clv.inference.posterior import Posterior
from keepers.clv.predicting.predictive_kernels import Draws
from keepers.clv.spend import Spend, SpendModel
from keepers.core.errors import KeepersError

LOW, HIGH = 0.05, 0.95
GAMMA_GAMMA = cast("SpendModel", gamma_gamma)


class InvalidForecastError(KeepersError):
    """A forecast that was asked for cannot be made as asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """(n,) mean, and the 5 % and 95 % points of the predictive distribution; the mean may lie outside them."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Joint draws of the sums over all customers, (draws · replicates,) each; values are None without spend."""

    orders: Floats
    period_value: Floats | None
    residual_value: Floats | None
    replicates: int


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Each customer's future, row by row as the histories.

    probability_alive: (n,) averaged over the parameters
    chance_of_order: (n,) P(at least one order within the horizon), from the draws
    above_cost: (n,) P(residual value above zero once serving the customer is paid); None without a cost to serve
    in_top: (n,) share of the draws in which the residual value is above the draw's `top`; None without one
    orders: within the horizon [occasions]
    expected_order_value: (n,) revenue an occasion [money]; None without spend, nan where its mean is infinite
    period_value, residual_value: discounted margin within the horizon, and up to the value cap [money]
    """

    probability_alive: Floats
    chance_of_order: Floats
    orders: Interval
    expected_order_value: Floats | None
    period_value: Interval | None
    residual_value: Interval | None
    totals: Totals
    above_cost: Floats | None = None
    in_top: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PredictiveDraws:
    """Draws of each customer's future, (draws · replicates, n) each; one row is one joint draw of all customers."""

    orders: Integers
    period_value: Draws | None
    residual_value: Draws | None


@dataclass(frozen=True, slots=True, eq=False)
class Spending:
    """What the value of a future needs: each customer's spend so far, what the data leave open, and the margin.

    spend: (n,) rows as the histories
    posterior: draws of the spend model, as many as of the purchase model
    margin: (n,) margin per unit of revenue
    model: the module of the spend model
    cost_to_serve: (n,) what serving a customer costs as long as they are one [money per time unit]; None: not known
    """

    spend: Spend
    posterior: Posterior
    margin: Floats
    model: SpendModel = GAMMA_GAMMA
    cost_to_serve: Floats | None = None

    @classmethod
    def of(
        cls,
        spend: Spend,
        posterior: Posterior,
        *,
        margin: Floats | float = 1.0,
        model: SpendModel = GAMMA_GAMMA,
        cost_to_serve: Floats | float | None = None,
    ) -> Self:
        """With one margin, and one cost, for all or one each."""
        cost = None if cost_to_serve is None else _each(cost_to_serve, len(spend))
        return cls(spend, posterior, _each(margin, len(spend)), model, cost)

    def at(self, rows: Integers) -> "Spending":
        """The same for some of the rows."""
        cost = None if self.cost_to_serve is None else self.cost_to_serve[rows]
        return Spending(self.spend.at(rows), self.posterior, self.margin[rows], self.model, cost)

    def drawn(self, draw: int) -> Any:
        """The spend model's parameters in this draw."""
        return self.model.Parameters.from_array(self.posterior.parameters[draw])


@dataclass(frozen=True, slots=True)
class Window:
    """How far a forecast looks [time unit of the histories], and the continuous discount rate per time unit."""

    horizon: float
    value_cap: float
    discount_rate: float = 0.0


def _each(value: Floats | float, rows: int) -> Floats:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.float64), (rows,)))
