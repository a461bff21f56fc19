"""Averages: purchase value, frequency, lifespan and margin, and what they say a customer was worth so far."""

from typing import Any

import pyarrow as pa

from keepers.core.periods import DAYS_PER_YEAR
from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Scope, ask
from keepers.insight.drawings.pictures import Bars
from keepers.warehouse.store import Store


def answer(store: Store, scope: Scope) -> Answer:
    """What are the average purchase value, purchase frequency, lifespan and margin?

    The classic decomposition multiplies them: value a purchase × purchases a year × years × margin. It is arithmetic
    on the past, shown because everyone asks for it: the lifespan counts only the time between first and last order,
    which is too short for all who will come again, and averages hide that a few customers hold most of the value.
    `keepers value` says what is still to come.

    Raises:
        MissingForInsightError: there are no orders of known customers.
    """
    base = ask(store, "insight_averages", scope).to_pylist()[0]
    if not base["customers"]:
        raise MissingForInsightError("There are no orders of known customers up to this day, so there are no averages.")
    rows = _measures(base, scope)
    has_money = base.get("revenue") is not None
    return Answer(
        finding=_finding(base, scope),
        definition="Observed so far, every customer counting once; averages of the past, no forecast.",
        rows=pa.Table.from_pylist(rows),
        shown=pa.Table.from_pylist(
            [
                {"measure": row["measure"], "value": _written(row, scope.currency), "meaning": row["meaning"]}
                for row in rows
            ]
        ),
        drawn=pa.Table.from_pylist(
            [_drawn(row) for row in rows if row["unit"] == ("money" if has_money else "orders")]
        ),
        picture=Bars("measure", "amount" if has_money else "figure"),
        currency=scope.currency,
    )


def _measures(base: dict[str, Any], scope: Scope) -> list[dict[str, Any]]:
    customers, orders = base["customers"], base["orders"]
    per_year = orders / base["days_since_first"] * DAYS_PER_YEAR if base["days_since_first"] else None
    years = base["days_between_first_and_last"] / customers / DAYS_PER_YEAR
    rows = [
        _measure(
            "purchase frequency", per_year, "orders a year", "orders ÷ years since the first order, over all customers"
        ),
        _measure("orders a customer", orders / customers, "orders", "occasions ÷ customers"),
        _measure("lifespan so far", years, "years", "first order to last, one-time buyers as nothing"),
        _measure(
            "repeat rate", base["repeat_customers"] / customers, "share", "customers with a second order ÷ customers"
        ),
    ]
    if base.get("revenue") is None:
        return rows
    margin, given = _margin(base, scope)
    return [
        _measure("purchase value", base["revenue"] / orders, "money", "net revenue ÷ occasions"),
        *rows,
        _measure("margin", margin, "share", given),
        _measure("revenue a customer", base["revenue"] / customers, "money", "net revenue ÷ customers"),
        _measure("margin a customer", margin * base["revenue"] / customers, "money", "revenue a customer × margin"),
    ]


def _measure(measure: str, figure: float | None, unit: str, meaning: str) -> dict[str, Any]:
    return {"measure": measure, "figure": figure, "unit": unit, "meaning": meaning}


def _drawn(row: dict[str, Any]) -> dict[str, Any]:
    return {"measure": row["measure"], "amount" if row["unit"] == "money" else "figure": row["figure"]}


def _margin(base: dict[str, Any], scope: Scope) -> tuple[float, str]:
    if base.get("costed_revenue"):
        return base["costed_margin"] / base["costed_revenue"], "(revenue − cost) ÷ revenue, over customers with a cost"
    return scope.margin, "assumed: the orders carry no cost"


def _finding(base: dict[str, Any], scope: Scope) -> str:
    orders = base["orders"] / base["customers"]
    made = wording.number(orders, decimals=1)
    if base.get("revenue") is None:
        return Told.of("A customer has made %(orders)s orders so far.", orders=made)
    value = wording.money(base["revenue"] / base["orders"], scope.currency)
    brought = wording.money(base["revenue"] / base["customers"], scope.currency)
    return Told.of(
        "A customer has made %(orders)s orders so far, %(value)s each: %(brought)s per customer.",
        orders=made,
        value=value,
        brought=brought,
    )


def _written(row: dict[str, Any], currency: str | None) -> str:
    if row["unit"] == "money":
        return wording.exact_money(row["figure"], currency, decimals=2)
    if row["unit"] == "share":
        return wording.share(row["figure"], decimals=1)
    return f"{wording.number(row['figure'])} {row['unit']}"


INSIGHT = Insight("averages", "What are the average purchase, frequency, lifespan and margin?", answer)
