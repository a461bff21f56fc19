"""The list of what is kept of other systems: a page of it, the whole of it as a file, and one record beside it."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.exchange.listed import called_by_people, kept_list, noun_of
from keepers.crm.customers.exchange.queries import kept_seen_by
from keepers.crm.lists.pages import list_file, list_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb


@needs(Verb.SEE, Noun.CUSTOMERS)
def kept(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    return list_page(request, kept_list(user_of(request)))


@needs(Verb.EXPORT, Noun.DEALS)
def kept_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The whole list as it is seen: its filters, order and columns."""
    user = user_of(request)

    def taken(name: str) -> None:
        taken_away(user, Noun.DEALS, at=timezone.now(), what=name)

    return list_file(request, kept_list(user), ending, taken=taken)


@needs(Verb.SEE, Noun.CUSTOMERS)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """One record in short, beside the list; its cells, for who sees all fields of customers."""
    user, is_part = user_of(request), "hx-request" in request.headers
    record = get_object_or_404(kept_seen_by(user).select_related("customer", "organisation"), pk=pk)
    context = {
        "record": record,
        "words": called_by_people(record),
        "noun": noun_of(record),
        "is_part": is_part,
        "cells": {} if hidden_of_customers(user) else record.data,
    }
    return render(request, "exchange/_kept.html" if is_part else "exchange/kept_record.html", context)
