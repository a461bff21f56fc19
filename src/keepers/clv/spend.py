"""What customers spend on an occasion: the data of the spend models, and what every one of them offers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv.histories import Floats, Integers, evenly_by_weight
from keepers.core.errors import KeepersError

if TYPE_CHECKING:
    from keepers.clv.inference.fitting import Fit
    from keepers.clv.inference.posterior import Method, Posterior
    from keepers.clv.model import Future
    from keepers.clv.numerics.chance import Stream
    from keepers.clv.predicting.predictive_kernels import Draws


class InvalidSpendError(KeepersError):
    """Order values that cannot be used to learn how much customers spend."""


@dataclass(frozen=True, slots=True, eq=False)
class LogValues:
    """The logarithms of a customer's order values, row by row; occasions without a value above zero have none.

    paid_orders: (n,) occasions with a value above zero [occasions]
    mean_log_value: (n,) mean logarithm of their values [log money]; any number where there are none
    var_log_value: (n,) variance of the same around that mean, divided by their number [log money²]
    """

    paid_orders: Integers
    mean_log_value: Floats
    var_log_value: Floats

    def at(self, place: Integers) -> "LogValues":
        """The rows at these places."""
        return LogValues(self.paid_orders[place], self.mean_log_value[place], self.var_log_value[place])


@dataclass(frozen=True, slots=True, eq=False)
class Spend:
    """What customers spent on an occasion, row by row.

    mean_order_value: (n,) mean value of the occasions counted in `orders` [money]; any number where `orders` is 0
    orders: (n,) occasions behind the mean [occasions]: all for the product's fit, repeat ones for published fits
    weight: (n,) customers a row stands for [customers]
    logs: logarithms of the same occasions' values, which the log-normal model reads; None where they are not known
    """

    mean_order_value: Floats
    orders: Integers
    weight: Floats
    logs: LogValues | None = None

    @classmethod
    def of(
        cls,
        mean_order_value: ArrayLike,
        orders: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        paid_orders: ArrayLike | None = None,
        mean_log_value: ArrayLike | None = None,
        var_log_value: ArrayLike | None = None,
    ) -> Self:
        """Spend from anything array-like, checked; the last three come together or not at all.

        Raises:
            InvalidSpendError: lengths differ, an order count or weight is negative, or a mean is not finite.
        """
        mean = np.atleast_1d(np.asarray(mean_order_value, dtype=np.float64))
        count = np.atleast_1d(np.asarray(orders)).astype(np.int64)
        mass = np.ones(len(mean)) if weight is None else np.atleast_1d(np.asarray(weight, dtype=np.float64))
        if not len(mean) == len(count) == len(mass):
            raise InvalidSpendError("The columns of the spend differ in length; pass one value a row.")
        wrong = (count < 0) | (mass < 0) | ((count > 0) & ~np.isfinite(mean))
        if wrong.any():
            raise InvalidSpendError(
                f"{wrong.sum()} rows of spend cannot be (first: row {np.flatnonzero(wrong)[0]}): orders and weight "
                "must be at least 0, and the mean order value of a customer with orders must be a number.",
            )
        logs = _logs_of(count, paid_orders, mean_log_value, var_log_value)
        return cls(np.ascontiguousarray(mean), count, np.ascontiguousarray(mass), logs)

    def __len__(self) -> int:
        return len(self.orders)

    @property
    def customers(self) -> float:
        """How many customers the rows stand for."""
        return float(self.weight.sum())

    def usable(self) -> "Spend":
        """The rows the model can learn from: at least one occasion, and a mean above zero."""
        return self.at(np.flatnonzero((self.orders > 0) & (self.mean_order_value > 0) & (self.weight > 0)))

    def thinned(self, rows: int) -> "Spend":
        """About `rows` rows that stand for all, evenly spaced by weight in order of value, of the same total weight."""
        if rows >= len(self):
            return self
        ordered = self.at(np.lexsort((self.orders, self.mean_order_value)))
        chosen, weight = evenly_by_weight(ordered.weight, rows)
        some = ordered.at(chosen)
        return Spend(some.mean_order_value, some.orders, weight, some.logs)

    def at(self, place: Integers) -> "Spend":
        """The rows at these places, as they are."""
        logs = None if self.logs is None else self.logs.at(place)
        return Spend(self.mean_order_value[place], self.orders[place], self.weight[place], logs)


class SpendModel(Protocol):
    """A module that models what an occasion is worth; `gamma_gamma` and `log_normal_spend` are such."""

    @property
    def NAME(self) -> str:  # noqa: N802  a constant of the module
        """How the command line calls it: `gamma-gamma`."""
        ...

    @property
    def PARAMETER_NAMES(self) -> tuple[str, ...]:  # noqa: N802  a constant of the module
        """What `as_array` holds, in its order."""
        ...

    @property
    def Parameters(self) -> Any:  # noqa: N802  a class of the module
        """The model's parameters, with `as_array` and `from_array`."""
        ...

    def log_likelihood(self, parameters: Any, spend: Spend) -> float:
        """Natural log-likelihood of the usable rows."""
        ...

    def fit(self, spend: Spend) -> "Fit[Any]":
        """Maximum likelihood."""
        ...

    def posterior(
        self, fit: "Fit[Any]", spend: Spend, *, draws: int, generator: np.random.Generator, method: "Method" = "auto"
    ) -> "Posterior":
        """Draws of the parameters."""
        ...

    def with_finite_means(self, draws: Floats) -> Floats:
        """(draws, k) draws whose mean order value exists."""
        ...

    def expected_order_value(self, parameters: Any, spend: Spend) -> Floats:
        """(n,) expected value of each customer's next occasion [money]."""
        ...

    def log_density(self, parameters: Any, spend: Spend, later: Spend) -> Floats:
        """(n,) log-density of what each customer's later paid occasions were worth together, given their history."""
        ...

    def simulate(self, parameters: Any, orders: Any, generator: np.random.Generator) -> Spend:
        """Random customers with the given numbers of occasions."""
        ...

    def draw_values(
        self,
        parameters: Any,
        spend: Spend,
        margin: Floats,
        future: "Future",
        *,
        horizon: float,
        discount_rate: float,
        stream: "Stream",
        period_value: "Draws",
        residual_value: "Draws",
    ) -> None:
        """Fill (replicates, n) with the discounted margins of random futures, within the horizon and up to the cap."""
        ...


def logs_of(spend: Spend) -> LogValues:
    """The logarithms of the order values.

    Raises:
        InvalidSpendError: the spend has none.
    """
    if spend.logs is None:
        raise InvalidSpendError(
            "The log-normal model of spend reads the logarithms of order values, and this spend has none. Pass "
            "paid_orders, mean_log_value and var_log_value to Spend.of.",
        )
    return spend.logs


def _logs_of(
    orders: Integers, paid_orders: ArrayLike | None, mean_log_value: ArrayLike | None, var_log_value: ArrayLike | None
) -> LogValues | None:
    given = [part for part in (paid_orders, mean_log_value, var_log_value) if part is not None]
    if not given:
        return None
    if paid_orders is None or mean_log_value is None or var_log_value is None:
        raise InvalidSpendError("Pass paid_orders, mean_log_value and var_log_value together, or none of them.")
    paid = np.atleast_1d(np.asarray(paid_orders)).astype(np.int64)
    mean = np.atleast_1d(np.asarray(mean_log_value, dtype=np.float64))
    variance = np.atleast_1d(np.asarray(var_log_value, dtype=np.float64))
    if not len(orders) == len(paid) == len(mean) == len(variance):
        raise InvalidSpendError("The columns of the spend differ in length; pass one value a row.")
    wrong = (paid < 0) | (paid > orders)
    wrong |= (paid > 0) & ~(np.isfinite(mean) & np.isfinite(variance) & (variance >= 0))
    if wrong.any():
        raise InvalidSpendError(
            f"{wrong.sum()} rows of spend cannot be (first: row {np.flatnonzero(wrong)[0]}): paid_orders lies between "
            "0 and orders, and of a customer with paid orders the mean and variance of the logarithms must be numbers.",
        )
    return LogValues(paid, np.ascontiguousarray(mean), np.ascontiguousarray(variance))
