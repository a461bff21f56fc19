"""Forecast customers under contract: what each will still pay, and all of them together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keepers.clv.renewals import future as contract_future
from keepers.clv.renewals.running import Coming, Curves, predict_contracts
from keepers.core.periods import DAYS_PER_YEAR
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.contracts.base import ContractBase
from keepers.valuation.contracts.fits import ContractFit, ContractSegmentFit
from keepers.valuation.contracts.periods import periods_in

REPLICATES = 4
_TOTALS = ("expected_orders", "period_value", "residual_value")
_FIGURES = (
    "renews_next", "expected_orders", "orders_low", "orders_high", "remaining_lifetime", "period_value",
    "period_value_low", "period_value_high", "residual_value", "residual_value_low", "residual_value_high",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ContractPart:
    """The running customers of one segment: places of their stays, and all that a forecast of them needs."""

    fitted: ContractSegmentFit
    places: NDArray[np.int64]
    coming: Coming
    curves: Curves
    horizon: float
    value_cap: float
    discount_rate: float


@dataclass(frozen=True, slots=True, eq=False)
class ContractForecast:
    """Figures of every stay of the base, and joint draws of the totals.

    figures: columns of `customer_values` by name, and `renews_next`, (n,) each; nan where a stay does not run
    totals: joint draws of `expected_orders`, `period_value`, `residual_value`, (draws,) each
    unpaid: running contracts without an amount
    """

    parts: tuple[ContractPart, ...]
    figures: dict[str, NDArray[np.float64]]
    totals: dict[str, NDArray[np.float64]]
    has_money: bool
    unpaid: int

    @property
    def worth(self) -> NDArray[np.float64]:
        """(n,) what customers are ranked by: residual value, or expected renewals without money."""
        return np.nan_to_num(self.figures["residual_value" if self.has_money else "expected_orders"])


def forecast_contracts(
    base: ContractBase,
    fit: ContractFit,
    assumptions: Assumptions,
    *,
    generator: np.random.Generator,
) -> ContractForecast:
    """Forecast all running contracts within the horizon and up to the value cap."""
    parts = []
    has_money, unpaid = base.has_money, 0
    names = [name for name in _FIGURES if has_money or "value" not in name]
    figures = {name: np.full(len(base.stays), np.nan) for name in names}
    draws = len(fit.hazards) * REPLICATES
    totals = {name: np.zeros(draws) for name in _TOTALS if has_money or "value" not in name}
    for fitted in fit.segments:
        part = _part(base, fit, fitted, assumptions)
        if not len(part.places):
            continue
        parts.append(part)
        unpaid += 0 if part.coming.payment is None else int((~np.isfinite(part.coming.payment)).sum())
        found, sums = _predicted(part, generator)
        for name, values in found.items():
            figures[name][part.places] = values
        for name, sum_ in sums.items():
            totals[name] += sum_
    return ContractForecast(tuple(parts), figures, totals, has_money, unpaid)


def _part(base: ContractBase, fit: ContractFit, fitted: ContractSegmentFit, assumptions: Assumptions) -> ContractPart:
    segment = fitted.segment
    places, coming = base.coming(segment, assumptions.margin)
    horizon = periods_in(assumptions.horizon.days, segment.period)
    value_cap = max(periods_in(assumptions.cap.days, segment.period), horizon)
    up_to = contract_future.furthest(segment.contracts, value_cap + 1)
    return ContractPart(
        fitted=fitted,
        places=places,
        coming=coming,
        curves=fitted.curves(fit.model, up_to=up_to, hazards=fit.hazards),
        horizon=horizon,
        value_cap=value_cap,
        discount_rate=float(np.log1p(assumptions.annual_discount)) * segment.period.days / DAYS_PER_YEAR,
    )


def _predicted(
    part: ContractPart, generator: np.random.Generator
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    payment = part.coming.payment
    paid = None if payment is None else np.nan_to_num(payment)
    found = predict_contracts(
        part.curves,
        Coming(part.coming.renewals, part.coming.next_renewal, paid),
        horizon=part.horizon,
        value_cap=part.value_cap,
        discount_rate=part.discount_rate,
        replicates=REPLICATES,
        generator=generator,
    )
    figures = {
        "renews_next": found.renews_next,
        "expected_orders": found.orders.mean,
        "orders_low": found.orders.low,
        "orders_high": found.orders.high,
        "remaining_lifetime": found.remaining_lifetime,
    }
    totals = {"expected_orders": found.totals.orders}
    for name, interval, draws in (
        ("period_value", found.period_value, found.totals.period_value),
        ("residual_value", found.residual_value, found.totals.residual_value),
    ):
        if interval is not None and draws is not None and payment is not None:
            unknown = np.where(np.isfinite(payment), 0.0, np.nan)
            figures |= {
                name: interval.mean + unknown,
                f"{name}_low": interval.low + unknown,
                f"{name}_high": interval.high + unknown,
            }
            totals[name] = draws
    return figures, totals
