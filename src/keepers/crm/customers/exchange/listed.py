"""The list of what is kept of other systems: deals, tickets, calls, orders; its columns, filters, orders and groups."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.core.money import money
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.exchange.queries import TEXTS, kept_leaving_with, kept_nouns_for, kept_seen_by
from keepers.crm.customers.exchange.wording import NOUN_WORDS
from keepers.crm.customers.finding.texts import having_words
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.lists.columns import Column
from keepers.crm.lists.filters import Choice, Filter, Moments, Named, Range
from keepers.crm.lists.listing import Definition, Grouping, View
from keepers.crm.lists.periods import by_month, day_in_words
from keepers.crm.lists.rows import Order, Rows, Subject, Summed
from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb

NOUN = "kept"
ORDERS = {"newest": Order("at", descending=True, may_lack=True)}


def kept_list(user: User) -> Definition:
    """The list, as far as the user may see it."""
    hidden = hidden_of_customers(user)

    def having(words: str) -> Q:
        return having_words(TEXTS, words) | called(words, "customer", hidden=hidden)

    return Definition(
        noun=NOUN,
        address=reverse("kept"),
        columns=[each for each in COLUMNS if "name" not in hidden or each.name not in OF_PEOPLE],
        filters=_filters(user),
        orders=list(ORDERS),
        views=_views(user),
        groupings=GROUPINGS,
        summed=Summed(_("Amounts"), "amount", unit="currency"),
        title=_("Deals, tickets and more"),
        search=_("What, or with whom"),
        subject=subject_of,
        rows=Rows(
            seen=kept_seen_by(user),
            leaving=kept_leaving_with(user) if may(user, Verb.EXPORT, Noun.DEALS) else None,
            orders=ORDERS,
            called=having,
            file="kept_file",
        ),
        template="exchange/kept.html",
    )


def subject_of(record: KeptRecord) -> Subject:
    """A kept record as the subject of a row: its page is its customer's timeline, or what is shown of it alone."""
    panel = reverse("kept_panel", args=[record.pk])
    whose = record.customer_id or record.organisation_id
    address = f"{reverse('customer', args=[whose])}#timeline" if whose and record.at else panel
    return Subject(record.pk, called_by_people(record), address, panel=panel)


def called_by_people(record: KeptRecord) -> str:
    """Its title, or the beginning of its text, or what kind of thing it is."""
    return record.title or record.body[:80] or noun_of(record)


def noun_of(record: KeptRecord) -> str:
    """What kind of thing it is, in words."""
    return str(dict(Touch.Kind.choices).get(record.kind, NOUN_WORDS[record.noun]))


def _views(user: User) -> list[View]:
    nouns = kept_nouns_for(user)
    own = {
        "deals": _("Deals"),
        "tickets": _("Tickets"),
        "activities": _("Calls, mail, meetings"),
        "orders": _("Orders"),
    }
    return [
        View(_("All"), {}),
        *(View(words, {"noun": [noun]}) for noun, words in own.items() if noun in nouns),
    ]


def _filters(user: User) -> list[Filter]:
    return [
        Choice("noun", _("Kind"), "noun", [(noun, NOUN_WORDS[noun]) for noun in kept_nouns_for(user)]),
        Named("status", _("Status"), "status", _("in the state %(range)s")),
        Range("amount", _("Amount"), "amount", _("of %(range)s"), lambda amount: money(amount, None)),
        Named("currency", _("Currency"), "currency", _("in %(range)s")),
        Moments("at", _("When"), "at", _("dated %(range)s"), day_in_words),
        Named("actor_name", _("Who"), "actor_name", _("by %(range)s")),
        Named("source", _("Brought by"), "source", _("brought by %(range)s")),
    ]


OF_PEOPLE = ("customer", "organisation")
COLUMNS = (
    Column("record", _("What"), "name", "", read=called_by_people, more=[("record_id", "pk")]),
    Column("customer", _("Customer"), "thing", "customer", fetch=("customer",)),
    Column("noun", _("Kind"), "text", "", read=noun_of),
    Column("at", _("When"), "moment", "at", order="newest"),
    Column("status", _("Status"), "text", "status"),
    Column("amount", _("Amount"), "money", "amount", unit="currency", more=[("currency", "currency")]),
    Column("actor_name", _("Who"), "text", "actor_name"),
    Column("organisation", _("Organisation"), "thing", "organisation", fetch=("organisation",), shown=False),
    Column("body", _("Text"), "text", "body", shown=False),
    Column("source", _("Brought by"), "text", "source", shown=False),
    Column("external_id", _("Its id there"), "text", "external_id", shown=False),
)
GROUPINGS = (
    Grouping("noun", _("Kind"), "noun"),
    Grouping("status", _("Status"), "status"),
    by_month(_("Month"), "at", "at"),
    Grouping("actor_name", _("Who"), "actor_name"),
    Grouping("currency", _("Currency"), "currency"),
    Grouping("source", _("Brought by"), "source"),
)
