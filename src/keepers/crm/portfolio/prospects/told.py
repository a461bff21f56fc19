"""What is known of prospects and of customers alike, by which look-alikes are learned and scored.

Beside what every record has, custom fields that somebody writes: one of a list, yes or no, a number. One counts where
it tells prospects apart: what people get only once they buy, or all alike before, says nothing of who would buy much.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce

import polars as pl
import pyarrow as pa
from django.db.models import Count, Q

from keepers.crm.customers.models import Customer, CustomField, CustomValue
from keepers.crm.customers.typed import OF_FIELDS
from keepers.decisions.acquisition.attributes import LEAST_CUSTOMERS

KNOWN = {"acquisition_source": "acquired_by", "city": "city", "country": "country"}
"""What the warehouse knows of customers with their first order, and how a customer's record calls it."""
KINDS = (CustomField.Kind.CHOICE, CustomField.Kind.YES_NO, CustomField.Kind.NUMBER)
AT_ONCE = 5_000


def fields_in_use() -> dict[str, CustomField]:
    """Attribute → the custom field that tells it: known of as many prospects as a level needs customers, not alike."""
    fields = CustomField.objects.filter(noun="customers", kind__in=KINDS, removed_at=None)
    told = CustomValue.objects.filter(field__in=fields, customer__stage=Customer.Stage.PROSPECT).order_by()
    counted = told.values("field").annotate(
        people=Count("customer"), words=Count("text", distinct=True), numbers=Count("number", distinct=True)
    )
    differs = counted.filter(Q(words__gt=1) | Q(numbers__gt=1), people__gte=LEAST_CUSTOMERS)
    enough = set(differs.values_list("field", flat=True))
    return {f"{OF_FIELDS}{field.key}": field for field in fields if field.pk in enough}


def labels_of(attributes: Iterable[str]) -> dict[str, str]:
    """What the custom fields among some attributes are called by now, unless something else is called so."""
    keys = {name.removeprefix(OF_FIELDS): name for name in attributes if name.startswith(OF_FIELDS)}
    found = dict(CustomField.objects.filter(noun="customers", key__in=keys).values_list("key", "label"))
    taken = ["place", *KNOWN, *keys.values(), *found.values()]
    return {keys[key]: label for key, label in found.items() if taken.count(label) == 1}


def told_of_customers(fields: Mapping[str, CustomField]) -> pa.Table | None:
    """What the fields say of everybody: `customer_id`, and a column of texts an attribute; None without fields."""
    columns = []
    for name, field in fields.items():
        rows = CustomValue.objects.filter(field=field).order_by().values_list("customer__key", "text", "number")
        told = [(key, _as_text(field, text, number)) for key, text, number in rows.iterator(AT_ONCE)]
        columns.append(pl.DataFrame(told, {"customer_id": pl.String, name: pl.String}, orient="row"))
    if not columns:
        return None
    together = reduce(lambda one, two: one.join(two, on="customer_id", how="full", coalesce=True), columns)
    return together.to_arrow().cast(pa.schema([(name, pa.string()) for name in together.columns]))


def told_of_prospects(people: Sequence[Customer], attributes: Collection[str], hidden: Collection[str]) -> pa.Table:
    """What a user may know of these people, by their `place`; what is hidden from them is not given away."""
    columns = {"place": pa.array(range(len(people)), pa.int64())}
    for name, own in KNOWN.items():
        if own not in hidden:
            columns[name] = pa.array([getattr(each, own) or None for each in people], pa.string())
    keys = [name.removeprefix(OF_FIELDS) for name in attributes if name.startswith(OF_FIELDS) and name not in hidden]
    told: dict[str, dict[int, str]] = {key: {} for key in keys}
    if keys:
        rows = CustomValue.objects.filter(field__key__in=keys, field__noun="customers").select_related("field")
        newest = min((each.pk for each in people), default=0)
        for row in rows.filter(customer__stage=Customer.Stage.PROSPECT, customer__gte=newest).order_by():
            told[row.field.key][row.customer_id] = _as_text(row.field, row.text, row.number)
    for key, some in told.items():
        columns[f"{OF_FIELDS}{key}"] = pa.array([some.get(each.pk) for each in people], pa.string())
    return pa.table(columns)


def _as_text(field: CustomField, text: str, number: Decimal | None) -> str:
    if number is None:
        return text
    return ("yes" if number else "no") if field.kind == CustomField.Kind.YES_NO else f"{number.normalize():f}"
