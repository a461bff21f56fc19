"""Who listens, and how their tellings fare."""

from django.db.models import Count, Q, QuerySet

from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.webhooks.models import Delivery, Subscription


def subscriptions_for(user: User, verb: Verb = Verb.EDIT) -> QuerySet[Subscription]:
    """Every listener, for whoever may change settings; nobody else sees any."""
    found = Subscription.objects.all()
    return found if may(user, Verb.EDIT, Noun.SETTINGS) else found.none()


def with_counts(found: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Each with how many of its tellings wait and how many were given up on."""
    is_waiting = Q(deliveries__state__in=(Delivery.State.WAITING, Delivery.State.SENDING))
    is_dead = Q(deliveries__state=Delivery.State.DEAD)
    return found.annotate(waiting=Count("deliveries", filter=is_waiting), dead=Count("deliveries", filter=is_dead))


def deliveries_for(user: User, verb: Verb = Verb.EDIT) -> QuerySet[Delivery]:
    """Their tellings."""
    found = Delivery.objects.select_related("subscription")
    return found if may(user, Verb.EDIT, Noun.SETTINGS) else found.none()
