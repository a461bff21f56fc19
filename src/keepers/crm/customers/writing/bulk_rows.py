"""Rows of the app's models, many at once and as fast as the database takes them, inside the transaction under way."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateField, DecimalField, Field, JSONField, Model

from keepers.crm.customers.writing import chunks


def add(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    """Write new rows, the columns named as the model's attributes; gives their primary keys."""
    if not rows:
        return []
    numbers = chunks.reserve(model._meta.db_table, len(rows))
    add_numbered(model, columns, [(number, *row) for number, row in zip(numbers, rows, strict=True)])
    return numbers


def add_numbered(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write new rows whose first value is the primary key."""
    names = ("id", *columns)
    chunks.write(model._meta.db_table, names, _stored(model, names, rows))


def change(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write these columns of rows anew, each of which begins with its primary key."""
    if rows and columns:
        names = ("id", *columns)
        chunks.change(model._meta.db_table, names, _stored(model, names, rows))


def _stored(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """Rows as the database takes them."""
    fields = {each.attname: each for each in model._meta.concrete_fields}
    turned = {at: fields[name] for at, name in enumerate(names) if isinstance(fields[name], DateField | DecimalField)}
    told = [at for at, name in enumerate(names) if isinstance(fields[name], JSONField)]
    return _turned(rows, turned, told) if turned or told else rows


def _turned(
    rows: Iterable[Sequence[Any]], turned: Mapping[int, Field[Any, Any]], told: Sequence[int]
) -> Iterator[list[Any]]:
    """Rows some of whose values are of a kind that the database takes otherwise, or as JSON; most bear few of them."""
    known: dict[int, dict[Any, Any]] = {at: {None: None} for at in turned}
    for row in rows:
        found = list(row)
        for at, field in turned.items():
            value, of = found[at], known[at]
            if value not in of:
                of[value] = field.get_db_prep_save(value, connection)
            found[at] = of[value]
        for at in told:
            found[at] = None if found[at] is None else json.dumps(found[at])
        yield found
