"""What customers have, as rows of tables: written many at once, kept as they were, and put back."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import DateField, DecimalField, Model

from keepers.crm.customers import chunks
from keepers.crm.customers.models import Address, Consent, ContactPoint, Customer, CustomValue, ExternalKey

Row = TypeVar("Row", bound=Model)
TAGGED: type[Model] = Customer.tags.through
SETS: Mapping[str, type[Model]] = {
    "contact_points": ContactPoint,
    "addresses": Address,
    "external_keys": ExternalKey,
    "custom_values": CustomValue,
    "consents": Consent,
    "tags": TAGGED,
}


def add(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    """Write new rows, the columns named as the model's attributes; gives their primary keys."""
    if not rows:
        return []
    table = model._meta.db_table
    numbers = chunks.reserve(table, len(rows))
    add_numbered(model, columns, [(number, *row) for number, row in zip(numbers, rows, strict=True)])
    return numbers


def add_numbered(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write new rows whose first value is the primary key."""
    names, fields = ("id", *columns), {each.attname: each for each in model._meta.concrete_fields}
    turned = [at for at, name in enumerate(names) if isinstance(fields[name], DateField | DecimalField)]
    chunks.write(model._meta.db_table, names, _stored(rows, turned) if turned else rows)


def look_anew() -> None:
    """Let the database see how many customers there are by now, and what they have."""
    chunks.look_anew(Customer._meta.db_table, *(model._meta.db_table for model in SETS.values()))


def _stored(rows: Iterable[Sequence[Any]], turned: Sequence[int]) -> Iterator[list[Any]]:
    """Rows as the database takes them, of whose values these are of a kind that it takes otherwise; most bear few."""
    known: dict[Any, Any] = {None: None}
    for row in rows:
        found = list(row)
        for at in turned:
            value = found[at]
            if value not in known:
                known[value] = as_stored(value)
            found[at] = known[value]
        yield found


def as_stored(value: Any) -> Any:
    """A value as the database takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, Decimal) and connection.vendor == "sqlite":
        return str(value)
    return value


def kept(rows: Iterable[Model]) -> list[dict[str, Any]]:
    """Rows as JSON keeps them."""
    told = [{each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields} for row in rows]
    found: list[dict[str, Any]] = json.loads(json.dumps(told, cls=_Exactly))
    return found


def put_back(model: type[Row], rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Write rows as they were kept, under their own primary keys."""
    fields = {each.attname: each for each in model._meta.concrete_fields}
    made = [
        model(**{name: fields[name].to_python(value) for name, value in row.items() if name in fields}) for row in rows
    ]
    return model._base_manager.bulk_create(made)


def numbers_in(found: Iterable[Sequence[int]]) -> list[int]:
    """The primary keys of runs."""
    return [number for first, last in found for number in range(first, last + 1)]


class _Exactly(DjangoJSONEncoder):
    """Moments with all their digits."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)
