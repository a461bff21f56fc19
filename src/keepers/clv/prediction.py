"""What a forecast is made of and what it holds: the window, the spending, intervals, totals, draws."""

from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np

from keepers.clv import gamma_gamma
from keepers.clv.histories import Floats, Integers
from keepers.clv.posterior import Posterior
from keepers.clv.predictive_kernels import Draws
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


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Each customer's future, row by row as the histories.

    probability_alive: (n,) averaged over the parameters
    orders_again: (n,) P(at least one order within the horizon), from the draws
    orders: within the horizon [occasions]
    expected_order_value: (n,) revenue an occasion [money]; None without spend, nan where its mean is infinite
    period_value, residual_value: discounted margin within the horizon, and up to the value cap [money]
    """

    probability_alive: Floats
    orders_again: Floats
    orders: Interval
    expected_order_value: Floats | None
    period_value: Interval | None
    residual_value: Interval | None
    totals: Totals


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
    """

    spend: Spend
    posterior: Posterior
    margin: Floats
    model: SpendModel = GAMMA_GAMMA

    @classmethod
    def of(
        cls, spend: Spend, posterior: Posterior, *, margin: Floats | float = 1.0, model: SpendModel = GAMMA_GAMMA
    ) -> Self:
        """With one margin for all or one each."""
        margins = np.ascontiguousarray(np.broadcast_to(np.asarray(margin, dtype=np.float64), (len(spend),)))
        return cls(spend, posterior, margins, model)

    def at(self, rows: Integers) -> "Spending":
        """The same for some of the rows."""
        return Spending(self.spend.at(rows), self.posterior, self.margin[rows], self.model)

    def drawn(self, draw: int) -> Any:
        """The spend model's parameters in this draw."""
        return self.model.Parameters.from_array(self.posterior.parameters[draw])


@dataclass(frozen=True, slots=True)
class Window:
    """How far a forecast looks [time unit of the histories], and the continuous discount rate per time unit."""

    horizon: float
    value_cap: float
    discount_rate: float = 0.0
