"""The table behind a chart, its cells as they are read, with the way to the customers whom a row is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customers_for
from keepers.crm.people.models import User
from keepers.insight.answers import Answer
from keepers.insight.columns import Kind, column_named, written

MOST_ROWS = 100  # a page stays light; the file has them all
_TEXTS = (Kind.TEXT, Kind.DATE)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says, whether it is a number, the page it leads to, and what its column is headed."""

    text: str
    is_number: bool
    href: str = ""
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """An answer's table as a page shows it."""

    headings: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    rows_left_out: int


def table_of(user: User, answer: Answer) -> Table:
    """The rows as they are shown, the first column leading where it can and the user may go."""
    shown = answer.table.slice(0, MOST_ROWS)
    names = shown.column_names
    columns = [written(shown[name].to_pylist(), name, answer.currency) for name in names]
    headings = [Cell(column_named(name).heading, is_number=_is_number(name)) for name in names]
    told = answer.rows if answer.rows.num_rows == answer.table.num_rows else shown  # a row's ends may not be shown
    records = told.slice(0, MOST_ROWS).to_pylist()
    customers = _customers(user, records, names)
    rows = [
        [
            replace(_cell(name, text, row, customers), heading=heading.text)
            for name, text, heading in zip(names, texts, headings, strict=True)
        ]
        for row, texts in zip(records, zip(*columns, strict=True), strict=True)
    ]
    return Table(headings, rows, answer.table.num_rows - shown.num_rows)


def _is_number(name: str) -> bool:
    return column_named(name).kind not in _TEXTS


def _customers(user: User, rows: Sequence[Row], names: Sequence[str]) -> dict[str, Customer]:
    """Those whom the rows are about, by the warehouse's id."""
    keys = {row["customer_id"] for row in rows} if "customer_id" in names else set()
    return {customer.key: customer for customer in customers_for(user).filter(key__in=keys)} if keys else {}


def _cell(name: str, text: str, row: Row, customers: Mapping[str, Customer]) -> Cell:
    """A customer is named and leads to the record, a group or quarter to the list of its customers."""
    if name == "customer_id" and row[name] in customers:
        customer = customers[row[name]]
        return Cell(str(customer), is_number=False, href=customer.get_absolute_url())
    if name == "group":
        return Cell(text, is_number=False, href=f"{reverse('customers')}?{urlencode({'group': row[name]})}")
    if name == "quarter":
        return Cell(text, is_number=False, href=f"{reverse('customers')}?{urlencode(_ends(row))}")
    return Cell(text, is_number=_is_number(name))


def _ends(row: Row) -> dict[str, float]:
    """A quarter's ends as the list of customers calls them."""
    named = {
        "value_from": row["value_from"],
        "value_to": row["value_below"],
        "alive_from": row["alive_from"],
        "alive_to": row["alive_below"],
    }
    return {name: end for name, end in named.items() if end is not None}
