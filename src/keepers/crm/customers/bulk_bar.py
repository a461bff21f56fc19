"""What a list needs so that many of its customers can be changed at once, and single ones in their cells."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from keepers.crm.customers.actions.bulk import ADD_TAG, COLUMNS, REMOVE_TAG, locked_with
from keepers.crm.customers.locking import locked_of_customers
from keepers.crm.customers.models import BulkEdit
from keepers.crm.customers.properties import PROPERTIES, of_field
from keepers.crm.customers.queries import custom_fields, customers_for
from keepers.crm.people.gate import user_of
from keepers.crm.people.roles import Verb


def bulk_bar(request: HttpRequest, shown: Sequence[int]) -> dict[str, Any]:
    """Who among the shown may be changed by this user, the fields they may write, and what can be undone."""
    user = user_of(request)
    editable = frozenset(customers_for(user, Verb.EDIT).filter(pk__in=shown).values_list("pk", flat=True))
    last = BulkEdit.offered_to(user)
    return {"editable": editable, "last_bulk": last, "bulk_form": bulk_form(request) if editable else None}


def bulk_form(request: HttpRequest, data: Any = None) -> forms.Form:
    """A field each, called by its name."""
    locked = locked_of_customers(user_of(request))
    form = forms.Form(data, auto_id="bulk-%s")
    for name in (*COLUMNS, "stage"):
        form.fields[name] = PROPERTIES[name].fields()["value"]
    for name, label in ((ADD_TAG, _("Add a tag")), (REMOVE_TAG, _("Take a tag away"))):
        form.fields[name] = forms.CharField(max_length=60, label=label)
    for each in map(of_field, custom_fields()):
        if not each.is_computed:
            form.fields[each.name] = each.fields()["value"]
    for name in [name for name in form.fields if locked_with(name) in locked]:
        del form.fields[name]
    for field in form.fields.values():
        field.required = False
        field.widget.attrs.setdefault("class", "input")
    return form
