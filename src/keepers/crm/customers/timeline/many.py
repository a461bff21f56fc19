"""Many touches changed at once from their list, and the undoing of it: what came of them, or taken off timelines."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.timeline.actions import edit_touch, remove_touch, restore_touch
from keepers.crm.customers.timeline.models import Touch, TouchEdit, TouchEditRow
from keepers.crm.customers.timeline.queries import touches_for
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb

MOST = 1_000  # touches at once: each is a fact that the warehouse learns anew
OUTCOME, REMOVAL = "outcome", "removal"
VERBS = {OUTCOME: Verb.EDIT, REMOVAL: Verb.DELETE}


class TouchEditError(KeepersError):
    """Many touches cannot be changed like this."""


def told_here(touches: QuerySet[Touch]) -> QuerySet[Touch]:
    """Those of them that are changed here: what a system brought is changed there."""
    return touches.filter(source="")


def change(touches: QuerySet[Touch], field: str, value: str, *, by: User, at: datetime) -> TouchEdit:
    """Say something of these touches. Killed midway, what was written stays and can be undone.

    Args:
        touches: those that may be changed.
        field: `outcome` or `removal`.
        value: the outcome; for a removal it does not count.
        by: who.
        at: when.

    Raises:
        TouchEditError: they are too many.
    """
    pks = list(told_here(touches).order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if len(pks) > MOST:
        raise TouchEditError(_("These are more than %(most)s touches. Narrow the list first.") % {"most": f"{MOST:,}"})
    says = str(Touch.Outcome(value).label) if field == OUTCOME else _("taken off the timeline")
    edit = TouchEdit.objects.create(at=at, by=by, field=field, says=says)
    for pk in pks:
        with transaction.atomic():
            touch = _locked(pk)
            if touch is None or (field == OUTCOME and touch.outcome == value):
                continue
            before = touch.outcome
            if field == OUTCOME:
                edit_touch(touch, by=by, at=at, changes={OUTCOME: value})
            else:
                remove_touch(touch, by=by, at=at)
            TouchEditRow.objects.create(edit=edit, touch=touch, before=before, version=touch.version)
            TouchEdit.objects.filter(pk=edit.pk).update(changed=F("changed") + 1)
    edit.refresh_from_db()
    if not edit.changed:
        edit.delete()  # there is nothing to undo
    return edit


def undo(edit: TouchEdit, *, by: User, at: datetime) -> TouchEdit:
    """Give each touch back what it had; those that were changed since, or are not theirs to change, stay.

    Raises:
        TouchEditError: it was undone already.
    """
    with transaction.atomic():  # all of it or nothing: what broke off can be asked for again
        if not TouchEdit.objects.filter(pk=edit.pk, undone_at=None).update(undone_at=at):
            raise TouchEditError(_("This was undone already."))
        rows = {row.touch_id: row for row in edit.rows.all()}
        theirs = touches_for(by, VERBS[edit.field], removed=edit.field == REMOVAL)
        mine = set(theirs.filter(pk__in=list(rows)).values_list("pk", flat=True))
        left = 0
        for pk, row in rows.items():
            touch = _locked(pk, removed=edit.field == REMOVAL) if pk in mine else None
            if touch is None or touch.version != row.version:
                left += 1
            elif edit.field == OUTCOME:
                edit_touch(touch, by=by, at=at, changes={OUTCOME: row.before})
            else:
                restore_touch(touch, by=by, at=at)
        TouchEdit.objects.filter(pk=edit.pk).update(left=left)
    edit.refresh_from_db()
    return edit


def _locked(pk: int, *, removed: bool = False) -> Touch | None:
    found = Touch.objects.select_for_update(of=("self",)).select_related("customer", "actor")
    return found.filter(pk=pk, removed_at__isnull=not removed).first()
