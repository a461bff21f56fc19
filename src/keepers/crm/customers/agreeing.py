"""Whom a contact may reach: by what customers said, and by what this firm asks for before it writes or calls."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q, QuerySet

from keepers.crm.customers.models import Consent, ConsentRules, Customer

CHANNELS: Mapping[str, Consent.Channel] = {
    "call": Consent.Channel.PHONE,
    "letter": Consent.Channel.LETTER,
    "e-mail": Consent.Channel.EMAIL,
}
"""Of each kind of contact, the channel whose consent counts; the others need none."""
RULED = (Consent.Channel.EMAIL, Consent.Channel.PHONE, Consent.Channel.LETTER)
RULED_FOR = (Consent.Purpose.MARKETING, Consent.Purpose.SERVICE)
SHIPPED = frozenset({"email.marketing", "phone.marketing"})
"""Offers by e-mail and phone take a yes, by letter they do not; what serves somebody is done unless they refused."""


def asked_first() -> frozenset[str]:
    """The channels and purposes, such as `email.marketing`, that take a yes in this house."""
    rules = ConsentRules.objects.first()
    return SHIPPED if rules is None else frozenset(rules.asked_first)


def refusals_of(channel: str, purposes: Sequence[str]) -> QuerySet[Consent]:
    """The latest words of those who refused the channel for one of the purposes."""
    return Consent.objects.filter(is_latest=True, channel=channel, purpose__in=purposes, state__in=Consent.REFUSALS)


def not_agreed(people: QuerySet[Customer], channel: str, purpose: str) -> QuerySet[Customer]:
    """Those whom the channel may not reach, because they never said yes; nobody where no yes is asked for."""
    agreed = agreed_to(channel, purpose)
    return people.none() if agreed is None else people.exclude(pk__in=agreed)


def agreed_to(channel: str, purpose: str) -> QuerySet[Consent, int] | None:
    """Primary keys of the customers who said yes to the channel; None where no yes is asked for."""
    if f"{channel}.{purpose}" not in asked_first():
        return None
    return _given(channel, purpose)


def closed_to(ways: Iterable[tuple[str, str]], refused_for: Sequence[str]) -> QuerySet[Customer]:
    """Customers whom none of the ways may reach.

    Args:
        ways: channels by which it could be done, each with the purpose that it would have.
        refused_for: purposes whose refusal closes a channel to it.
    """
    asked, closed = asked_first(), Q()
    for channel, purpose in ways:
        one = Q(pk__in=refusals_of(channel, refused_for).values("customer"))
        if f"{channel}.{purpose}" in asked:
            one |= ~Q(pk__in=_given(channel, purpose))
        closed &= one
    return Customer.objects.filter(closed)


def _given(channel: str, purpose: str) -> QuerySet[Consent, int]:
    given = Consent.objects.filter(is_latest=True, channel=channel, purpose=purpose, state=Consent.State.GIVEN)
    return given.order_by().values_list("customer_id", flat=True)
