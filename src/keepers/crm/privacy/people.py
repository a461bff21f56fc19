"""One person in the app database: all customers that they are, and every row about them, of whichever desk."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions.records import absorbed_by
from keepers.crm.customers.models import ContactPoint, Customer, ExternalKey
from keepers.crm.customers.queries import firm
from keepers.crm.customers.reach import ways_to_dial
from keepers.loop.forgetting import Subject, subject_of
from keepers.warehouse.tombstones import Mark

Rows = Mapping[type[models.Model], set[int]]
GOES_ALONG = (models.CASCADE, models.SET_NULL)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with those who were found to be them; those who were merged come first."""

    customers: Sequence[Customer]

    @property
    def numbers(self) -> list[int]:
        """Their primary keys."""
        return [each.pk for each in self.customers]

    @property
    def keys(self) -> list[str]:
        """The ids that orders know them by."""
        return [each.key for each in self.customers]


class NobodyError(KeepersError):
    """No customer has this id."""


def customer_called(key: str) -> Customer:
    """The customer of this id.

    Raises:
        NobodyError: there is none.
    """
    found = Customer.objects.filter(key=key).first()
    if found is None:
        raise NobodyError(f'No customer has the id "{key}". Write it as their page shows it.')
    return found


def person_of(customer: Customer) -> Person:
    """The customer with all whom they absorbed."""
    return Person([*absorbed_by(customer), customer])


def known_of(person: Person) -> Subject:
    """Who they are in the warehouse, with what the app knows them by."""
    workspace = settings.WORKSPACE
    with workspace.opened() as store:
        return subject_of(store, person.keys, marks=_marks(person), words=_words(person))


def dialled(number: str) -> Iterator[Mark]:
    """What a number is known by, however the next file writes it."""
    for way in ways_to_dial(number, firm().country):
        yield Mark("phone", way)


def rows_about(numbers: Sequence[int]) -> Rows:
    """Primary keys of every row that belongs to these customers, by table; what is somebody else's too is left out."""
    found: dict[type[models.Model], set[int]] = defaultdict(set)
    found[Customer] = set(numbers)
    waiting: list[tuple[type[models.Model], set[int]]] = [(Customer, set(numbers))]
    while waiting:
        model, pks = waiting.pop()
        for to_model in _leading_to(model):
            related = to_model.model
            theirs = related._base_manager.filter(**{f"{to_model.attname}__in": pks})
            if to_model.remote_field.on_delete is models.SET_NULL:
                theirs = _without_those_of_others(theirs, related, set(numbers))
            new = set(theirs.values_list("pk", flat=True)) - found[related]
            if new:
                found[related] |= new
                waiting.append((related, new))
    return {model: pks for model, pks in found.items() if pks}


def called(model: type[models.Model]) -> str:
    """What the rows of a table are."""
    name = str(model._meta.verbose_name)
    return f"{name}es" if name.endswith(("s", "ch")) else str(model._meta.verbose_name_plural)


def _leading_to(model: type[models.Model]) -> Iterator[models.ForeignKey[Any, Any]]:
    """Fields of other tables by which their rows belong to rows of this one."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.related_model is Customer:
            continue
        if relation.on_delete is models.CASCADE or (model is Customer and relation.on_delete in GOES_ALONG):
            yield relation.field


def _without_those_of_others(
    rows: models.QuerySet[Any], related: type[models.Model], numbers: set[int]
) -> models.QuerySet[Any]:
    """A row that belongs to somebody else too stays, and names nobody any more."""
    for field in related._meta.concrete_fields:
        if field.related_model is Customer:
            rows = rows.filter(models.Q(**{f"{field.attname}__in": numbers}) | models.Q(**{f"{field.attname}": None}))
    return rows


def _marks(person: Person) -> Iterator[Mark]:
    for each in person.customers:
        yield Mark("id", each.key)
        yield Mark("email", each.email)
        yield from dialled(each.phone)
    for point in ContactPoint.objects.filter(customer__in=person.numbers, kind__in=("email", "phone")):
        if point.kind == ContactPoint.Kind.EMAIL:
            yield Mark("email", point.value)
        else:
            yield from dialled(point.value)
    for key in ExternalKey.objects.filter(customer__in=person.numbers):
        yield Mark("id", key.external_id, key.source)


def _words(person: Person) -> Iterator[str]:
    for each in person.customers:
        yield from filter(None, (each.name, each.key, each.email, each.phone))
    for point in ContactPoint.objects.filter(customer__in=person.numbers, kind__in=("email", "phone")):
        yield from {point.value, point.written}
    yield from ExternalKey.objects.filter(customer__in=person.numbers).values_list("external_id", flat=True)
