"""The table of `--out`: one row a customer, the contract `customer_values` without the run."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.valuation.assumptions import Assumptions
from keepers.valuation.base import Base
from keepers.valuation.forecast import Forecast
from keepers.valuation.groups import group_of
from keepers.valuation.reasons import reason_of
from keepers.warehouse.tables import CUSTOMER_VALUES

COLUMNS = tuple(column for column in CUSTOMER_VALUES.columns if column.name != "run_id")
SCHEMA = pa.schema([pa.field(column.name, column.type) for column in COLUMNS])


def value_table(base: Base, forecast: Forecast, assumptions: Assumptions) -> pa.Table:
    """What each customer is worth, in the order of the base's rows; unknown figures are null."""
    return _table(base, assumptions.unit.days, forecast.figures | _derived(base, forecast, assumptions))


def history_table(base: Base, assumptions: Assumptions) -> pa.Table:
    """What the history alone tells: every forecast column is null."""
    return _table(base, assumptions.unit.days, {"reason": _reasons(base)})


def _table(base: Base, unit_days: float, columns: dict[str, pa.Array | NDArray[np.float64]]) -> pa.Table:
    history = {
        name: base.summary[name] for name in ("customer_id", "orders", "repeat_orders", "first_order", "last_order")
    }
    ages = {name: base.column(name) / unit_days for name in ("age_at_last_order", "age")}
    given = {**history, **ages, "mean_order_value": base.column("mean_order_value"), **columns}
    arrays = [
        _as_arrow(given[column.name], column.type) if column.name in given else pa.nulls(base.size, column.type)
        for column in COLUMNS
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _derived(base: Base, forecast: Forecast, assumptions: Assumptions) -> dict[str, pa.Array]:
    group = group_of(
        orders=base.column("orders").astype(np.int64),
        probability_alive=forecast.figures["probability_alive"],
        worth=forecast.worth,
        worth_high=forecast.worth_high,
    )
    who = None if forecast.fit.who is None else forecast.fit.who.told_apart_as
    return {
        **({} if who is None else {"told_apart_as": pa.array(who, pa.string())}),
        **{name: _days_ahead(base, times * assumptions.unit.days) for name, times in forecast.next_order_times.items()},
        "group": pa.array(group),
        "reason": _reasons(base),
    }


def _reasons(base: Base) -> pa.Array:
    return reason_of(
        orders=base.column("orders").astype(np.int64),
        age_at_last_order=base.column("age_at_last_order"),
        age=base.column("age"),
    )


def _days_ahead(base: Base, days: NDArray[np.float64]) -> pa.Array:
    known = np.isfinite(days)
    origin = np.datetime64(base.as_of, "D").astype(np.int64)
    dates = (origin + np.ceil(np.where(known, days, 0.0))).astype(np.int32)
    return pc.cast(pa.array(dates, mask=~known), pa.date32())


def _as_arrow(values: pa.ChunkedArray | pa.Array | NDArray[np.float64], kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks().cast(kind)
    if isinstance(values, pa.Array):
        return values.cast(kind)
    return pa.array(values, from_pandas=True).cast(kind)
