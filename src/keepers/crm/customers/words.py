"""The words that customers are found by: an index of the database, made in migration 0002."""

import re
import unicodedata
from collections.abc import Collection

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

MOST_WORDS = 8
FIELDS = ("name", "key", "email")
WORD = re.compile(r"[^\W_]+")
FOUND = "SELECT rowid FROM customers_words WHERE customers_words MATCH %s"
_FOUND_BY = {
    "sqlite": FOUND,
    "postgresql": "SELECT id FROM customers_customer WHERE customers_words(name, key, email) @@ %s::tsquery",
}
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
    on_sqlite = connection.vendor == "sqlite"
    beginnings = WORD.findall((words if on_sqlite else _without_marks(words)).lower())[:MOST_WORDS]
    fields = [field for field in FIELDS if field not in hidden]
    if not beginnings or not fields:
        return Q(pk__in=[])
    asked = _of_sqlite(beginnings, fields) if on_sqlite else _of_postgresql(beginnings, fields)
    return Q(**{f"{customer}__in": RawSQL(_FOUND_BY[connection.vendor], [asked])})  # noqa: S611 - they are a parameter


def take_up() -> None:
    """Add the words of customers who came since the last time."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_UP)


def _of_sqlite(beginnings: list[str], fields: list[str]) -> str:
    return f"{{{' '.join(fields)}}} : (" + " ".join(f'"{word}"*' for word in beginnings) + ")"


def _of_postgresql(beginnings: list[str], fields: list[str]) -> str:
    """The index has each word behind the first letter of its field."""
    return " & ".join("(" + " | ".join(f"'{field[0]}{word}':*" for field in fields) + ")" for word in beginnings)


def _without_marks(words: str) -> str:
    """As the index has them; SQLite's takes them off by itself."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", words) if not unicodedata.combining(letter))
