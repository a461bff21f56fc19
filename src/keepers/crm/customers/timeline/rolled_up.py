"""Acts at touch points as roll-ups of a customer: how many, the first, the last, how long since."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.functions import Value
from keepers.crm.customers.computed.sources import ZERO, Condition, Measure, RollUp, Source, Tally
from keepers.crm.customers.models import CustomField
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.people.roles import Noun

Kind = CustomField.Kind
_FIGURES = {
    "count": Count("pk"),
    "first": Min("at"),
    "last": Max("at"),
    "days_since": Max("at"),
    "minutes": Sum("minutes"),
    "cost": Sum("cost"),
}


def _tally(roll_up: RollUp, today: date) -> Tally:
    def tally(pks: Sequence[int]) -> Mapping[int, Value]:
        found = _meant(roll_up, today).filter(customer__in=pks).order_by().values_list("customer")
        told = found.annotate(figure=_FIGURES[roll_up.measure.name])
        return {pk: _written(roll_up.measure.name, figure, today) for pk, figure in told}

    return tally


def _meant(roll_up: RollUp, today: date) -> QuerySet[Touch]:
    until = Q(at__lt=_begins(today + timedelta(days=1)))
    since = Q() if roll_up.days is None else Q(at__gte=_begins(today - timedelta(days=roll_up.days - 1)))
    return Touch.objects.filter(until, since, removed_at=None, **roll_up.where)


def _written(measure: str, figure: Any, today: date) -> Value:
    if figure is None:
        return None if measure in {"first", "last", "days_since"} else ZERO
    if isinstance(figure, datetime):
        day = timezone.localdate(figure)
        return Decimal((today - day).days) if measure == "days_since" else day
    return Decimal(figure)


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


TOUCHES = Source(
    name="touches",
    label=_("Timeline"),
    noun=Noun.TOUCHES,
    measures=(
        Measure("count", _("How many"), Kind.NUMBER, ZERO),
        Measure("first", _("Day of the first"), Kind.DATE),
        Measure("last", _("Day of the last"), Kind.DATE),
        Measure("days_since", _("Days since the last"), Kind.NUMBER),
        Measure("minutes", _("Minutes in all"), Kind.NUMBER, ZERO),
        Measure("cost", _("Cost in all"), Kind.MONEY, ZERO),
    ),
    conditions=(
        Condition("kind", _("What it was"), Touch.Kind.choices),
        Condition("direction", _("Who went to whom"), Touch.Direction.choices),
        Condition("outcome", _("Outcome"), Touch.Outcome.choices),
        Condition("campaign", _("Campaign")),
    ),
    tally=_tally,
)
