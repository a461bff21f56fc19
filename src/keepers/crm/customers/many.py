"""One field of many customers, read and written a block at a time, whatever the field: for bulk edits and undoing.

What a customer has in a field is plain JSON here: a key, a word, a list of tags, the cells of a custom field.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.stages import said_by_rules
from keepers.crm.customers.models import Customer, CustomField, CustomValue, StageMove
from keepers.crm.customers.writing import bulk_rows

Values = dict[int, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of customers.

    read: what each of these customers has
    write: gives each customer what the mapping says
    """

    read: Callable[[Sequence[int]], Values]
    write: Callable[[Act, Mapping[int, Any]], None]


def column(name: str) -> Field:
    """A column of customers: its value, or the key of what it leads to."""

    def read(pks: Sequence[int]) -> Values:
        return dict(Customer.objects.filter(pk__in=pks).values_list("pk", name))

    def write(act: Act, values: Mapping[int, Any]) -> None:
        for value, pks in _by_value(values).items():
            Customer.objects.filter(pk__in=pks).update(**{name: value, "changed_at": act.at})

    return Field(read, write)


def stage() -> Field:
    """The stage, each change of which is a move."""
    plain = column("stage")

    def write(act: Act, values: Mapping[int, Any]) -> None:
        before = plain.read(list(values))
        plain.write(act, values)
        for value, pks in _by_value({pk: said_by_rules(stage) for pk, stage in before.items()}).items():
            Customer.objects.filter(pk__in=pks, stage_held="").update(stage_held=value)
        by = act.by.pk if act.by else None
        moves = [(pk, before[pk], after, act.at, by, "") for pk, after in values.items()]
        bulk_rows.add(StageMove, ("customer_id", "before", "after", "at", "by_id", "reason"), moves)

    return Field(plain.read, write)


def tags() -> Field:
    """All tags of a customer, by their keys."""
    worn = Customer.tags.through.objects

    def read(pks: Sequence[int]) -> Values:
        found: Values = {pk: [] for pk in pks}
        for pk, tag in worn.filter(customer_id__in=pks).order_by("tag_id").values_list("customer_id", "tag_id"):
            found[pk].append(tag)
        return found

    def write(act: Act, values: Mapping[int, Any]) -> None:
        worn.filter(customer_id__in=list(values)).delete()
        pairs = [(pk, tag) for pk, tags in values.items() for tag in tags]
        bulk_rows.add(Customer.tags.through, ("customer_id", "tag_id"), pairs)
        Customer.objects.filter(pk__in=list(values)).update(changed_at=act.at)

    return Field(read, write)


def custom(field: CustomField) -> Field:
    """The cells of a custom field: text, number and day of each."""

    def read(pks: Sequence[int]) -> Values:
        found: Values = {pk: [] for pk in pks}
        rows = CustomValue.objects.filter(field=field, customer_id__in=pks).order_by("place")
        for pk, text, number, day in rows.values_list("customer_id", "text", "number", "day"):
            found[pk].append(as_json(text, number, day))
        return found

    def write(act: Act, values: Mapping[int, Any]) -> None:
        CustomValue.objects.filter(field=field, customer_id__in=list(values)).delete()
        rows = [(pk, field.pk, place, *cell) for pk, cells in values.items() for place, cell in enumerate(cells)]
        bulk_rows.add(CustomValue, ("customer_id", "field_id", "place", "text", "number", "day"), rows)
        Customer.objects.filter(pk__in=list(values)).update(changed_at=act.at)

    return Field(read, write)


def as_json(text: str, number: Decimal | None, day: date | None) -> list[str | None]:
    """A cell of a custom field."""
    return [text, None if number is None else f"{number.normalize():f}", None if day is None else day.isoformat()]


def _by_value(values: Mapping[int, Any]) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = defaultdict(list)
    for pk, value in values.items():
        found[value].append(pk)
    return found
