"""What formulas may read of customers, and what some customers have there."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from keepers.crm.customers.computed.formulas import Variable
from keepers.crm.customers.computed.functions import Value
from keepers.crm.customers.computed.kinds import DATE, MONEY, TEXT, kind_for
from keepers.crm.customers.models import Customer, CustomField, CustomValue
from keepers.crm.customers.typed import OF_FIELDS, value_in

OWN: Mapping[str, tuple[str, str]] = {
    "name": (TEXT, "name"),
    "key": (TEXT, "key"),
    "kind": (TEXT, "kind"),
    "stage": (TEXT, "stage"),
    "owner": (TEXT, "owner__name"),
    "team": (TEXT, "team__name"),
    "email": (TEXT, "email"),
    "phone": (TEXT, "phone"),
    "city": (TEXT, "city"),
    "country": (TEXT, "country"),
    "acquired_by": (TEXT, "acquired_by"),
    "acquired_on": (DATE, "acquired_on"),
    "acquisition_cost": (MONEY, "acquisition_cost"),
    "created_at": (DATE, "created_at"),
}
"""What every firm knows: the kind, and the lookup that leads there."""


def variables(fields: Iterable[CustomField]) -> dict[str, Variable]:
    """All that may be read, by how it may be written: a key, a label; what every firm knows goes before."""
    found: dict[str, Variable] = {}
    for field in fields:
        variable = Variable(f"{OF_FIELDS}{field.key}", kind_for(field.holds))
        for spelled in (field.key, field.label):
            found.setdefault(spelled.casefold(), variable)
    return found | {name: Variable(name, kind) for name, (kind, _lookup) in OWN.items()}


def known_of(
    pks: Sequence[int], reads: Collection[str], fields: Mapping[str, CustomField]
) -> dict[int, dict[str, Value]]:
    """What each of these customers has in some fields.

    Args:
        pks: the customers.
        reads: names of variables.
        fields: the custom fields by key.
    """
    found: dict[int, dict[str, Value]] = {pk: {} for pk in pks}
    own = [name for name in OWN if name in reads]
    if own:
        rows = Customer.objects.filter(pk__in=pks).values_list("pk", *(OWN[name][1] for name in own))
        for pk, *values in rows:
            found[pk] |= {name: _plain(value) for name, value in zip(own, values, strict=True)}
    read = {fields[key].pk: fields[key] for key in fields if f"{OF_FIELDS}{key}" in reads}
    if read:
        cells: dict[tuple[int, int], list[CustomValue]] = defaultdict(list)
        for row in CustomValue.objects.filter(customer__in=pks, field__in=read).order_by("place"):
            cells[row.customer_id, row.field_id].append(row)
        for (pk, field), some in cells.items():
            found[pk][f"{OF_FIELDS}{read[field].key}"] = _plain(value_in(read[field], some))
    return found


def _plain(value: Any) -> Value:
    if isinstance(value, datetime):
        return timezone.localdate(value)
    if isinstance(value, list):
        return "; ".join(value) or None
    return None if value == "" else value
