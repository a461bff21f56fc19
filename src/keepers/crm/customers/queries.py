"""Finding customers by the words of their name, key or e-mail address."""

import re
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from keepers.crm.customers.models import Customer

MOST_WORDS = 8
_WORD = re.compile(r"[^\W_]+")
_FOUND = "SELECT rowid FROM customers_words WHERE customers_words MATCH %s"


def customers_called(words: str, *, most: int) -> list[Customer]:
    """Customers with all these words or beginnings of words; whose key it is comes first."""
    exact = Customer.objects.filter(key=words.strip()).first()
    first = [] if exact is None else [exact]
    others: QuerySet[Customer] = Customer.objects.filter(called(words))
    return [*first, *(other for other in others[:most] if other != exact)][:most]


def called(words: str, customer: str = "") -> Q:
    """The condition that a customer has all these words or beginnings of words.

    Args:
        words: what somebody wrote into a search field.
        customer: the lookup that leads to the customer, such as `customer__`; empty on customers themselves.
    """
    beginnings = _WORD.findall(words.lower())[:MOST_WORDS]
    if not beginnings:
        return Q(pk__in=[])
    if connection.vendor == "sqlite":
        match = " ".join(f'"{word}"*' for word in beginnings)
        lookup = f"{customer.removesuffix('__')}_id__in" if customer else "pk__in"
        found: Any = RawSQL(_FOUND, [match])  # noqa: S611 - the words are a parameter
        return Q(**{lookup: found})
    return Q(*(_begins(word, customer) for word in beginnings))


def _begins(word: str, customer: str) -> Q:
    fields = (f"{customer}{field}__icontains" for field in ("name", "key", "email"))
    first, *more = (Q(**{field: word}) for field in fields)
    for other in more:
        first |= other
    return first
