"""One field of many customers changed at once, in short transactions, and the undoing of it."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers import many
from keepers.crm.customers.acquisitions import FIELDS, tell_acquisitions
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.fields import NOUN
from keepers.crm.customers.actions.tags import tag_called
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.models import BulkEdit, BulkEditRow, Customer, CustomField
from keepers.crm.customers.typed import OF_FIELDS, cells_of
from keepers.crm.customers.writing import bulk_rows
from keepers.crm.customers.writing.chunks import Pace

BLOCK = 1_000  # customers a transaction
COLUMNS = ("owner", "team", "kind", "acquired_by")
ADD_TAG, REMOVE_TAG = "add-tag", "remove-tag"

Change = Callable[[Any], Any]
"""What a customer is to have, by what they have."""
Told = Callable[[int, int], None]
"""Told how many customers are done, of how many; it may raise to stop."""


class BulkEditError(KeepersError):
    """Many customers cannot be changed like this."""


def change(act: Act, customers: QuerySet[Customer], field: str, value: Any) -> BulkEdit:
    """Write one field of many customers. Killed midway, what was written stays and can be undone.

    Args:
        act: who, when, how.
        customers: those who may be changed.
        field: of `COLUMNS`, `stage`, `add-tag`, `remove-tag`, or `field-` and the key of a custom field.
        value: what they are to have: a user, a team, a word, a tag's name, a custom field's value.

    Raises:
        BulkEditError: there is no such field.
        WrongValueError: it is no value of the custom field.
    """
    edit = begin(act, field, value)
    carry_on(act, customers, edit)
    note(act, edit)
    return edit


def begin(act: Act, field: str, value: Any, **about: Any) -> BulkEdit:
    """The bulk edit as it is before anybody is changed.

    Raises:
        BulkEditError: there is no such field.
        WrongValueError: it is no value of the custom field.
    """
    wanted, says = _wanted(field, value)
    return BulkEdit.objects.create(at=act.at, by=act.by, field=field, says=says[:255], wanted=wanted, **about)


def carry_on(act: Act, customers: QuerySet[Customer], edit: BulkEdit, tell: Told | None = None) -> None:
    """Write it for those who come after whom it has reached, by their numbers; nobody is written twice."""
    known, to, pace = _field(edit.field), _change_to(edit.field, edit.wanted), Pace()
    pks = list(customers.filter(pk__gt=edit.reached).order_by("pk").values_list("pk", flat=True))
    for done, block in _blocks(pks):
        if tell is not None:
            tell(done, len(pks))
        with pace.transaction():
            before = known.read(block)
            after = {pk: to(has) for pk, has in before.items()}
            differs = {pk: has for pk, has in after.items() if has != before[pk]}
            known.write(act, differs)
            changed(differs, at=act.at)
            tell_acquisitions(differs if edit.field in FIELDS else (), at=act.at)
            rows = [(edit.pk, pk, before[pk], has) for pk, has in differs.items()]
            bulk_rows.add(BulkEditRow, ("edit_id", "customer_id", "before", "after"), rows)
            reached = {"changed": F("changed") + len(differs), "reached": block[-1]}
            BulkEdit.objects.filter(pk=edit.pk).update(**reached)
    edit.refresh_from_db()


def note(act: Act, edit: BulkEdit) -> None:
    """Add to the audit log what was written, or given back."""
    changes: dict[str, Any] = {edit.field: [None, edit.says], "customers": edit.changed, "bulk_edit": edit.pk}
    if edit.undone_at is not None:
        changes = {"bulk_edit": edit.pk, "customers": edit.given_back, "left": edit.left}
    with transaction.atomic():
        act.note("edit" if edit.undone_at is None else "undo", None, changes)


def undo(act: Act, customers: QuerySet[Customer], edit: BulkEdit) -> BulkEdit:
    """Give each customer back what they had; whoever was changed in the same field since, or is not among these, stays.

    Args:
        act: who, when, how.
        customers: those who may be changed.
        edit: what is undone; it counts those who stay.

    Raises:
        BulkEditError: it was undone already, or is still being written.
    """
    begin_undoing(act, edit)
    give_back(act, customers, edit)
    note(act, edit)
    return edit


def begin_undoing(act: Act, edit: BulkEdit) -> None:
    """From now on it counts as undone.

    Raises:
        BulkEditError: it was undone already, or is still being written.
    """
    with transaction.atomic():
        found = held_fast(edit)
        if found.is_under_way:
            raise BulkEditError(_("It is still being written. Stop it first, or wait until it is done."))
        if found.undone_at is not None:
            raise BulkEditError(_("This was undone already."))
        BulkEdit.objects.filter(pk=edit.pk).update(undone_at=act.at, left=0, undone_to=0)


def held_fast(edit: BulkEdit) -> BulkEdit:
    """The edit as it is now, until the transaction ends: of two who ask at once, one comes second."""
    return BulkEdit.objects.select_for_update(of=("self",)).select_related("job", "by").get(pk=edit.pk)


def give_back(act: Act, customers: QuerySet[Customer], edit: BulkEdit, tell: Told | None = None) -> None:
    """Undo it for those who come after whom the undoing has reached."""
    edit.refresh_from_db()
    known, pace = _field(edit.field), Pace()
    pks = list(edit.rows.filter(pk__gt=edit.undone_to).values_list("pk", flat=True))
    for done, block in _blocks(pks):
        if tell is not None:
            tell(done, len(pks))
        with pace.transaction():
            rows = {row.customer_id: row for row in BulkEditRow.objects.filter(pk__in=block)}
            now = known.read(list(customers.filter(pk__in=list(rows)).values_list("pk", flat=True)))
            same = {pk: rows[pk].before for pk, has in now.items() if has == rows[pk].after}
            known.write(act, same)
            changed(same, at=act.at)
            tell_acquisitions(same if edit.field in FIELDS else (), at=act.at)
            reached = {"left": F("left") + len(rows) - len(same), "undone_to": block[-1]}
            BulkEdit.objects.filter(pk=edit.pk).update(**reached)
    edit.refresh_from_db()


def locked_with(field: str) -> str:
    """The field whose lock keeps somebody from writing this one."""
    return "tags" if field in {ADD_TAG, REMOVE_TAG} else field


def _blocks(pks: list[int]) -> Iterator[tuple[int, list[int]]]:
    return ((start, pks[start : start + BLOCK]) for start in range(0, len(pks), BLOCK))


def _field(field: str) -> many.Field:
    if field in COLUMNS:
        return many.column(field)
    if field in {ADD_TAG, REMOVE_TAG}:
        return many.tags()
    return many.stage() if field == "stage" else many.custom(_custom(field))


def _custom(field: str) -> CustomField:
    key = field.removeprefix(OF_FIELDS) if field.startswith(OF_FIELDS) else None
    found = CustomField.objects.filter(noun=NOUN, key=key, removed_at=None).first()
    if found is None or found.is_computed:
        raise BulkEditError(f'"{field}" is no field that can be written for many.')
    return found


def _wanted(field: str, value: Any) -> tuple[Any, str]:
    """What each is to have as the edit keeps it, and the same in words."""
    if field in {ADD_TAG, REMOVE_TAG}:
        tag = " ".join(str(value).split())[:60]
        if not tag:
            raise BulkEditError(_("Write the tag first."))
        return tag, (_("tagged %(tag)s") if field == ADD_TAG else _("no longer tagged %(tag)s")) % {"tag": tag}
    if field in {*COLUMNS, "stage"}:
        return getattr(value, "pk", value), f"{field}: {'–' if value in (None, '') else value}"
    custom = _custom(field)
    cells = [many.as_json(cell.text, cell.number, cell.day) for cell in cells_of(custom, value)]
    return cells, f"{custom.label}: {value or '–'}"


def _change_to(field: str, wanted: Any) -> Change:
    if field not in {ADD_TAG, REMOVE_TAG}:
        return lambda _has: wanted
    tag = tag_called(wanted).pk
    if field == ADD_TAG:
        return lambda has: sorted({*has, tag})
    return lambda has: [each for each in has if each != tag]
