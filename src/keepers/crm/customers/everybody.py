"""The list of everybody: people and organisations, those without an order among them, the newest first or by name."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.listed import columns_of, filters_of, groupings_of, is_descending, subject_of
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.customers.queries import are_few, custom_fields, customers_for, seen_by
from keepers.crm.customers.typed import OF_FIELDS, column_of
from keepers.crm.lists.columns import Column
from keepers.crm.lists.listing import Definition, Listing, View
from keepers.crm.lists.pages import asked_of, found_of
from keepers.crm.lists.rows import Changes, Order, Rows
from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb

NOUN = "everybody"
CHANGES = Changes(one="property", many="change_many", undo="undo_many")
NEWEST, NAME = "newest", "name"
ORDERS = {NEWEST: Order("pk", descending=True), NAME: Order("name")}
"""The orders; beside them, those by a custom field."""

SHOWN = {"stage", "owner", "tags", "email", "phone", "city"}
VIEWS = (
    View(_("Everybody"), {}),
    View(_("Prospects"), {"stage": ["prospect"]}),
    View(_("Organisations"), {"kind": ["organisation"]}),
    View(_("Without an owner"), {"owner": ["none"]}),
)


def everybody_list(user: User) -> Definition:
    """The list, as far as the user's role sees it."""
    hidden, fields = hidden_of_customers(user), custom_fields()
    more = [] if "email" in hidden else [("email", "email")]
    name = Column("name", _("Name"), "name", "name", order=NAME, more=[("customer_id", "key"), *more])
    columns = [replace(each, shown=each.name in SHOWN) for each in columns_of("", fields) if each.name not in hidden]
    came = Column("created_at", _("Created"), "day", "created_at", order=NEWEST, shown=False)
    orders = ORDERS | _by_fields(columns, fields)
    return Definition(
        noun=NOUN,
        address=reverse("everybody"),
        columns=[name, *columns, came],
        filters=[each for each in filters_of(user, "pk", fields) if each.name not in hidden],
        orders=list(orders),
        views=VIEWS,
        groupings=[each for each in groupings_of("", fields) if each.name not in hidden],
        title=_("Everybody"),
        search=_("Name, key or e-mail"),
        subject=subject_of,
        changes=CHANGES,
        rows=Rows(
            seen=_those_for(user, Verb.SEE),
            leaving=_those_for(user, Verb.EXPORT) if may(user, Verb.EXPORT, Noun.CUSTOMERS) else None,
            orders=orders,
            called=partial(called, hidden=hidden),
            file="everybody_file",
        ),
        template="customers/everybody.html",
    )


def matching(user: User, query: str) -> tuple[Listing, QuerySet[Customer]]:
    """What a query asks of the list, and those of whom it finds whom the user may change."""
    listing = asked_of(everybody_list(user), query)
    return listing, found_of(listing, _those_for(user, Verb.EDIT))


def _those_for(user: User, verb: Verb) -> QuerySet[Customer]:
    found, seen = customers_for(user, verb), seen_by(user)
    return found.filter(pk__in=seen.values("pk")) if seen is not None and are_few(seen) else found


def _by_fields(columns: Sequence[Column], fields: Sequence[CustomField]) -> dict[str, Order]:
    """The orders by custom fields: those who have something there."""
    known = {each.name: each for each in columns if each.order}
    return {
        column.order: Order("by", descending=is_descending(column), key="whose", joined=partial(_joined, field=field))
        for field in fields
        if (column := known.get(f"{OF_FIELDS}{field.key}")) is not None
    }


def _joined(rows: QuerySet[Customer], *, field: CustomField) -> QuerySet[Customer]:
    """Joined to what they have, so that an index has the order."""
    valued = rows.filter(custom_values__field=field, custom_values__place=0)
    by = {"by": F(f"custom_values__{column_of(field.holds)}"), "whose": F("custom_values__customer_id")}
    return valued.annotate(**by)
