"""What is asked of the list of customers, by its page, its file or the API: in what order, and who is meant."""

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.queries import seen_by
from keepers.crm.customers.words import called
from keepers.crm.lists.listing import Listing
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb
from keepers.crm.portfolio.customers import customers_list
from keepers.crm.portfolio.models import Publication
from keepers.crm.portfolio.orders import ORDERS
from keepers.crm.portfolio.ranked import Condition, Ranked
from keepers.crm.portfolio.seen import whose


def listing_of(user: User, publication: Publication, parameters: QueryDict) -> Listing:
    """The list as a user may see it, narrowed as the parameters say."""
    addresses = {"address": reverse("customers"), "everybody": reverse("everybody")}
    definition = customers_list(user, currency=publication.currency, **addresses)
    return Listing(definition, parameters, today=publication.as_of)


def ranked_of(user: User, listing: Listing, publication: Publication) -> Ranked:
    """The base in the order that is asked."""
    order = next(order for order in ORDERS if order.name == listing.order)
    seen, few = seen_by(user), listing.names_few
    return Ranked(publication, order, backwards=listing.backwards, few=few, seen=seen, bounds=listing.bounds)


def condition_of(user: User, listing: Listing, verb: Verb = Verb.SEE) -> Condition:
    """What a customer must be: as asked, and one to whom the user may do this."""
    hidden = hidden_of_customers(user)

    def condition(path: str) -> Q:
        narrowed = listing.condition(path) & whose(user, path, verb)
        return narrowed & called(listing.words, f"{path}customer", hidden=hidden) if listing.words else narrowed

    return condition
