"""The words that customers are found by: an index of the database, made in migration 0002."""

import re
import unicodedata
from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from keepers.crm.customers.writing.chunks import Pace

MOST_WORDS, LONGEST = 8, 256  # no field has a longer word
MOST_FEW, TELLING = 1_000, 3  # customers who are looked up one by one; letters of a word that few may have
PAGES_AT_ONCE = 250  # of an index that is written anew: some 50 ms
LEAST_CHANGES = 2  # rows that SQLite says were changed, while there was something left to merge
FIELDS = ("name", "key", "email")
_WORD = re.compile(r"[^\W_]+")
_FOUND_BY = {
    "sqlite": "SELECT rowid FROM customers_words WHERE customers_words MATCH %s",
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
    return having([[word] for word in words_in(words)], fields_but(hidden), customer)


def having(asked: Sequence[Sequence[str]], fields: Sequence[str], customer: str = "pk") -> Q:
    """The condition that a customer has a word for each of these, which begins with one of its beginnings.

    Args:
        asked: beginnings of words as `words_in` gives them.
        fields: where they are looked for.
        customer: the lookup that leads to the customer.
    """
    if not asked or not fields:
        return Q(pk__in=[])
    if connection.vendor == "sqlite":
        return Q(**{f"{customer}__in": _found_by(_of_sqlite(asked, fields))})
    match = _of_postgresql(asked, fields)
    few = _few(match) if any(all(len(word) >= TELLING for word in either) for either in asked) else None
    return Q(**{f"{customer}__in": _found_by(match) if few is None else few})


def _found_by(match: str) -> RawSQL:
    return RawSQL(_FOUND_BY[connection.vendor], [match])  # noqa: S611 - they are a parameter


def _few(match: str) -> list[int] | None:
    """Those whom PostgreSQL's index finds, if they are few: of beginnings it cannot know that, and reads all values.

    None: they are many, of whom the first page is soon full.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{_FOUND_BY['postgresql']} LIMIT %s", [match, MOST_FEW + 1])
        found = [number for (number,) in cursor.fetchall()]
    return found if len(found) <= MOST_FEW else None


def words_in(text: str) -> list[str]:
    """The words that somebody wrote, small and without marks, as the index has them."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return [word[:LONGEST] for word in _WORD.findall(plain.lower())[:MOST_WORDS]]


def fields_but(hidden: Collection[str]) -> list[str]:
    """The fields that are looked into."""
    return [field for field in FIELDS if field not in hidden]


def take_up() -> None:
    """Add the words of customers who came since the last time."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_UP)


def settle() -> None:
    """Put what came in last where it belongs in PostgreSQL's index, which else reads it through at every search."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('customers_by_words')")


def write_anew(pace: Pace, index: str) -> None:
    """Write an index of SQLite's into one part, a little at a time, without the words of rows that went.

    Args:
        pace: how fast.
        index: its name in the database.
    """
    merge = f"INSERT INTO {index} ({index}, rank) VALUES ('merge', %s)"  # noqa: S608 - our names
    pages = -PAGES_AT_ONCE  # the first time: of all parts one is to be made
    changes = LEAST_CHANGES
    while changes >= LEAST_CHANGES:
        with pace.transaction(), connection.cursor() as cursor:
            before = connection.connection.total_changes
            cursor.execute(merge, [pages])
            changes = connection.connection.total_changes - before
        pages = PAGES_AT_ONCE


def beginning(word: str, fields: Sequence[str]) -> str:
    """A word that begins so, for PostgreSQL: its index has each word behind the first letter of its field."""
    return "(" + " | ".join(f"'{field[0]}{word}':*" for field in fields) + ")"


def _of_sqlite(asked: Sequence[Sequence[str]], fields: Sequence[str]) -> str:
    each = ("(" + " OR ".join(f'"{word}"*' for word in either) + ")" for either in asked)
    return f"{{{' '.join(fields)}}} : ({' AND '.join(each)})"


def _of_postgresql(asked: Sequence[Sequence[str]], fields: Sequence[str]) -> str:
    return " & ".join("(" + " | ".join(beginning(word, fields) for word in either) + ")" for either in asked)
