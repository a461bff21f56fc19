"""The words that customers are found by: an index on SQLite, made in migration 0002."""

import re
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

MOST_WORDS = 8
FIELDS = ("name", "key", "email")
WORD = re.compile(r"[^\W_]+")
FOUND = "SELECT rowid FROM customers_words WHERE customers_words MATCH %s"
_TAKE_UP = (
    "INSERT INTO customers_words (rowid, name, key, email) SELECT id, name, key, email FROM customers_customer "
    "WHERE id > (SELECT coalesce(max(id), 0) FROM customers_words_content) ORDER BY id"
)


def called(words: str, customer: str = "pk", *, hidden: Collection[str] = ()) -> Q:
    """The condition that a customer has all these words or beginnings of words.

    Args:
        words: what somebody wrote into a search field.
        customer: the lookup that leads to the customer.
        hidden: fields that are not looked into.
    """
    beginnings = WORD.findall(words.lower())[:MOST_WORDS]
    fields = [field for field in FIELDS if field not in hidden]
    if not beginnings or not fields:
        return Q(pk__in=[])
    if connection.vendor == "sqlite":
        match = f"{{{' '.join(fields)}}} : (" + " ".join(f'"{word}"*' for word in beginnings) + ")"
        found: Any = RawSQL(FOUND, [match])  # noqa: S611 - the words are a parameter
        return Q(**{f"{customer}__in": found})
    path = "" if customer == "pk" else f"{customer}__"
    return Q(*(_inside(word, path, fields) for word in beginnings))


def take_up() -> None:
    """Add the words of customers who came since the last time."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_UP)


def _inside(word: str, path: str, fields: Collection[str]) -> Q:
    """A field has the word in it."""
    condition = Q()
    for field in fields:
        condition |= Q(**{f"{path}{field}__icontains": word})
    return condition
