"""What a valuation takes for granted; every output names it."""

from dataclasses import dataclass, replace
from math import log1p
from typing import TYPE_CHECKING

from keepers.core.errors import KeepersError
from keepers.core.periods import DAYS_PER_YEAR, Period, TimeUnit

if TYPE_CHECKING:
    from keepers.clv.inference.posterior import Method
    from keepers.valuation.choosing.promotions import Promotion

MODELS = ("pareto-nbd", "mbg-nbd", "bg-nbd", "mbg-cnbd-k")
CONTRACT_MODELS = ("shifted-beta-geometric", "beta-discrete-weibull")
FIRST_ORDER = "first_order"
TERMS = ("acquisition_source", "segment", "channel", "payment_method", "location", FIRST_ORDER)
"""What customers can be told apart by: how their first order describes them, and the quarter in which it was."""
SPEND_MODELS = ("gamma-gamma", "log-normal")
POSTERIORS = ("surrogate", "importance", "nuts")
LONGEST_YEARS = 100  # of horizon and value cap


class InvalidAssumptionError(KeepersError):
    """An option of the valuation is out of its range."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The options of `keepers value` that change numbers."""

    horizon: Period
    value_cap: Period
    annual_discount: float = 0.10
    margin: float = 0.30
    unit: TimeUnit = TimeUnit.WEEK
    currency: str | None = None
    model: str = "auto"
    by: tuple[str, ...] = ()
    spend: str = "auto"
    cost_to_serve: float | None = None
    posterior: "Method" = "auto"
    promotions: "tuple[Promotion, ...]" = ()
    seed: int = 1

    def __post_init__(self) -> None:
        if self.model != "auto" and self.model not in (*MODELS, *CONTRACT_MODELS):
            known = ", ".join((*MODELS, *CONTRACT_MODELS))
            raise InvalidAssumptionError(f'There is no model "{self.model}". Choose auto, {known}.')
        if unknown := [name for name in self.by if name not in TERMS]:
            raise InvalidAssumptionError(
                f'Customers cannot be told apart by "{unknown[0]}". Choose {", ".join(TERMS[:-1])} or {TERMS[-1]}; any '
                "other column of the orders counts as one of these when it is mapped to it: "
                f"--map segment={unknown[0]} --by segment.",
            )
        if len(set(self.by)) < len(self.by):
            raise InvalidAssumptionError(f"--by names {', '.join(self.by)}: name each once.")
        if self.cost_to_serve is not None and not 0 <= self.cost_to_serve < 1e12:
            raise InvalidAssumptionError(
                f"--cost-to-serve is {self.cost_to_serve:g}; write what a customer costs a year, such as 5.",
            )
        if self.spend != "auto" and self.spend not in SPEND_MODELS:
            raise InvalidAssumptionError(
                f'There is no model of spend "{self.spend}". Choose auto, {", ".join(SPEND_MODELS)}.'
            )
        if self.posterior != "auto" and self.posterior not in POSTERIORS:
            raise InvalidAssumptionError(
                f'There is no posterior "{self.posterior}". Choose auto, {", ".join(POSTERIORS)}.'
            )
        if not 0 <= self.annual_discount < 10:
            raise InvalidAssumptionError(
                f"--annual-discount is {self.annual_discount:g}; write a share a year from 0 to 10, such as 0.10.",
            )
        if not 0 < self.margin <= 1:
            raise InvalidAssumptionError(
                f"--margin is {self.margin:g}; write a share above 0 and at most 1, such as 0.30."
            )
        if self.cap.days > LONGEST_YEARS * DAYS_PER_YEAR:
            raise InvalidAssumptionError(
                f"No horizon and no value cap looks further than {LONGEST_YEARS} years; write a shorter one: 5y."
            )

    @property
    def cap(self) -> Period:
        """How far residual value looks: never less than the horizon."""
        return max(self.value_cap, self.horizon)

    def undiscounted(self, *, days: int) -> "Assumptions":
        """The same for a window of `days` without discounting: what a backtest forecasts."""
        window = Period.parse(f"{days}d")
        return replace(self, horizon=window, value_cap=window, annual_discount=0.0, cost_to_serve=None)

    @property
    def cost_per_unit(self) -> float | None:
        """What serving a customer costs [money per time unit]; None: not known."""
        return None if self.cost_to_serve is None else self.cost_to_serve * self.unit.days / DAYS_PER_YEAR

    @property
    def discount_rate(self) -> float:
        """Continuous discount rate [per time unit]."""
        return log1p(self.annual_discount) * self.unit.days / DAYS_PER_YEAR
