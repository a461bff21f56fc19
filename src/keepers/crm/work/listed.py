"""The list of tasks: its columns, filters, orders, groups and the views that everybody has."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from keepers.core.money import money
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.finding.texts import having_words
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.lists.columns import Column, Text
from keepers.crm.lists.filters import Choice, DayField, Filter, Moments, Pick, Range
from keepers.crm.lists.listing import Definition, Grouping, Listing, View
from keepers.crm.lists.pages import asked_of, found_of
from keepers.crm.lists.periods import by_week, day_in_words
from keepers.crm.lists.rows import Changes, Order, Rows, Subject, Summed
from keepers.crm.people.models import User
from keepers.crm.people.picking import people_to_pick
from keepers.crm.people.rights import may, within
from keepers.crm.people.rights import scope_of as scope
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.work.models import Cadence, Task
from keepers.crm.work.queries import TEXTS

NOUN = "tasks"
STAKE = "residual_value"  # whoever may not see what customers are worth sees no stakes
CHANGES = Changes(one="task_property", many="change_tasks", undo="undo_tasks")
ORDERS = {
    "newest": Order("pk", descending=True),
    "due": Order("due_on", may_lack=True),
    "stake": Order("stake", descending=True, may_lack=True),
    "ended": Order("ended_at", descending=True, may_lack=True),
}


def tasks_list(user: User, currency: str) -> Definition:
    """The list, as far as the user may see it.

    Args:
        user: who reads it.
        currency: of what is at stake.
    """
    hidden = hidden_of_customers(user)
    tells_stake = STAKE not in hidden
    unseen = {name for name, tells in (("stake", tells_stake), ("customer", "name" not in hidden)) if not tells}
    stakes = Summed(gettext_lazy("At stake, task by task"), "stake", currency=currency)
    return Definition(
        noun=NOUN,
        address=reverse("tasks"),
        columns=[each for each in COLUMNS if each.name not in unseen],
        filters=[each for each in _filters(user, currency) if tells_stake or each.name != "stake"],
        orders=[name for name in ORDERS if tells_stake or name != "stake"],
        views=_views(user, "stake" if tells_stake else "due"),
        groupings=GROUPINGS,
        summed=stakes if tells_stake and currency else None,
        title=gettext_lazy("Tasks"),
        search=gettext_lazy("What, or with whom"),
        subject=subject_of,
        changes=CHANGES,
        rows=Rows(
            seen=_those_for(user, Verb.SEE),
            leaving=_those_for(user, Verb.EXPORT) if may(user, Verb.EXPORT, Noun.TASKS) else None,
            orders=ORDERS,
            called=lambda words: having_words(TEXTS, words) | called(words, "customer", hidden=hidden),
            file="tasks_file",
        ),
        template="work/tasks.html",
    )


def matching(user: User, query: str) -> tuple[Listing, QuerySet[Task]]:
    """What a query asks of the list, and those that it finds that the user may change."""
    listing = asked_of(tasks_list(user, ""), query)
    return listing, found_of(listing, _those_for(user, Verb.EDIT))


def subject_of(task: Task) -> Subject:
    """A task as the subject of a row."""
    panel = reverse("task_panel", args=[task.pk])
    return Subject(task.pk, task.title or str(task.get_kind_display()), task.get_absolute_url(), panel=panel)


def _those_for(user: User, verb: Verb) -> QuerySet[Task]:
    return Task.objects.filter(within(user, scope(user, verb, Noun.TASKS), few=True))


def _views(user: User, by: str) -> list[View]:
    mine = str(user.pk)
    return [
        View(gettext_lazy("All"), {}),
        View(gettext_lazy("Mine, due"), {"owner": [mine], "state": ["open"], "due_to": ["0d"], "sort": [by]}),
        View(gettext_lazy("Mine, open"), {"owner": [mine], "state": ["open"], "sort": ["due"]}),
        View(gettext_lazy("Overdue"), {"state": ["open"], "due_to": ["-1d"], "sort": [by]}),
        View(gettext_lazy("Everybody's, open"), {"state": ["open"], "sort": ["due"]}),
        View(gettext_lazy("Done"), {"state": ["done"], "sort": ["ended"]}),
    ]


def _filters(user: User, currency: str) -> list[Filter]:
    def paid(amount: float) -> str:
        return money(amount, currency)

    return [
        Choice("state", gettext_lazy("State"), "state", Task.State.choices),
        Choice("kind", gettext_lazy("Kind"), "kind", Task.Kind.choices),
        Pick(
            "owner",
            gettext_lazy("Who"),
            "owner",
            cache(partial(people_to_pick, user, Noun.TASKS)),
            gettext_lazy("of %(range)s"),
            gettext_lazy("nobody’s"),
        ),
        Range("due", gettext_lazy("Due"), "due_on", gettext_lazy("due %(range)s"), day_in_words, DayField),
        Range("stake", gettext_lazy("At stake"), "stake", gettext_lazy("at stake %(range)s"), paid),
        Choice("outcome", gettext_lazy("Outcome"), "outcome", Touch.Outcome.choices),
        Pick(
            "cadence",
            gettext_lazy("Cadence"),
            "cadence",
            cache(_cadences),
            gettext_lazy("of the cadence %(range)s"),
            gettext_lazy("of no cadence"),
        ),
        Pick(
            "made_by",
            gettext_lazy("Made by"),
            "made_by",
            cache(partial(people_to_pick, user, Noun.TASKS)),
            gettext_lazy("made by %(range)s"),
            gettext_lazy("made by a rule"),
        ),
        Moments("made", gettext_lazy("Made"), "made_at", gettext_lazy("made %(range)s"), day_in_words),
        Moments("ended", gettext_lazy("Ended"), "ended_at", gettext_lazy("ended %(range)s"), day_in_words),
    ]


def _cadences() -> Sequence[tuple[str, Text]]:
    return [(str(cadence.pk), cadence.name) for cadence in Cadence.objects.all()]


def _outcome(task: Task) -> str:
    return str(dict(Touch.Outcome.choices).get(task.outcome, task.outcome))


def _maker(task: Task) -> Any:
    return task.made_by or task.cadence


COLUMNS = (
    Column("task", gettext_lazy("What"), "name", "", read=str, more=[("task_id", "pk")]),
    Column("customer", gettext_lazy("Customer"), "thing", "customer", fetch=("customer",)),
    Column("kind", gettext_lazy("Kind"), "text", "", read=Task.get_kind_display),
    Column("due_on", gettext_lazy("Due"), "day", "due_on", order="due", edit="due_on"),
    Column("owner", gettext_lazy("Who"), "text", "owner", fetch=("owner",), edit="owner"),
    Column("stake", gettext_lazy("At stake"), "money", "stake", order="stake"),
    Column("state", gettext_lazy("State"), "text", "", read=Task.get_state_display),
    Column("outcome", gettext_lazy("Outcome"), "text", "", read=_outcome),
    Column("made_by", gettext_lazy("Made by"), "text", "", read=_maker, fetch=("made_by", "cadence")),
    Column("reason", gettext_lazy("Why"), "text", "reason", shown=False),
    Column("note", gettext_lazy("Note"), "text", "note", shown=False),
    Column("starts_at", gettext_lazy("At"), "moment", "starts_at", shown=False),
    Column("cadence", gettext_lazy("Cadence"), "text", "cadence", fetch=("cadence",), shown=False),
    Column("attempts", gettext_lazy("Attempts"), "count", "attempts", shown=False),
    Column("made_at", gettext_lazy("Made"), "moment", "made_at", order="newest", shown=False),
    Column("ended_at", gettext_lazy("Ended"), "moment", "ended_at", order="ended", shown=False),
    Column("ended_by", gettext_lazy("Ended by"), "text", "ended_by", fetch=("ended_by",), shown=False),
)
GROUPINGS = (
    Grouping("owner", gettext_lazy("Who"), "owner"),
    Grouping("kind", gettext_lazy("Kind"), "kind"),
    Grouping("state", gettext_lazy("State"), "state"),
    by_week(gettext_lazy("Week when due"), "due_on", "due"),
    Grouping("outcome", gettext_lazy("Outcome"), "outcome"),
    Grouping("cadence", gettext_lazy("Cadence"), "cadence"),
    Grouping("made_by", gettext_lazy("Made by"), "made_by"),
)
