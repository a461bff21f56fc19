"""The list of touches: its columns, filters, orders, groups and the views that everybody has."""

from datetime import date, datetime, timedelta
from functools import cache

from django.db.models import Q, QuerySet
from django.db.models.functions import TruncWeek
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.finding.texts import having_words
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.timeline.queries import TEXTS, touches_for
from keepers.crm.lists.columns import Column, Text
from keepers.crm.lists.filters import Choice, Filter, Moments, Named, Pick
from keepers.crm.lists.listing import Definition, Grouping, View
from keepers.crm.lists.pages import asked_of, found_of
from keepers.crm.lists.rows import Changes, Order, Rows, Subject
from keepers.crm.people.models import User
from keepers.crm.people.rights import may, people_seen_by
from keepers.crm.people.roles import Noun, Verb

NOUN = "touches"
CHANGES = Changes(one="touch_property", many="change_touches", undo="undo_touches")
ORDERS = {"newest": Order("at", descending=True)}
_WEEK = timedelta(days=6)


def touches_list(user: User) -> Definition:
    """The list, as far as the user may see it."""
    hidden = hidden_of_customers(user)

    def having(words: str) -> Q:
        return having_words(TEXTS, words) | called(words, "customer", hidden=hidden)

    return Definition(
        noun=NOUN,
        address=reverse("all_touches"),
        columns=[each for each in COLUMNS if "name" not in hidden or each.name != "customer"],
        filters=_filters(user),
        orders=list(ORDERS),
        views=_views(user),
        groupings=GROUPINGS,
        title=gettext_lazy("Touches"),
        search=gettext_lazy("What was said, or with whom"),
        subject=subject_of,
        changes=CHANGES,
        rows=Rows(
            seen=touches_for(user, Verb.SEE),
            leaving=touches_for(user, Verb.EXPORT) if may(user, Verb.EXPORT, Noun.TOUCHES) else None,
            orders=ORDERS,
            called=having,
            file="touches_file",
        ),
        template="timeline/touches.html",
    )


def matching(user: User, query: str, verb: Verb) -> QuerySet[Touch]:
    """Those that a query of the list finds to which the user may do this."""
    return found_of(asked_of(touches_list(user), query), touches_for(user, verb))


def subject_of(touch: Touch) -> Subject:
    """A touch as the subject of a row: its page is its customer's timeline."""
    address = f"{reverse('customer', args=[touch.customer_id])}#timeline"
    return Subject(touch.pk, str(touch), address, panel=reverse("touch_panel", args=[touch.pk]))


def _views(user: User) -> list[View]:
    fortnight = {"at_from": ["-14d"]}
    return [
        View(gettext_lazy("All"), {}),
        View(gettext_lazy("Mine"), {"actor": [str(user.pk)]}),
        View(gettext_lazy("Calls of a fortnight"), {"kind": ["call"], **fortnight}),
        View(gettext_lazy("They came to us"), {"direction": ["in"], **fortnight}),
        View(gettext_lazy("Nobody answered"), {"outcome": ["no answer"], **fortnight}),
    ]


def _filters(user: User) -> list[Filter]:
    return [
        Choice("kind", gettext_lazy("Kind"), "kind", Touch.Kind.choices),
        Choice("outcome", gettext_lazy("Outcome"), "outcome", Touch.Outcome.choices),
        Choice("direction", gettext_lazy("Who to whom"), "direction", Touch.Direction.choices),
        Pick(
            "actor",
            gettext_lazy("Who"),
            "actor",
            cache(lambda: _people(user)),
            gettext_lazy("told by %(range)s"),
            gettext_lazy("told by nobody here"),
        ),
        Moments("at", gettext_lazy("When"), "at", gettext_lazy("on the timeline %(range)s"), _day),
        Named("campaign", gettext_lazy("Campaign"), "campaign", gettext_lazy("of the campaign %(range)s")),
        Named("source", gettext_lazy("Brought by"), "source", gettext_lazy("brought by %(range)s")),
    ]


def _people(user: User) -> list[tuple[str, Text]]:
    others = [(str(other.pk), str(other)) for other in people_seen_by(user, Noun.TOUCHES) if other != user]
    return [(str(user.pk), gettext_lazy("me")), *others]


def outcome_of(touch: Touch) -> str:
    """What came of it, in words; as an import says where that is none of ours."""
    return str(dict(Touch.Outcome.choices).get(touch.outcome, touch.outcome))


def _teller(touch: Touch) -> str:
    return str(touch.actor or touch.actor_name)


def _day(when: date) -> str:
    return date_format(when, "j M Y")


def _week(monday: datetime) -> str:
    return _("week of %(day)s") % {"day": _day(monday.date())}


def _in_the_week(monday: datetime) -> dict[str, str]:
    first = monday.date()
    return {"at_from": first.isoformat(), "at_to": (first + _WEEK).isoformat()}


COLUMNS = (
    Column("touch", gettext_lazy("What"), "name", "", read=str, more=[("touch_id", "pk")]),
    Column("customer", gettext_lazy("Customer"), "thing", "customer", fetch=("customer",)),
    Column("kind", gettext_lazy("Kind"), "text", "", read=Touch.get_kind_display),
    Column("at", gettext_lazy("When"), "moment", "at", order="newest"),
    Column("outcome", gettext_lazy("Outcome"), "text", "", read=outcome_of, edit="outcome"),
    Column("actor", gettext_lazy("Who"), "text", "", read=_teller, fetch=("actor",)),
    Column("direction", gettext_lazy("Who to whom"), "text", "", read=Touch.get_direction_display, shown=False),
    Column("body", gettext_lazy("Text"), "text", "body", shown=False),
    Column("campaign", gettext_lazy("Campaign"), "text", "campaign", shown=False),
    Column("minutes", gettext_lazy("Minutes"), "count", "minutes", shown=False),
    Column("cost", gettext_lazy("Cost"), "money", "cost", shown=False),
    Column("source", gettext_lazy("Brought by"), "text", "source", shown=False),
)
GROUPINGS = (
    Grouping("kind", gettext_lazy("Kind"), "kind"),
    Grouping("outcome", gettext_lazy("Outcome"), "outcome"),
    Grouping("actor", gettext_lazy("Who"), "actor"),
    Grouping("week", gettext_lazy("Week"), "at", TruncWeek("at"), _week, _in_the_week),
    Grouping("direction", gettext_lazy("Who to whom"), "direction"),
    Grouping("source", gettext_lazy("Brought by"), "source"),
)
