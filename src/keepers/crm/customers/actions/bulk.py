"""One field of many customers changed at once, in short transactions, and the undoing of it."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers import many
from keepers.crm.customers.acquisitions import FIELDS, tell_acquisitions
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.fields import NOUN
from keepers.crm.customers.actions.tags import tag_called
from keepers.crm.customers.chunks import Pace
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.models import BulkEdit, BulkEditRow, Customer, CustomField
from keepers.crm.customers.typed import OF_FIELDS, cells_of

BLOCK = 1_000  # customers a transaction
MOST = 100_000
COLUMNS = ("owner", "team", "kind", "acquired_by")
ADD_TAG, REMOVE_TAG = "add-tag", "remove-tag"

Change = Callable[[Any], Any]
"""What a customer is to have, by what they have."""


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
        BulkEditError: there is no such field, or they are more than `MOST`.
        WrongValueError: it is no value of the custom field.
    """
    pks = list(customers.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if len(pks) > MOST:
        raise BulkEditError(
            f"{MOST:,} customers at once are the most. Narrow the list, and go on with the rest after it."
        )
    wanted, says = _wanted(field, value)
    known = _field(field)
    edit = BulkEdit.objects.create(at=act.at, by=act.by, field=field, says=says[:255])
    pace = Pace()
    for block in _blocks(pks):
        with pace.transaction():
            before = known.read(block)
            after = {pk: wanted(has) for pk, has in before.items()}
            differs = {pk: has for pk, has in after.items() if has != before[pk]}
            known.write(act, differs)
            changed(differs, at=act.at)
            tell_acquisitions(differs if field in FIELDS else (), at=act.at)
            BulkEditRow.objects.bulk_create(
                BulkEditRow(edit=edit, customer_id=pk, before=before[pk], after=has) for pk, has in differs.items()
            )
            BulkEdit.objects.filter(pk=edit.pk).update(changed=F("changed") + len(differs))
    edit.refresh_from_db()
    with pace.transaction():
        act.note("edit", None, {field: [None, says], "customers": edit.changed, "bulk_edit": edit.pk})
    return edit


def undo(act: Act, customers: QuerySet[Customer], edit: BulkEdit) -> BulkEdit:
    """Give each customer back what they had; whoever was changed in the same field since, or is not among these, stays.

    Args:
        act: who, when, how.
        customers: those who may be changed.
        edit: what is undone; it counts those who stay.

    Raises:
        BulkEditError: it was undone already.
    """
    if not BulkEdit.objects.filter(pk=edit.pk, undone_at=None).update(undone_at=act.at, left=0):
        raise BulkEditError("This was undone already.")
    known, pace = _field(edit.field), Pace()
    for block in _blocks(list(edit.rows.values_list("pk", flat=True))):
        with pace.transaction():
            rows = {row.customer_id: row for row in BulkEditRow.objects.filter(pk__in=block)}
            now = known.read(list(customers.filter(pk__in=list(rows)).values_list("pk", flat=True)))
            same = {pk: rows[pk].before for pk, has in now.items() if has == rows[pk].after}
            known.write(act, same)
            changed(same, at=act.at)
            tell_acquisitions(same if edit.field in FIELDS else (), at=act.at)
            BulkEdit.objects.filter(pk=edit.pk).update(left=F("left") + len(rows) - len(same))
    edit.refresh_from_db()
    with pace.transaction():
        changes = {"bulk_edit": edit.pk, "customers": edit.changed - edit.left, "left": edit.left}
        act.note("undo", None, changes)
    return edit


def locked_with(field: str) -> str:
    """The field whose lock keeps somebody from writing this one."""
    return "tags" if field in {ADD_TAG, REMOVE_TAG} else field


def _blocks(pks: list[int]) -> Iterator[list[int]]:
    return (pks[start : start + BLOCK] for start in range(0, len(pks), BLOCK))


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


def _wanted(field: str, value: Any) -> tuple[Change, str]:
    """What each is to have, and the same in words."""
    if field in {ADD_TAG, REMOVE_TAG}:
        return _tagged(field, str(value))
    if field in {*COLUMNS, "stage"}:
        plain = getattr(value, "pk", value)
        return lambda _has: plain, f"{field}: {'–' if value in (None, '') else value}"
    custom = _custom(field)
    cells = [many.as_json(cell.text, cell.number, cell.day) for cell in cells_of(custom, value)]
    return lambda _has: cells, f"{custom.label}: {value or '–'}"


def _tagged(field: str, name: str) -> tuple[Change, str]:
    tidy = " ".join(name.split())
    if not tidy:
        raise BulkEditError("Write the tag first.")
    tag = tag_called(tidy[:60]).pk
    if field == ADD_TAG:
        return lambda has: sorted({*has, tag}), _("tagged %(tag)s") % {"tag": tidy}
    return lambda has: [each for each in has if each != tag], _("no longer tagged %(tag)s") % {"tag": tidy}
