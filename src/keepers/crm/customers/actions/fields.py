"""Custom fields: what this firm knows of its customers beyond what every firm does, and what each has there."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.computed import asking
from keepers.crm.customers.computed.defining import computed_as, readers_of, refuse_circle
from keepers.crm.customers.models import Customer, CustomField, CustomValue
from keepers.crm.customers.typed import OF_FIELDS, Cell, WrongValueError, cells_of, value_in
from keepers.crm.people.audit import differences
from keepers.crm.people.roles import Noun

NOUN = "customers"
_CHOSEN = frozenset({CustomField.Kind.CHOICE, CustomField.Kind.CHOICES})
_COMPUTED = frozenset({CustomField.Kind.FORMULA, CustomField.Kind.ROLL_UP})


class FieldError(KeepersError):
    """A custom field cannot be like this."""


def define(
    act: Act,
    *,
    label: str,
    kind: str,
    key: str = "",
    choices: Sequence[str] = (),
    formula: str = "",
    roll_up: Mapping[str, Any] | None = None,
    is_required: bool = False,
) -> CustomField:
    """A new field of customers; one that was removed under the same key and kind comes back with its values.

    Raises:
        FieldError: it has no label, its key is taken, or it has nothing to choose from.
        FormulaError, RollUpError: it cannot be computed.
    """
    label = " ".join(label.split())[:120]
    key = key or key_for(label)
    wanted = _tidy(choices)
    if not label or not key:
        raise FieldError("Give the field a label with at least one letter.")
    if kind in _CHOSEN and not wanted:
        raise FieldError("Give at least one choice, a line each.")
    details: dict[str, Any] = {"label": label, "choices": wanted, "is_required": is_required, "removed_at": None}
    if kind in _COMPUTED:
        details |= computed_as(kind, formula, roll_up or {}, _present()) | {"is_required": False}
    with transaction.atomic():
        before = CustomField.objects.filter(noun=NOUN, key=key).first()
        if before is not None and (before.removed_at is None or before.kind != kind):
            raise FieldError(f'"{before.label}" has the key {key} already. Give this field another key.')
        last = CustomField.objects.filter(noun=NOUN).aggregate(last=Max("position"))["last"]
        details["position"] = 0 if last is None else last + 1
        if before is not None:
            _refuse_other_result(before, details)
        field, _is_new = CustomField.objects.update_or_create(noun=NOUN, key=key, kind=kind, defaults=details)
        asking.recount([field], at=act.at)
        act.note("create", field, {"label": [None, label], "kind": [None, kind]}, noun=Noun.SETTINGS)
    return field


def redefine(
    act: Act,
    field: CustomField,
    *,
    label: str,
    choices: Sequence[str] = (),
    formula: str = "",
    roll_up: Mapping[str, Any] | None = None,
    is_required: bool = False,
) -> None:
    """Change a field's label, choices or formula; its key and kind stay, and so do values that are no longer a choice.

    Raises:
        FieldError: it would have no label, nothing to choose from, or hold something else than before.
        FormulaError, RollUpError: it could not be computed.
    """
    label, wanted = " ".join(label.split())[:120], _tidy(choices)
    if not label:
        raise FieldError("Give the field a label with at least one letter.")
    if field.kind in _CHOSEN and not wanted:
        raise FieldError("Give at least one choice, a line each.")
    after: dict[str, Any] = {"label": label, "choices": wanted, "is_required": is_required}
    with transaction.atomic():
        if field.is_computed:
            present = list(CustomField.objects.select_for_update().filter(noun=NOUN, removed_at=None))
            after |= computed_as(field.kind, formula, roll_up or {}, [each for each in present if each.pk != field.pk])
            refuse_circle(field, after["reads"], present)
            _refuse_other_result(field, after)
        before = {name: getattr(field, name) for name in after}
        for name, value in after.items():
            setattr(field, name, value)
        field.save(update_fields=list(after))
        act.note("edit", field, differences(before, after, after), noun=Noun.SETTINGS)
        asking.recount([field], at=act.at)


def put_in_order(act: Act, keys: Sequence[str]) -> None:
    """Show the fields in this order; those that are not named come after."""
    places = {key: place for place, key in enumerate(keys)}
    with transaction.atomic():
        fields = sorted(CustomField.objects.filter(noun=NOUN), key=lambda field: places.get(field.key, len(places)))
        for position, field in enumerate(fields):
            CustomField.objects.filter(pk=field.pk).update(position=position)
        act.note("edit", None, {"order": list(keys)}, noun=Noun.SETTINGS)


def remove(act: Act, field: CustomField) -> None:
    """No page shows the field any more; its values stay until they are purged, so it can come back.

    Raises:
        FieldError: another is computed from it.
    """
    if readers := readers_of(field, _present()):
        named = ", ".join(each.label for each in readers)
        raise FieldError(f"{named} is computed from {field.label}. Change or remove that first.")
    with transaction.atomic():
        field.removed_at = act.at
        field.save(update_fields=["removed_at"])
        act.note("delete", field, noun=Noun.SETTINGS)


def bring_back(act: Act, field: CustomField) -> None:
    """Show a removed field again, with what it held.

    Raises:
        FormulaError: what it was computed from was removed.
    """
    if field.is_computed:
        computed_as(field.kind, field.formula, field.roll_up, _present())
    with transaction.atomic():
        field.removed_at = None
        field.save(update_fields=["removed_at"])
        act.note("create", field, noun=Noun.SETTINGS)
        asking.recount([field], at=act.at)


def fill(act: Act, customer: Customer, given: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Write a customer's values of some custom fields; what differs, each with before and after.

    Args:
        act: who, when, how.
        customer: whose.
        given: key of a field → what `typed.cells_of` reads; nothing empties it.

    Raises:
        FieldError: there is no such field, it must be filled, or it is computed.
        WrongValueError: a value is none of its field's kind.
    """
    fields = {field.key: field for field in CustomField.objects.filter(noun=NOUN, key__in=given, removed_at=None)}
    wanted = {key: _writable(fields, key) for key in given}
    changed, gone, new = dict[str, list[Any]](), list[int](), list[CustomValue]()
    with transaction.atomic():
        had: dict[int, list[CustomValue]] = defaultdict(list)
        known = CustomValue.objects.filter(customer=customer, field__in=wanted.values())
        for row in known.order_by("place"):
            had[row.field_id].append(row)
        for key, field in wanted.items():
            cells = _cells(field, given[key])
            before, after = value_in(field, had[field.pk]), value_in(field, cells)
            if before != after:
                changed[key] = [before, after]
                gone += [row.pk for row in had[field.pk]]
                new += _rows(customer, field, cells)
        if gone:
            CustomValue.objects.filter(pk__in=gone).delete()
        if changed:
            CustomValue.objects.bulk_create(new)
            act.touched(customer)
            act.note("edit", customer, {f"{OF_FIELDS}{key}": values for key, values in changed.items()})
    return changed


def key_for(label: str) -> str:
    """A key made of a label's letters and digits."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:60]


def _writable(fields: Mapping[str, CustomField], key: str) -> CustomField:
    if key not in fields:
        raise FieldError(f'There is no custom field "{key}". Define it in Settings first.')
    if fields[key].is_computed:
        raise FieldError(f"{fields[key].label} is computed, so nobody writes it.")
    return fields[key]


def _cells(field: CustomField, value: Any) -> list[Cell]:
    cells = cells_of(field, value)
    if field.is_required and not cells:
        raise WrongValueError(f"{field.label} must be filled.")
    return cells


def _rows(customer: Customer, field: CustomField, cells: Sequence[Cell]) -> list[CustomValue]:
    return [
        CustomValue(customer=customer, field=field, place=place, text=cell.text, number=cell.number, day=cell.day)
        for place, cell in enumerate(cells)
    ]


def _present() -> list[CustomField]:
    return list(CustomField.objects.filter(noun=NOUN, removed_at=None))


def _refuse_other_result(field: CustomField, details: Mapping[str, Any]) -> None:
    if "result" in details and field.result != details["result"]:
        kinds = dict(CustomField.Kind.choices)
        raise FieldError(
            f"{field.label} holds: {kinds[field.result]}, and would now hold: {kinds[details['result']]}. "
            "Lists and formulas that use it would no longer work: make a new field."
        )


def _tidy(choices: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(tidy for choice in choices if (tidy := " ".join(choice.split()))))
