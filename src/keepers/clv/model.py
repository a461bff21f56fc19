"""What every model of orders offers: the same functions in each model's module, so that one suite fits all.

Rows are histories; results are (n,) arrays unless said otherwise. `intensity` multiplies the future purchase rate of
every customer (a season, a trend, a past miss of the total) and leaves dropout to the model; `sample_future` also takes
one multiplier a customer. `alive` (n,) is P(alive) now, where it is known already or is to be another than the model's.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.fitting import Fit
from keepers.clv.inference.posterior import Method, Posterior


@dataclass(frozen=True, slots=True, eq=False)
class Future:
    """Simulated futures, (replicates, n) each: what a customer does up to the horizon, and from there to the value cap.

    orders: within the horizon [occasions]
    later_orders: after the horizon, up to the value cap [occasions]
    active: time still a customer within the horizon [time unit]
    later_active: the same after the horizon, up to the value cap [time unit]
    """

    orders: Integers
    later_orders: Integers
    active: Floats
    later_active: Floats


class PurchaseModel(Protocol):
    """A module that models orders. Times are in the histories' time unit, `discount_rate` is continuous per unit."""

    @property
    def NAME(self) -> str:  # noqa: N802  a constant of the module
        """How the command line calls it: `pareto-nbd`."""
        ...

    @property
    def PARAMETER_NAMES(self) -> tuple[str, ...]:  # noqa: N802  a constant of the module
        """What `as_array` holds, in its order."""
        ...

    @property
    def Parameters(self) -> Any:  # noqa: N802  a class of the module
        """The model's parameters, with `as_array` and `from_array`."""
        ...

    def log_likelihood(self, parameters: Any, histories: Histories) -> Floats:
        """Natural logarithm of each history's likelihood."""
        ...

    def fit(self, histories: Histories) -> Fit[Any]:
        """Maximum likelihood."""
        ...

    def posterior(
        self,
        fit: Fit[Any],
        histories: Histories,
        *,
        draws: int,
        generator: np.random.Generator,
        method: Method = "auto",
    ) -> Posterior:
        """Draws of the parameters."""
        ...

    def probability_alive(self, parameters: Any, histories: Histories, *, after: float = 0.0) -> Floats:
        """P(still a customer `after` time units from now)."""
        ...

    def expected_orders(
        self,
        parameters: Any,
        histories: Histories,
        *,
        horizon: float,
        start: float = 0.0,
        intensity: float = 1.0,
        alive: Floats | None = None,
    ) -> Floats:
        """Expected orders between `start` and `start + horizon` from now; `alive` (n,) saves computing P(alive)."""
        ...

    def discounted_expected_orders(
        self,
        parameters: Any,
        histories: Histories,
        *,
        horizon: float,
        discount_rate: float,
        start: float = 0.0,
        intensity: float = 1.0,
        alive: Floats | None = None,
    ) -> Floats:
        """The same, each order discounted to now."""
        ...

    def order_count_pmf(
        self,
        parameters: Any,
        histories: Histories,
        *,
        horizon: float,
        up_to: int,
        intensity: Floats | float = 1.0,
        alive: Floats | None = None,
    ) -> Floats:
        """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon.

        `intensity` is one for all, or (n,) and then the same for equal orders and age.
        """
        ...

    def next_order_time(
        self, parameters: Any, histories: Histories, *, probability: float = 0.5, horizon: float
    ) -> Floats:
        """Time by which the next order has come with the given probability, if still a customer; nan beyond horizon."""
        ...

    def remaining_lifetime(
        self,
        parameters: Any,
        histories: Histories,
        *,
        probability: float = 0.5,
        horizon: float = math.inf,
        alive: Floats | None = None,
    ) -> Floats:
        """Time until which the customer stays with the given probability; inf beyond the horizon."""
        ...

    def sample_future(
        self,
        parameters: Any,
        histories: Histories,
        probability_alive: Floats,
        *,
        horizon: float,
        value_cap: float,
        intensity: Floats | float,
        replicates: int,
        generator: np.random.Generator,
    ) -> Future:
        """Random futures: alive with `probability_alive` (n,), then rate and lifetime given alive, then orders."""
        ...

    def simulate(self, parameters: Any, *, age: Floats, generator: np.random.Generator) -> Histories:
        """Random histories of new customers of the given ages."""
        ...
