"""The list of everybody, those without an order among them: its columns, filters, orders and views."""

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.listed import columns_of, filters_of, groupings_of
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.customers.typed import OF_FIELDS, column_of
from keepers.crm.lists.columns import Column
from keepers.crm.lists.listing import Definition, View
from keepers.crm.people.models import User

NOUN = "everybody"
NEWEST, NAME = "newest", "name"
ORDERS = {NEWEST: ("pk", True), NAME: ("name", False)}
"""The orders: by which field, and whether the greatest comes first; beside them, those by a custom field."""

SHOWN = {"stage", "owner", "tags", "email", "phone", "city"}
VIEWS = (
    View(_("Everybody"), {}),
    View(_("Prospects"), {"stage": ["prospect"]}),
    View(_("Organisations"), {"kind": ["organisation"]}),
    View(_("Without an owner"), {"owner": ["none"]}),
)


def everybody_list(user: User, *, address: str, fields: Sequence[CustomField]) -> Definition:
    """The list, as far as the user's role sees it."""
    hidden = hidden_of_customers(user)
    more = [] if "email" in hidden else [("email", "email")]
    name = Column("name", _("Name"), "name", "name", order=NAME, more=[("customer_id", "key"), *more])
    columns = [replace(each, shown=each.name in SHOWN) for each in columns_of("", fields) if each.name not in hidden]
    came = Column("created_at", _("Created"), "day", "created_at", order=NEWEST, shown=False)
    filters = [each for each in filters_of(user, "pk", fields) if each.name not in hidden]
    groupings = [each for each in groupings_of("", fields) if each.name not in hidden]
    orders = [*ORDERS, *(each.order for each in columns if each.order)]
    return Definition(NOUN, address, [name, *columns, came], filters, orders, VIEWS, groupings)


def in_order(
    rows: QuerySet[Customer], order: str, fields: Sequence[CustomField]
) -> tuple[QuerySet[Customer], str, bool]:
    """The rows that have what an order is by, the lookup of it, and whether the greatest comes first."""
    field = next((each for each in fields if f"{OF_FIELDS}{each.key}" == order), None)
    if field is None:
        return rows, *ORDERS[order]
    column = column_of(field.holds)
    valued = rows.filter(custom_values__field=field, custom_values__place=0)  # joined, so that an index has the order
    by = {"by": F(f"custom_values__{column}"), "whose": F("custom_values__customer_id")}
    return valued.annotate(**by), "by", column != "text"
