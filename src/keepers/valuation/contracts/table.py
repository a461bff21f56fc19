"""The table of `--out` for customers under contract: the columns of `customer_values`, one row a customer."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.valuation.contracts.base import PERIODS, ContractBase
from keepers.valuation.contracts.forecast import ContractForecast
from keepers.valuation.contracts.periods import shifted
from keepers.valuation.contracts.stays import OPEN
from keepers.valuation.groups import group_of
from keepers.valuation.table import COLUMNS, SCHEMA

Figures = NDArray[Any]


def contract_table(base: ContractBase, forecast: ContractForecast | None) -> pa.Table:
    """What each customer under contract is worth, in the order of first mention; what does not apply is null.

    `orders` are the periods paid in all stays, `expected_orders` those to come, `probability_alive` is 1 for a running
    contract and 0 for an ended one, `next_order_due` the next renewal.
    """
    last = np.flatnonzero(base.stays.latest)
    columns: dict[str, Any] = {
        "customer_id": base.ids.take(pa.array(base.stays.customer[last])).cast(pa.string()),
        **_history(base, last),
        "mean_order_value": base.stays.paid[last],
        "expected_order_value": np.where(base.running[last], base.stays.paid[last], np.nan),
        "probability_alive": base.running[last].astype(np.float64),
        "next_order_due": _due(base, last),
        "reason": pa.array(_reasons(base, last, forecast)),
    }
    if forecast is not None:
        columns |= _figures(base, forecast, last)
    arrays = [
        _as_arrow(columns[column.name], column.type) if column.name in columns else pa.nulls(len(last), column.type)
        for column in COLUMNS
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _history(base: ContractBase, last: NDArray[np.int64]) -> dict[str, Any]:
    stays = base.stays
    number = np.cumsum(np.append(0, stays.latest[:-1]))
    paid = np.bincount(number, weights=base.renewals + 1, minlength=len(last)).astype(np.int64)
    columns: dict[str, Any] = {"orders": pa.array(paid), "repeat_orders": pa.array(paid - 1)}
    if base.as_of is None:
        return columns | {"age": base.renewals[last].astype(np.float64)}
    first = np.flatnonzero(np.append(True, stays.latest[:-1]))
    payment, days = _last_payment(base, last), _period_days(base, last)
    return columns | {
        "first_order": _dates(stays.started[first]),
        "last_order": _dates(payment),
        "age_at_last_order": (payment - stays.started[first]) / days,
        "age": (base.day - stays.started[first]) / days,
    }


def _last_payment(base: ContractBase, last: NDArray[np.int64]) -> NDArray[np.int64]:
    return _stepped(base, last, base.renewals[last])


def _due(base: ContractBase, last: NDArray[np.int64]) -> pa.Array:
    """The next renewal of a running contract."""
    if base.as_of is None:
        return pa.nulls(len(last), pa.date32())
    days = np.maximum(_stepped(base, last, base.renewals[last] + 1), base.day)
    return _dates(days, mask=~base.running[last])


def _stepped(base: ContractBase, last: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
    found = base.stays.started[last].copy()
    for number, period in enumerate(PERIODS):
        here = base.stays.period[last] == number
        if here.any():
            found[here] = shifted(base.stays.started[last][here], steps[here], period)
    return found


def _period_days(base: ContractBase, last: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([period.days for period in PERIODS])[base.stays.period[last]]


def _figures(base: ContractBase, forecast: ContractForecast, last: NDArray[np.int64]) -> dict[str, Any]:
    """Forecast columns: nothing is to come from an ended contract, so its figures are 0."""
    ended = ~base.running[last]
    columns: dict[str, Any] = {}
    for name, values in forecast.figures.items():
        if name != "renews_next":
            columns[name] = np.where(ended, 0.0, values[last])
    high = "residual_value_high" if forecast.has_money else "orders_high"
    columns["group"] = pa.array(
        group_of(
            orders=np.maximum(base.renewals[last] + 1, 2),  # nobody under contract is a one-time customer
            probability_alive=np.where(
                ended, 0.0, np.maximum(np.nan_to_num(forecast.figures["renews_next"][last]), 0.3)
            ),
            worth=forecast.worth[last],
            worth_high=np.where(ended, 0.0, np.nan_to_num(forecast.figures[high][last])),
        )
    )
    return columns


def _reasons(base: ContractBase, last: NDArray[np.int64], forecast: ContractForecast | None) -> list[str]:
    """Sentences such as "Customer for 7 years; 94 of 100 like this renew on 1 Jan 2008"."""
    renews = None if forecast is None else forecast.figures.get("renews_next")
    due = _due(base, last).to_pylist()
    back = np.append(False, base.stays.customer[1:] == base.stays.customer[:-1])
    reasons = []
    for row, place in enumerate(last):
        period = PERIODS[int(base.stays.period[place])].value
        paid = int(base.renewals[place]) + 1
        length = f"{paid} {period}{'' if paid == 1 else 's'}"
        again = ", after a gap" if back[place] else ""
        if not base.running[place]:
            ended = base.stays.ended[place]
            day = f" on {_day(int(ended))}" if base.as_of is not None and ended < OPEN else ""
            reasons.append(f"Ended{day} after {length}{again}.")
            continue
        chance = "" if renews is None else f"; {_in_hundred(renews[place])} of 100 like this renew"
        when = "" if due[row] is None else f"{', due' if not chance else ''} on {due[row]:%-d %b %Y}"
        reasons.append(f"In {_ordinal(paid)} {period}{again}{chance}{when}.")
    return reasons


def _in_hundred(share: float) -> str:
    """A share as people count it; whoever is nearly sure is not sure."""
    return "over 99" if share > 0.995 else f"{100 * share:.0f}"


def _ordinal(number: int) -> str:
    tail = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{tail}"


def _day(days: int) -> str:
    return f"{np.datetime64(days, 'D').astype(object):%-d %b %Y}"


def _dates(days: NDArray[np.int64], mask: NDArray[np.bool_] | None = None) -> pa.Array:
    return pc.cast(pa.array(days.astype(np.int32), mask=mask), pa.date32())


def _as_arrow(values: pa.Array | Figures, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values.cast(kind)
    return pa.array(values, from_pandas=True).cast(kind)
