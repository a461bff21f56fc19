"""The list of customers: its columns, filters, orders and the views that everybody has."""

from dataclasses import replace

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from keepers.core.money import money
from keepers.crm.customers.listed import columns_of, filters_of, groupings_of, subject_of
from keepers.crm.customers.queries import custom_fields
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.lists.columns import Column
from keepers.crm.lists.filters import Choice, DayField, Filter, Range
from keepers.crm.lists.listing import Definition, Grouping, View
from keepers.crm.lists.periods import day_in_words
from keepers.crm.lists.rows import Changes, Summed
from keepers.crm.people.models import User
from keepers.crm.portfolio.groups import GROUP_NAMES
from keepers.crm.portfolio.orders import ORDERS
from keepers.crm.portfolio.seen import columns_for, filters_for, groupings_for

NOUN = "customers"
CHANGES = Changes(one="property", many="change_valued", undo="undo_many")
WORTH = Summed(_("Worth together"), "residual_value")

COLUMNS = (
    Column(
        "name",
        _("Name"),
        "name",
        "customer.name",
        more=(("customer_id", "customer.key"), ("email", "customer.email")),
    ),
    Column(
        "residual_value",
        _("Worth"),
        "interval",
        "residual_value",
        "residual_value_low",
        "residual_value_high",
        order="value",
    ),
    Column("probability_alive", _("Chance active"), "chance", "probability_alive", order="alive"),
    Column("group", _("Group"), "group", "group"),
    Column("low_end", _("Low end"), "money", "residual_value_low", order="low"),
    Column("orders", _("Orders"), "count", "orders"),
    Column("last_order", _("Last order"), "day", "last_order", order="last_order"),
    Column("next_order_due", _("Next due"), "day", "next_order_due", order="next_due"),
    Column("mean_order_value", _("Mean order"), "money", "mean_order_value", shown=False),
    Column(
        "expected_orders",
        _("Orders to come"),
        "between",
        "expected_orders",
        "orders_low",
        "orders_high",
        shown=False,
    ),
    Column("first_order", _("First order"), "day", "first_order", shown=False),
    Column("next_products", _("May buy next"), "text", "next_products", shown=False),
    Column("reason", _("Why"), "text", "reason", shown=False),
)

VIEWS = (
    View(_("All"), {}),
    View(_("Best"), {"group": ["best"]}),
    View(_("Slipping"), {"group": ["slipping"]}),
    View(_("One-time"), {"group": ["one-time"]}),
    View(_("Lost"), {"group": ["lost"]}),
    View(_("Due this week"), {"next_due_from": ["1d"], "next_due_to": ["7d"]}),
)
WITHOUT_ORDERS = (View(_("Prospects"), {"stage": ["prospect"]}), View(_("Everybody"), {}))
"""Views of the list of everybody, beside these."""


def customers_list(user: User | None, *, address: str, currency: str, everybody: str = "", run: str = "") -> Definition:
    """The list as a user may see it, its money in a currency.

    Args:
        user: who reads it; None for a rule.
        address: of the list.
        currency: of the money.
        everybody: address of the list of everybody, two of whose views stand beside these.
        run: whose figures the list shows.
    """
    fields = custom_fields()
    every = [*COLUMNS, *columns_of("customer.", fields)]
    columns = every if user is None else columns_for(user, every)
    by_field = (each.order for each in columns if each.name.startswith(OF_FIELDS))
    filters = [*_filters(currency), *filters_of(user, "customer", fields)]
    groupings = [Grouping("group", _("Group"), "group"), *groupings_of("customer__", fields)]
    return Definition(
        noun=NOUN,
        address=address,
        columns=columns,
        filters=filters if user is None else filters_for(user, filters),
        orders=[*(order.name for order in ORDERS), *by_field],
        views=[*VIEWS, *(replace(view, address=everybody) for view in WITHOUT_ORDERS)],
        groupings=groupings if user is None else groupings_for(user, groupings),
        summed=replace(WORTH, currency=currency) if currency else None,
        title=_("Customers"),
        search=_("Name, key or e-mail"),
        subject=lambda row: subject_of(row.customer, run=run),
        changes=CHANGES,
    )


def _filters(currency: str) -> tuple[Filter, ...]:
    def paid(amount: float) -> str:
        return money(amount, currency)

    return (
        Choice("group", _("Group"), "group", list(GROUP_NAMES.items())),
        Range("value", _("Worth"), "residual_value", _("worth %(range)s"), paid),
        Range("low", _("Low end"), "residual_value_low", _("low end %(range)s"), paid),
        Range("alive", _("Chance active, 0 to 1"), "probability_alive", _("chance active %(range)s"), _figure),
        Range("orders", _("Orders"), "orders", _("%(range)s orders"), _figure, forms.IntegerField),
        Range("last_order", _("Last order"), "last_order", _("last order %(range)s"), day_in_words, DayField),
        Range("next_due", _("Next order due"), "next_order_due", _("next order due %(range)s"), day_in_words, DayField),
        Range("first_order", _("First order"), "first_order", _("first order %(range)s"), day_in_words, DayField),
    )


def _figure(number: float) -> str:
    return number_format(number, force_grouping=True)
