"""Customers as they are compared: one row each, texts in small letters."""

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from keepers.crm.customers.duplicates.matching import FIELDS, KEY
from keepers.crm.customers.models import Address, Customer, CustomField, CustomValue
from keepers.crm.customers.organisation_names import called

_WORD = re.compile(r"[^\W_]+")
_BORN = re.compile(r"birth|born|\bdob\b|date.of.birth|geburt|naissance", re.IGNORECASE)
TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "mme", "sir"})
ALONE = 0.95  # share of a field's values that are nobody else's, from which it is taken for a number of the person
LEAST = 20  # values below which that cannot be told

_SCHEMA = pa.schema([(KEY, pa.int64()), *((name, pa.string()) for name in FIELDS)])


def people_table() -> pa.Table:
    """Everybody, as `matching.pairs_among` wants them."""
    people = Customer.objects.order_by("pk").values(
        "pk", "kind", "name", "email", "phone", "street", "postal_code", "city"
    )
    places, born, numbers = _addresses(), _dates_of_birth(), _numbers()
    rows = [
        _person(row, places.get(row["pk"], {}), born.get(row["pk"]), numbers.get(row["pk"]))
        for row in people.iterator(chunk_size=10_000)
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _person(row: Mapping[str, Any], address: Mapping[str, Any], born: str | None, number: str | None) -> dict[str, Any]:
    first, last = _named(row["name"], is_organisation=row["kind"] == Customer.Kind.ORGANISATION)
    return {
        KEY: row["pk"],
        "first": first,
        "last": last,
        "email": _plain(row["email"]),
        "phone": "".join(filter(str.isdigit, row["phone"]))[-9:] or None,  # without the country, which some leave out
        "street": _plain(address.get("street", "") or row["street"]),
        "city": _plain(address.get("city", "") or row["city"]),
        "postal_code": _plain(address.get("postal_code", "") or row["postal_code"]),
        "born": born,
        "number": number,
    }


def _named(name: str, *, is_organisation: bool) -> tuple[str | None, str | None]:
    """What comes before the last word, and the last; of an organisation all of it, without its legal form."""
    if is_organisation:
        return None, called(name).words or None
    words = [word for word in _WORD.findall(name.lower()) if word not in TITLES]
    if len(words) < 2:
        return None, " ".join(words) or None
    return " ".join(words[:-1]), words[-1]


def _plain(text: str) -> str | None:
    return " ".join(text.lower().split()) or None


def _addresses() -> dict[int, Mapping[str, Any]]:
    """The first address of each."""
    found = Address.objects.order_by("-position", "-pk").values("customer_id", "street", "postal_code", "city")
    return {row["customer_id"]: row for row in found.iterator(chunk_size=10_000)}


def _dates_of_birth() -> dict[int, str]:
    """From the first field of dates that is called so."""
    fields = CustomField.objects.filter(noun="customers", kind=CustomField.Kind.DATE, removed_at=None)
    field = next((each for each in fields if _BORN.search(f"{each.key} {each.label}")), None)
    if field is None:
        return {}
    found = CustomValue.objects.filter(field=field, day__isnull=False).values_list("customer_id", "day")
    return {customer: f"{day:%Y%m%d}" for customer, day in found}


def _numbers() -> dict[int, str]:
    """From the first field whose values are almost all nobody else's: an insured person's number."""
    kinds = (CustomField.Kind.TEXT, CustomField.Kind.NUMBER)
    for field in CustomField.objects.filter(noun="customers", kind__in=kinds, removed_at=None):
        found = CustomValue.objects.filter(field=field).values_list("customer_id", "text", "number")
        known = {who: text.lower() or f"{number:f}" for who, text, number in found if text or number is not None}
        if len(known) >= LEAST and len(set(known.values())) >= ALONE * len(known):
            return known
    return {}
