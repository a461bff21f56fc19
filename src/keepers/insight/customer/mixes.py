"""Mixes: what this customer buys, through which channel, and how they pay."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, MissingForInsightError, main_measure, shares_of, without_empty_money
from keepers.insight.customer.lines import CustomerLines, grouped, orders_in, revenue_of
from keepers.insight.drawings.pictures import Bars
from keepers.insight.questions.mix import NOT_GIVEN, OTHERS

TOP = 10
DEFINITION = "%(measure)s, net of returns, up to %(as_of)s."


def products_answer(customer: CustomerLines) -> Answer:
    """Which products does this customer buy most? Products of one name are one, as a reader would see them.

    Raises:
        MissingForInsightError: no line names a product.
    """
    lines = [line for line in customer.products if line["product_id"] is not None]
    if not lines:
        raise MissingForInsightError("The orders name no products.")
    named = [line | {"product_id": line["product_name"] or line["product_id"]} for line in lines]
    return _mix(customer, named, "product_id", "%(share)s of the %(measure)s went on %(value)s.")


def categories_answer(customer: CustomerLines) -> Answer:
    """Which kinds of goods does this customer buy?

    Raises:
        MissingForInsightError: no product has a category.
    """
    return _mix(customer, customer.products, "category", "%(share)s of the %(measure)s went on %(value)s.")


def payments_answer(customer: CustomerLines) -> Answer:
    """How does this customer pay?

    Raises:
        MissingForInsightError: no line names a way of paying.
    """
    return _mix(customer, customer.products, "payment_method", "%(share)s of the %(measure)s was paid by %(value)s.")


def channels_answer(customer: CustomerLines) -> Answer:
    """Through which channels does this customer buy?

    Raises:
        MissingForInsightError: no line names a channel.
    """
    return _mix(customer, customer.products, "channel", "%(share)s of the %(measure)s came through %(value)s.")


_WORDS = {
    "product_id": "products",
    "category": "categories",
    "payment_method": "payment methods",
    "channel": "channels",
}


def _mix(
    customer: CustomerLines,
    lines: Sequence[dict[str, Any]],
    column: str,
    sentence: str,
) -> Answer:
    if not any(line[column] is not None for line in lines):
        raise MissingForInsightError(f"The orders name no {_WORDS[column]}.")
    groups = grouped(lines, lambda line: line[column])
    found = [_row(value, part) for value, part in groups.items()]
    rows = without_empty_money(pa.Table.from_pylist(found, schema=_SCHEMA))
    measure = main_measure(rows)
    rows = rows.sort_by([(measure, "descending"), ("value", "ascending")])
    shares = shares_of(rows[measure].to_pylist())
    rows = rows.append_column("share", pa.array(shares, pa.float64()))
    return Answer(
        finding=_finding(rows, sentence, measure),
        definition=Told.of(
            DEFINITION, measure=Told.of("Money" if measure == "revenue" else "Orders"), as_of=_day(customer)
        ),
        rows=rows,
        shown=_folded(rows),
        drawn=rows.slice(0, TOP),
        picture=Bars("value", measure),
        currency=customer.currency,
    )


_SCHEMA = pa.schema(
    [("value", pa.string()), ("orders", pa.int64()), ("quantity", pa.float64()), ("revenue", pa.float64())]
)


def _row(value: str | None, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    pieces = [line["quantity"] for line in lines if line["quantity"] is not None]
    return {
        "value": NOT_GIVEN if value is None else value,
        "orders": orders_in(lines),
        "quantity": sum(pieces) if pieces else None,
        "revenue": revenue_of(lines),
    }


def _finding(rows: pa.Table, sentence: str, measure: str) -> str:
    words = "money" if measure == "revenue" else "orders"
    leading = next(row for row in rows.to_pylist() if row["value"] != NOT_GIVEN)
    if leading["share"] is None:
        words = "%(value)s comes first; taken together, returns outweigh the purchases."
        return Told.of(words, value=leading["value"])
    share = Told.of("All") if rows.num_rows == 1 else wording.share(leading["share"])
    return Told.of(sentence, share=share, measure=Told.of(words), value=leading["value"])


def _folded(rows: pa.Table) -> pa.Table:
    """The first rows, and one that adds up the rest."""
    if rows.num_rows <= TOP + 1:
        return rows
    rest = rows.slice(TOP)
    sums = {name: sum(value or 0 for value in rest[name].to_pylist()) for name in rows.column_names if name != "value"}
    last = {"value": f"{OTHERS} ({rest.num_rows:,})"} | sums
    return pa.concat_tables([rows.slice(0, TOP), pa.Table.from_pylist([last], schema=rows.schema)])


def _day(customer: CustomerLines) -> str:
    return wording.day(customer.as_of)
