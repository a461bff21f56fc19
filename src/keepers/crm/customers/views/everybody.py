"""The list of everybody: a page of it, and the whole of it as a file."""

from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from keepers.crm.customers.bulk_bar import bulk_bar
from keepers.crm.customers.everybody import everybody_list
from keepers.crm.customers.listed import counted_by
from keepers.crm.lists.pages import list_file, list_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb


@needs(Verb.SEE, Noun.CUSTOMERS)
def everybody(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    definition = everybody_list(user_of(request))
    return list_page(request, definition, bar=partial(bulk_bar, request), counted=counted_by)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def everybody_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The whole list as it is seen: its filters, order and columns."""
    user = user_of(request)

    def taken(name: str) -> None:
        taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)

    return list_file(request, everybody_list(user), ending, taken=taken)
