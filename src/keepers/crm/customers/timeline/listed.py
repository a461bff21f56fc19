"""The list of touches: its columns, filters, orders, groups and the views that everybody has."""

from functools import cache, partial

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.finding.texts import having_words
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.timeline.queries import TEXTS, touches_for
from keepers.crm.lists.columns import Column
from keepers.crm.lists.filters import Choice, Filter, Moments, Named, Pick
from keepers.crm.lists.listing import Definition, Grouping, View
from keepers.crm.lists.pages import asked_of, found_of
from keepers.crm.lists.periods import by_week, day_in_words
from keepers.crm.lists.rows import Changes, Order, Rows, Subject
from keepers.crm.people.models import User
from keepers.crm.people.picking import people_to_pick
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb

NOUN = "touches"
CHANGES = Changes(one="touch_property", many="change_touches", undo="undo_touches")
ORDERS = {"newest": Order("at", descending=True)}


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
        title=_("Touches"),
        search=_("What was said, or with whom"),
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
        View(_("All"), {}),
        View(_("Mine"), {"actor": [str(user.pk)]}),
        View(_("Calls of a fortnight"), {"kind": ["call"], **fortnight}),
        View(_("They came to us"), {"direction": ["in"], **fortnight}),
        View(_("Nobody answered"), {"outcome": ["no answer"], **fortnight}),
    ]


def _filters(user: User) -> list[Filter]:
    return [
        Choice("kind", _("Kind"), "kind", Touch.Kind.choices),
        Choice("outcome", _("Outcome"), "outcome", Touch.Outcome.choices),
        Choice("direction", _("Who to whom"), "direction", Touch.Direction.choices),
        Pick(
            "actor",
            _("Who"),
            "actor",
            cache(partial(people_to_pick, user, Noun.TOUCHES)),
            _("told by %(range)s"),
            _("told by nobody here"),
        ),
        Moments("at", _("When"), "at", _("on the timeline %(range)s"), day_in_words),
        Named("campaign", _("Campaign"), "campaign", _("of the campaign %(range)s")),
        Named("source", _("Brought by"), "source", _("brought by %(range)s")),
    ]


def outcome_of(touch: Touch) -> str:
    """What came of it, in words; as an import says where that is none of ours."""
    return str(dict(Touch.Outcome.choices).get(touch.outcome, touch.outcome))


def _teller(touch: Touch) -> str:
    return str(touch.actor or touch.actor_name)


COLUMNS = (
    Column("touch", _("What"), "name", "", read=str, more=[("touch_id", "pk")]),
    Column("customer", _("Customer"), "thing", "customer", fetch=("customer",)),
    Column("kind", _("Kind"), "text", "", read=Touch.get_kind_display),
    Column("at", _("When"), "moment", "at", order="newest"),
    Column("outcome", _("Outcome"), "text", "", read=outcome_of, edit="outcome"),
    Column("actor", _("Who"), "text", "", read=_teller, fetch=("actor",)),
    Column("direction", _("Who to whom"), "text", "", read=Touch.get_direction_display, shown=False),
    Column("body", _("Text"), "text", "body", shown=False),
    Column("campaign", _("Campaign"), "text", "campaign", shown=False),
    Column("minutes", _("Minutes"), "count", "minutes", shown=False),
    Column("cost", _("Cost"), "money", "cost", shown=False),
    Column("source", _("Brought by"), "text", "source", shown=False),
)
GROUPINGS = (
    Grouping("kind", _("Kind"), "kind"),
    Grouping("outcome", _("Outcome"), "outcome"),
    Grouping("actor", _("Who"), "actor"),
    by_week(_("Week"), "at", "at"),
    Grouping("direction", _("Who to whom"), "direction"),
    Grouping("source", _("Brought by"), "source"),
)
