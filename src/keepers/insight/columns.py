"""The columns of the insights' tables: how each is headed and what kind of figure it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keepers.insight import wording


class Kind(StrEnum):
    """What kind of figure a column holds; it decides how a cell is written and aligned."""

    TEXT = "text"
    CELL = "cell"
    COUNT = "count"
    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading and kind."""

    heading: str
    kind: Kind


_KINDS: dict[Kind, dict[str, str]] = {
    Kind.TEXT: {
        "value": "Value",
        "source": "Came by",
        "product_id": "Product",
        "name": "Name",
        "category": "Category",
        "customer_id": "Customer",
        "span": "Period",
        "weekday_name": "Day",
        "month_name": "Month",
        "orders_range": "Orders",
        "gap": "Gap",
        "measure": "Measure",
        "top_share": "Top",
        "meaning": "What it is",
        "group": "Group",
        "from_group": "From",
        "to_group": "To",
        "line": "Line",
        "forecast": "Ranked by",
        "unit": "Unit",
        "quarter": "Quarter",
        "cell": "Last order",
        "event": "What",
        "own_figure": "This customer",
        "median_figure": "Median",
        "attribute": "Attribute",
        "what": "What",
        "clear": "Clear",
        "sells": "Sells",
        "stock_reason": "Why",
        "driver": "Driver",
        "driver_kind": "Kind",
        "brand": "Brand",
        "proposal": "Kind",
        "reason": "Why",
    },
    Kind.COUNT: {
        "customers": "Customers",
        "opening_customers": "Customers before",
        "change": "Change",
        "new_customers": "New",
        "orders": "Orders",
        "active": "Active",
        "buyers_again": "Bought again",
        "units_low": "At least",
        "units_high": "At most",
        "stock_level": "Keep",
        "quantity": "Pieces",
        "gaps": "Times",
        "gap_days": "Days",
        "rank": "Rank",
        "tenth": "Tenth",
        "weekday": "Day",
        "days": "Days",
        "years": "Years",
        "month": "Month",
        "percent": "Per cent",
        "cost_known": "Cost known of",
        "payback": "Months until paid back",
        "payback_low": "At least",
        "payback_high": "At most",
        "periods_since": "Since",
        "last_order_fifth": "Last order",
        "orders_fifth": "Orders (fifth)",
        "revenue_fifth": "Money (fifth)",
    },
    Kind.NUMBER: {
        "importance": "Importance",
        "importance_low": "At least",
        "importance_high": "At most",
        "raised": "Points",
        "expected_orders": "Expected orders",
        "actual_orders": "Orders that came",
        "mean_orders": "Orders forecast",
        "orders_low": "At least",
        "orders_high": "At most",
        "rfm_orders": "Orders by RFM cells",
        "carried_forward_orders": "Orders as last period",
        "boosting_orders": "Orders by boosted trees",
        "alive_from": "Chance active from",
        "alive_below": "Chance active below",
        "orders_per_day": "Orders a day",
        "probability_alive": "Chance active",
        "days_since_last_order": "Days since last order",
        "gini": "Gini",
        "figure": "Figure",
        "median": "Median",
        "index": "Index",
        "marginal_return": "One more adds",
        "crps": "CRPS",
        "worth_to_cost": "Worth ÷ cost",
        "worth_to_cost_low": "At least",
        "worth_to_cost_high": "At most",
        "times": "Times the base",
        "times_low": "At least",
        "times_high": "At most",
        "expected_units": "Expected",
        "window_units": "Until delivery",
        "weeks_covered": "Weeks covered",
    },
    Kind.MONEY: {
        "equity": "Customer equity",
        "equity_low": "At least",
        "equity_high": "At most",
        "hangs_on_value": "On value",
        "hangs_on_brand": "On brand",
        "hangs_on_relationship": "On relationship",
        "added_equity": "Adds",
        "added_equity_low": "At least",
        "added_equity_high": "At most",
        "step_cost": "Cost",
        "revenue": "Revenue",
        "revenue_per_head": "Revenue per customer",
        "cumulative_revenue_per_head": "Revenue per customer so far",
        "revenue_per_day": "Revenue a day",
        "order_value": "Mean order value",
        "residual_value": "Residual value",
        "first_order_value": "First order",
        "lifetime_value": "Lifetime value",
        "opening_value": "Opening value",
        "value_per_head": "Value per customer",
        "value_from": "Worth from",
        "value_below": "Worth below",
        "value_low": "At least",
        "value_high": "At most",
        "actual_value": "Value that came",
        "mean_value": "Value forecast",
        "rfm_value": "Value by RFM cells",
        "carried_forward_value": "Value as last period",
        "boosting_value": "Value by boosted trees",
        "amount": "Amount",
        "value_to": "To",
        "cost_to_win": "Cost to win",
        "cost_low": "At least",
        "cost_high": "At most",
        "allowed_cost": "May cost",
        "allowed_low": "At least",
        "allowed_high": "At most",
        "cost": "Cost",
        "expected_gain": "Gain",
        "expected_gain_low": "At least",
        "expected_gain_high": "At most",
        "chosen_gain": "Gain of this plan",
    },
    Kind.SHARE: {
        "equity_share": "Share of equity",
        "equity_share_low": "At least",
        "equity_share_high": "At most",
        "roi": "Return",
        "roi_low": "At least",
        "roi_high": "At most",
        "chance": "Chance",
        "chance_pays": "Chance to pay",
        "chance_positive": "Chance above zero",
        "share": "Share",
        "cumulative_share": "Share so far",
        "share_of_customers": "Share of customers",
        "active_share": "Active",
        "top_10_percent": "Best tenth found",
        "top_20_percent": "Best fifth found",
        "value_captured": "Value it held",
        "share_again": "Bought again",
        "share_of_revenue": "Share of revenue",
        "ahead_of": "Ahead of",
        "share_of_best": "Share of the best",
    },
    Kind.DATE: {"period": "Period", "cohort": "First order", "day": "Day"},
}
_COLUMNS = {name: Column(heading, kind) for kind, names in _KINDS.items() for name, heading in names.items()}


def column_named(name: str) -> Column:
    """Heading and kind of a column; one without an entry is a pivot's, headed by its own name."""
    return _COLUMNS.get(name, Column(name, Kind.CELL))


def column_names() -> Sequence[str]:
    """Every column that an insight's table may have."""
    return tuple(_COLUMNS)


def written(values: Sequence[Any], name: str, currency: str | None, *, decimals: int = 1) -> list[str]:
    """The cells of a column as they are read; shares have `decimals` decimals."""
    kind = column_named(name).kind
    if kind is Kind.MONEY:
        cents = 0 if _any_from(1000, values) else 2
        return [wording.exact_money(value, currency, decimals=cents) for value in values]
    if kind is Kind.SHARE:
        return [wording.share(value, decimals=decimals) for value in values]
    if kind is Kind.NUMBER:
        return [wording.number(value, decimals=0 if _any_from(1000, values) else 2) for value in values]
    if kind is Kind.DATE:
        return [wording.day(value) for value in values]
    if kind is Kind.COUNT:
        return [wording.count(value) for value in values]
    return [wording.NOTHING if value is None else str(value) for value in values]


def _any_from(size: float, values: Sequence[Any]) -> bool:
    return any(abs(value) >= size for value in values if value is not None)
