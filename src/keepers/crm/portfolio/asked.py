"""What is asked of the list of customers, by its page, its file or the API: in what order, and who is meant."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.listed import is_descending
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import custom_fields, customers_for, seen_by
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.lists.listing import Listing
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb
from keepers.crm.portfolio.customers import customers_list
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.orders import ORDERS
from keepers.crm.portfolio.queries import current_publication
from keepers.crm.portfolio.ranked import Condition, Ranked
from keepers.crm.portfolio.ranked_by_field import RankedByField
from keepers.crm.portfolio.seen import whose


class NothingPublishedError(KeepersError):
    """There is no list of values yet."""


def matching(user: User, query: str) -> tuple[Listing, QuerySet[Customer]]:
    """What a query asks of the list, and those of whom it finds whom the user may change.

    Raises:
        NothingPublishedError: there is no such list yet.
    """
    publication = current_publication()
    if publication is None:
        raise NothingPublishedError(_("Nothing is published yet. Import orders and value the base first."))
    listing = listing_of(user, publication, QueryDict(query))
    found = CustomerValue.all_of(publication).filter(condition_of(user, listing, Verb.EDIT)(""))
    return listing, customers_for(user, Verb.EDIT).filter(pk__in=found.values("customer"))


def listing_of(user: User, publication: Publication, parameters: QueryDict) -> Listing:
    """The list as a user may see it, narrowed as the parameters say."""
    addresses = {"address": reverse("customers"), "everybody": reverse("everybody")}
    definition = customers_list(user, currency=publication.currency, run=publication.run_id, **addresses)
    return Listing(definition, parameters, today=publication.as_of)


def ranked_of(user: User, listing: Listing, publication: Publication) -> Ranked | RankedByField:
    """The base in the order that is asked."""
    seen, few = seen_by(user), listing.names_few
    asked: dict[str, Any] = {"backwards": listing.backwards, "few": few, "seen": seen, "bounds": listing.bounds}
    order = next((order for order in ORDERS if order.name == listing.order), None)
    if order is not None:
        return Ranked(publication, order, **asked)
    field = next(each for each in custom_fields() if f"{OF_FIELDS}{each.key}" == listing.order)
    return RankedByField(publication, field, **asked)


def descending_of(listing: Listing) -> dict[str, bool]:
    """Name of each order → whether its greatest comes first."""
    of_fields = (each for each in listing.definition.columns if each.order.startswith(OF_FIELDS))
    return {order.name: order.descending for order in ORDERS} | {each.order: is_descending(each) for each in of_fields}


def condition_of(user: User, listing: Listing, verb: Verb = Verb.SEE) -> Condition:
    """What a customer must be: as asked, and one to whom the user may do this."""
    hidden = hidden_of_customers(user)

    def condition(path: str) -> Q:
        narrowed = listing.condition(path) & whose(user, path, verb)
        return narrowed & called(listing.words, f"{path}customer", hidden=hidden) if listing.words else narrowed

    return condition
