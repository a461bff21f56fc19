"""Tasks as roll-ups of a customer: how many are open, when the next is due, when one was last done."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.functions import Value
from keepers.crm.customers.computed.sources import ZERO, Condition, Measure, RollUp, Source, Tally
from keepers.crm.customers.models import CustomField
from keepers.crm.people.roles import Noun
from keepers.crm.work.models import Task

Kind = CustomField.Kind
OVERDUE = "overdue"
_FIGURES = {"count": Count("pk"), "next": Min("due_on"), "last": Max("ended_at"), "days_since": Max("ended_at")}


def _tally(roll_up: RollUp, today: date) -> Tally:
    def tally(pks: Sequence[int]) -> Mapping[int, Value]:
        found = _meant(roll_up, today).filter(customer__in=pks).order_by().values_list("customer")
        told = found.annotate(figure=_FIGURES[roll_up.measure.name])
        return {int(pk or 0): _written(roll_up.measure.name, figure, today) for pk, figure in told}

    return tally


def _meant(roll_up: RollUp, today: date) -> QuerySet[Task]:
    """A window counts from when a task ended; of an open one, from when it was made."""
    where = dict(roll_up.where)
    if where.get("state") == OVERDUE:
        found = Task.objects.filter(state=Task.State.OPEN, due_on__lt=today)
        del where["state"]
    else:
        found = Task.objects.all()
    if roll_up.days is not None:
        since = today - timedelta(days=roll_up.days - 1)
        found = found.alias(told=Coalesce("ended_at", "made_at")).filter(told__date__gte=since)
    if roll_up.measure.name == "next":
        found = found.filter(state=Task.State.OPEN)
    return found.filter(Q(**where))


def _written(measure: str, figure: object, today: date) -> Value:
    if measure == "count":
        return Decimal(str(figure))
    if measure == "next" or figure is None:
        return figure  # type: ignore[return-value]  # a day, or nothing
    day = timezone.localdate(figure)  # type: ignore[arg-type]  # a moment
    return Decimal((today - day).days) if measure == "days_since" else day


TASKS = Source(
    name="tasks",
    label=_("Tasks"),
    noun=Noun.TASKS,
    measures=(
        Measure("count", _("How many"), Kind.NUMBER, ZERO),
        Measure("next", _("Day on which the next is due"), Kind.DATE),
        Measure("last", _("Day on which one was last ended"), Kind.DATE),
        Measure("days_since", _("Days since one was last ended"), Kind.NUMBER),
    ),
    conditions=(
        Condition("state", _("State"), [*Task.State.choices, (OVERDUE, _("overdue"))]),
        Condition("kind", _("What it is"), Task.Kind.choices),
    ),
    tally=_tally,
)
