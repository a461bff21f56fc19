"""What customers have, as rows of tables: written many at once, kept as they were, and put back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from keepers.crm.customers.models import Address, Consent, ContactPoint, Customer, CustomValue, ExternalKey
from keepers.crm.customers.writing import bulk_rows, chunks
from keepers.crm.customers.writing.chunks import among

TAGGED: type[Model] = Customer.tags.through
SETS: Mapping[str, type[Model]] = {
    "contact_points": ContactPoint,
    "addresses": Address,
    "external_keys": ExternalKey,
    "custom_values": CustomValue,
    "consents": Consent,
    "tags": TAGGED,
}


def look_anew() -> None:
    """Let the database see how many customers there are by now, and what they have."""
    chunks.look_anew(Customer._meta.db_table, *(model._meta.db_table for model in SETS.values()))


def kept(rows: Iterable[Model]) -> list[dict[str, Any]]:
    """Rows as JSON keeps them."""
    told = [{each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields} for row in rows]
    found: list[dict[str, Any]] = json.loads(json.dumps(told, cls=_Exactly))
    return found


def put_back(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as they were kept, under their own primary keys."""
    key, *others = model._meta.concrete_fields
    columns = [(each.attname, each.to_python, each.get_default()) for each in others]
    made = [(row[key.attname], *(turn(row.get(name, usual)) for name, turn, usual in columns)) for row in rows]
    bulk_rows.add_numbered(model, [name for name, _turn, _usual in columns], made)


def clear(model: type[Model], customers: Iterable[int]) -> None:
    """Remove all rows of a set that these customers have."""
    rows = model._base_manager.filter(among(list(customers)))
    rows._raw_delete(rows.db)  # nothing hangs on them


def numbers_in(found: Iterable[Sequence[int]]) -> list[int]:
    """The primary keys of runs."""
    return [number for first, last in found for number in range(first, last + 1)]


class _Exactly(DjangoJSONEncoder):
    """Moments with all their digits."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)
