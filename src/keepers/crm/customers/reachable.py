"""Who can be reached by a channel as far as is known here: an address, a number or a street that can be used."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from keepers.crm.customers.models import Address, Consent, ContactPoint, Customer

_FIELDS = {Consent.Channel.EMAIL: "email", Consent.Channel.PHONE: "phone", Consent.Channel.LETTER: "street"}


def reachable_by(channel: str) -> QuerySet[Customer] | None:
    """Customers of whom something is known that the channel can use; None where the channel needs nothing."""
    field = _FIELDS.get(channel)  # type: ignore[call-overload]  # a member of the choices is its text
    if field is None:
        return None
    known = Q(**{f"{field}__gt": ""})
    if channel == Consent.Channel.LETTER:
        known |= Q(Exists(Address.objects.filter(customer=OuterRef("pk"), street__gt="")))
    else:
        wrong = ContactPoint.objects.filter(customer=OuterRef("pk"), kind=channel, value=OuterRef(field))
        known &= ~Q(Exists(wrong.exclude(problem="")))
    return Customer.objects.filter(known)
