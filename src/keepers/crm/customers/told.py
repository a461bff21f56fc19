"""A customer as other programs read them: every field that whoever asks may see."""

from typing import Any

from django.db.models import QuerySet

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.models import Customer, CustomValue
from keepers.crm.customers.typed import OF_FIELDS, value_in
from keepers.crm.people.models import User


def read_with(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """With all that telling them needs, in a few queries however many they are."""
    beside = ("tags", "external_keys", "custom_values__field")
    return customers.select_related("owner", "team").prefetch_related(*beside)


def told_to(user: User, customer: Customer) -> dict[str, Any]:
    """Every field that the user may see."""
    hidden = hidden_of_customers(user)
    told = {
        "id": customer.pk,
        "key": customer.key,
        "name": customer.name,
        "kind": customer.kind,
        "stage": customer.stage,
        "email": customer.email,
        "phone": customer.phone,
        "city": customer.city,
        "country": customer.country,
        "owner": customer.owner.email if customer.owner else None,
        "team": customer.team.name if customer.team else None,
        "tags": sorted(tag.name for tag in customer.tags.all()),
        "acquired_by": customer.acquired_by,
        "acquired_on": customer.acquired_on,
        "acquisition_cost": customer.acquisition_cost,
        "custom": {key: value for key, value in _custom(customer).items() if f"{OF_FIELDS}{key}" not in hidden},
        "external_keys": _keys(customer),
        "created_at": customer.created_at,
        "changed_at": customer.changed_at,
    }
    return {name: value for name, value in told.items() if name not in hidden}


def _custom(customer: Customer) -> dict[str, Any]:
    rows: dict[int, list[CustomValue]] = {}
    for row in customer.custom_values.all():
        rows.setdefault(row.field_id, []).append(row)
    fields = [(values[0].field, values) for values in rows.values()]
    return {field.key: value_in(field, values) for field, values in fields if field.removed_at is None}


def _keys(customer: Customer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in customer.external_keys.all():
        if not key.is_fingerprint:
            found.setdefault(key.source, []).append(key.external_id)
    return found
