"""Orders, and what the published run says, as roll-ups of a customer; both as of the run that the pages show."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.functions import Value
from keepers.crm.customers.computed.sources import ZERO, Condition, Measure, RollUp, Source, Tally
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.models import CustomerValue
from keepers.crm.portfolio.queries import current_publication

Kind = CustomField.Kind


def _as_of(_today: date) -> date | None:
    publication = current_publication()
    return None if publication is None else publication.as_of


def _orders(roll_up: RollUp, as_of: date) -> Tally:
    publication = current_publication()
    assert publication is not None, "a roll-up of orders needs a publication"
    asked = {condition.name: roll_up.where.get(condition.name) for condition in ORDERS.conditions}
    since = None if roll_up.days is None else as_of - timedelta(days=roll_up.days - 1)
    with settings.WORKSPACE.opened() as store:
        told = store.query("rolled_up_orders", run_id=publication.run_id, since=since, as_of=as_of, **asked)
    column = told[roll_up.measure.name].to_pylist()
    by_key = dict(zip(told["customer_id"].to_pylist(), map(_written, column), strict=True))

    def tally(pks: Sequence[int]) -> Mapping[int, Value]:
        keys = Customer.objects.filter(pk__in=pks).values_list("pk", "key")
        return {pk: by_key[key] for pk, key in keys if key in by_key}

    return tally


def _figures(roll_up: RollUp, _as_of: date) -> Tally:
    publication = current_publication()
    assert publication is not None, "a figure of a run needs a publication"

    def tally(pks: Sequence[int]) -> Mapping[int, Value]:
        numbers = [CustomerValue.number(publication.pk, pk) for pk in pks]
        found = CustomerValue.objects.filter(pk__in=numbers)
        return {pk: _written(figure) for pk, figure in found.values_list("customer", roll_up.measure.name)}

    return tally


def _written(figure: Any) -> Value:
    return figure if figure is None or isinstance(figure, date | str) else round(Decimal(str(figure)), 6)


ORDERS = Source(
    name="orders",
    label=_("Orders"),
    noun=Noun.CUSTOMERS,
    measures=(
        Measure("orders", _("How many"), Kind.NUMBER, ZERO),
        Measure("revenue", _("Revenue, net of returns"), Kind.MONEY, ZERO),
        Measure("mean_order", _("Revenue an order"), Kind.MONEY),
        Measure("pieces", _("Pieces, net of returns"), Kind.NUMBER, ZERO),
        Measure("first_order", _("Day of the first"), Kind.DATE),
        Measure("last_order", _("Day of the last"), Kind.DATE),
        Measure("days_since", _("Days since the last"), Kind.NUMBER),
    ),
    conditions=(
        Condition("channel", _("Channel")),
        Condition("category", _("Category")),
        Condition("product_id", _("Product")),
        Condition("location", _("Location")),
    ),
    tally=_orders,
    as_of=_as_of,
    is_of_run=True,
)

FIGURES = Source(
    name="figures",
    label=_("Worth"),
    noun=Noun.CUSTOMERS,
    measures=(
        Measure("residual_value", _("Worth"), Kind.MONEY),
        Measure("residual_value_low", _("Worth, low end"), Kind.MONEY),
        Measure("period_value", _("Worth within the horizon"), Kind.MONEY),
        Measure("probability_alive", _("Chance active, 0 to 1"), Kind.NUMBER),
        Measure("expected_orders", _("Orders to come"), Kind.NUMBER),
        Measure("next_order_due", _("Next order due"), Kind.DATE),
        Measure("group", _("Group"), Kind.TEXT),
    ),
    conditions=(),
    tally=_figures,
    as_of=_as_of,
    has_window=False,
    is_of_run=True,
)
