"""Purchases: this customer's orders and money, month by month over one or two years."""

from datetime import date

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, without_empty_money
from keepers.insight.customer.lines import CustomerLines, grouped, orders_in, revenue_of
from keepers.insight.drawings.pictures import Months

LEAST_MONTHS, MOST_MONTHS = 12, 24
DEFINITION = "Orders and money net of returns, by month; a return counts in the month of its order."


def purchases_answer(customer: CustomerLines) -> Answer:
    """How much did this customer buy, month by month?"""
    months = _months(customer)
    by_month = grouped(customer.products, lambda line: line["counts_on"].replace(day=1))
    rows = pa.Table.from_pylist(
        [
            {
                "period": month,
                "orders": orders_in(by_month.get(month, ())),
                "revenue": _amount(by_month.get(month, []), customer),
            }
            for month in months
        ],
        schema=pa.schema([("period", pa.date32()), ("orders", pa.int64()), ("revenue", pa.float64())]),
    )
    rows = without_empty_money(rows)
    return Answer(
        finding=_finding(rows, customer.currency),
        definition=DEFINITION,
        rows=rows,
        picture=Months("period", "revenue" if customer.has_money else "orders"),
        currency=customer.currency,
    )


def _amount(lines: list[dict[str, object]], customer: CustomerLines) -> float | None:
    return (revenue_of(lines) or 0.0) if customer.has_money else None


def _months(customer: CustomerLines) -> list[date]:
    """First days of the months from the customer's first to that of `as_of`, rising; a year at least, two at most."""
    last = _number(customer.as_of)
    first = min((_number(line["counts_on"]) for line in customer.products), default=last)
    count = min(max(last - first + 1, LEAST_MONTHS), MOST_MONTHS)
    return [date(month // 12, month % 12 + 1, 1) for month in range(last - count + 1, last + 1)]


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _finding(rows: pa.Table, currency: str | None) -> str:
    recent, before = rows.slice(rows.num_rows - 12), rows.slice(0, rows.num_rows - 12)
    bought = _told(recent, currency)
    if not sum(before["orders"].to_pylist()):
        return Told.of("%(bought)s in the last twelve months.", bought=bought)
    return Told.of(
        "%(bought)s in the last twelve months, after %(earlier)s in the month before.",
        "%(bought)s in the last twelve months, after %(earlier)s in the %(months)s months before.",
        before.num_rows,
        bought=bought,
        earlier=_told(before, currency),
        months=before.num_rows,
    )


def _told(rows: pa.Table, currency: str | None) -> str:
    orders = sum(rows["orders"].to_pylist())
    words = wording.plural(orders, "order") if orders else Told.of("No order")
    if "revenue" not in rows.column_names or not orders:
        return words
    money = wording.money(sum(rows["revenue"].to_pylist()), currency)
    return Told.of("%(orders)s and %(money)s", orders=words, money=money)
