"""What the app knows of a customer's past, as parts of the timeline."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.finding.texts import Texts, telling
from keepers.crm.customers.models import Consent, Customer, StageMove
from keepers.crm.customers.queries import belonging_to
from keepers.crm.customers.timeline.entries import Asked, Entry, Part
from keepers.crm.customers.timeline.models import Mail, Touch
from keepers.crm.people.models import User
from keepers.crm.people.rights import belongs
from keepers.crm.people.roles import Noun, Verb

ICONS = {
    "note": "sticky-note",
    "call": "phone",
    "visit": "map-pin",
    "meeting": "users",
    "letter": "mail-open",
    "e-mail": "mail",
    "chat": "message-circle",
    "web": "globe",
    "catalog": "book-open",
    "campaign": "megaphone",
    "survey": "clipboard-list",
    "ticket": "life-buoy",
    "deal": "handshake",
    "task": "square-check",
    "order": "shopping-bag",
    "stage": "milestone",
    "consent": "shield-check",
}
KINDS = {
    "order": (_("Orders"), ("order",)),
    "call": (_("Calls"), ("call",)),
    "mail": (_("Mail"), ("e-mail", "letter", "chat")),
    "meeting": (_("Visits and meetings"), ("visit", "meeting")),
    "note": (_("Notes"), ("note",)),
    "campaign": (_("Campaigns"), ("campaign", "catalog", "web", "survey")),
    "ticket": (_("Service"), ("ticket",)),
    "deal": (_("Deals"), ("deal",)),
    "task": (_("Tasks"), ("task",)),
    "change": (_("Changes"), ("stage", "consent")),
}
"""What the timeline is narrowed to, with the kinds of entries that it then shows."""


TEXTS = Texts(Touch._meta.db_table, "title", "body")


def touches_for(user: User, verb: Verb, *, removed: bool = False) -> QuerySet[Touch]:
    """Acts of customers whom the user may see; to be changed, what they told themselves or may change of others.

    Args:
        user: who asks.
        verb: what they want to do.
        removed: whether those that were taken off their timelines are meant.
    """
    seen = belonging_to(user, Verb.SEE, Touch.objects.filter(removed_at__isnull=not removed))
    theirs = belongs(user, verb, Noun.TOUCHES, "customer__")
    own_too = bool(theirs) and verb in {Verb.EDIT, Verb.DELETE}  # nothing to meet: everybody's
    return seen.filter(Q(actor=user) | theirs if own_too else theirs)


def touches_telling(user: User, words: str, *, most: int) -> list[Touch]:
    """Acts that the user may see whose text has these words, or almost these where there is none; the newest first."""
    return telling(TEXTS, touches_for(user, Verb.SEE).select_related("customer"), words, most=most)


def touches_of(customer: Customer) -> Part:
    """What people did here, and what imports brought."""

    def part(asked: Asked) -> Iterator[Entry]:
        found = Touch.objects.filter(_until(asked), customer=customer, removed_at=None)
        if asked.kinds is not None:
            found = found.filter(kind__in=asked.kinds)
        return (_entry_of(touch) for touch in found.select_related("actor", "mail")[: asked.most])

    return part


def moves_of(customer: Customer) -> Part:
    """Stages of the customer's life."""

    def part(asked: Asked) -> Iterator[Entry]:
        if not asked.wants("stage"):
            return
        moves = StageMove.objects.filter(_until(asked), customer=customer).select_related("by")
        for move in moves[: asked.most]:
            title = f"{move.get_before_display()} → {move.get_after_display()}"
            yield Entry(move.at, "stage", ICONS["stage"], _("Stage"), title, body=move.reason, actor=str(move.by or ""))

    return part


def consents_of(customer: Customer) -> Part:
    """What the customer agreed to or refused."""

    def part(asked: Asked) -> Iterator[Entry]:
        if not asked.wants("consent"):
            return
        consents = Consent.objects.filter(_until(asked), customer=customer).select_related("by")
        for consent in consents[: asked.most]:
            about = f"{consent.get_channel_display()}, {consent.get_purpose_display()}"
            yield Entry(
                consent.at,
                "consent",
                ICONS["consent"],
                _("Consent"),
                f"{about}: {consent.get_state_display()}",
                body=consent.proof,
                actor=str(consent.by or consent.source),
            )

    return part


def kinds_of(customer: Customer) -> set[str]:
    """Which kinds of touches there are."""
    return set(
        Touch.objects.filter(customer=customer, removed_at=None).order_by().values_list("kind", flat=True).distinct()
    )


def _until(asked: Asked) -> Q:
    return Q() if asked.until is None else Q(at__lte=asked.until)


def _entry_of(touch: Touch) -> Entry:
    mail: Mail | None = getattr(touch, "mail", None)
    return Entry(
        at=touch.at,
        kind=touch.kind,
        icon=ICONS[touch.kind],
        label=touch.get_kind_display(),
        title=touch.title,
        body=touch.body,
        outcome=str(dict(Touch.Outcome.choices).get(touch.outcome, touch.outcome)),
        actor=str(touch.actor or touch.actor_name),
        source=touch.source,
        touch=None if touch.source else touch.pk,
        teller=touch.actor_id,
        mail=mail.pk if mail and mail.state in {Mail.State.FAILED, Mail.State.UNSURE} else None,
        state=_state_of(mail),
        is_made_up=touch.is_made_up,
    )


def _state_of(mail: Mail | None) -> str:
    if mail is None or mail.state == Mail.State.SENT:
        return ""
    return f"{mail.get_state_display()}. {mail.problem}" if mail.problem else str(mail.get_state_display())
