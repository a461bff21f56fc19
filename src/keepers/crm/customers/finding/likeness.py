"""Customers whose words are almost those that were asked for: a letter more, one less, another, or two swapped.

SQLite's index of words knows which words there are; those a letter away from what was asked are looked up in it. Of
PostgreSQL's one asks only whether a word begins so, which is asked of everything that is a letter away. The customers
who have one of them are found by the index, so no row is compared that is not shown.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from django.db import connection
from django.db.models import Q

from keepers.crm.customers.finding.words import beginning, fields_but, having, words_in
from keepers.crm.customers.models import Customer

SHORTEST, LONGEST = 4, 24  # letters of a word in which one may be wrong
MOST_SPELLINGS = 24  # of a word
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALIKE, ALIKE_ADDRESS = 0.8, 0.92  # of names in one city; of e-mail addresses
HEAD = 3  # letters by which the words that may be meant are looked up; those with one of them wrong one by one
HEAD_ELSEWHERE = 2  # of words with other letters than these, for which fewer are tried one by one
_ALIKE_AHEAD = "SELECT term FROM {} WHERE term >= %s AND term < %s"
_BEGUN = (
    "SELECT near.value FROM json_each(%s) AS near WHERE EXISTS (SELECT 1 FROM {} "
    "WHERE term >= near.value AND term < near.value || char(1114111))"
)
_BEGUN_ON_POSTGRESQL = (
    "SELECT word FROM unnest(%s::text[], %s::text[]) AS near(word, match) WHERE EXISTS (SELECT 1 "
    "FROM customers_customer WHERE customers_words(name, key, email) @@ match::tsquery)"
)


def called_almost(words: str, *, hidden: Collection[str] = ()) -> Q:
    """The condition that a customer has these words, each as it is written or with one letter wrong.

    Args:
        words: what somebody wrote into a search field.
        hidden: fields that are not looked into.
    """
    asked, fields = words_in(words), fields_but(hidden)
    if not fields or all(len(word) < SHORTEST for word in asked):
        return Q(pk__in=[])
    return having([[word, *spellings(word, fields)] for word in asked], fields)


def most_alike(customers: Iterable[Customer], words: str) -> list[Customer]:
    """Those whose name or address is most like the words first."""
    return sorted(customers, key=lambda customer: -_likeness(customer, words.lower()))


def may_be(customer: Customer, *, name: str, email: str, city: str) -> bool:
    """Whether somebody new may be this customer: a like name in the same city, or a like e-mail address."""
    same_city = bool(city.strip()) and customer.city.casefold() == city.strip().casefold()
    if same_city and _ratio(name, customer.name) >= ALIKE:
        return True
    return bool(email.strip() and customer.email) and _ratio(email, customer.email) >= ALIKE_ADDRESS


def spellings(word: str, fields: Sequence[str]) -> list[str]:
    """Words of customers, or beginnings of them, that are a letter away from this one; the nearest in length first."""

    def there(words: list[str]) -> list[str]:
        return known(_BEGUN_ON_POSTGRESQL, [words, [beginning(each, fields) for each in words]])

    return near(word, "customers_terms", there)


def near(word: str, terms: str, there: Callable[[list[str]], Collection[str]]) -> list[str]:
    """Words that an index knows, or beginnings of them, that are a letter away from this one.

    Args:
        word: what somebody wrote.
        terms: the words of SQLite's index.
        there: which of some words begin one that PostgreSQL's index knows.
    """
    if not SHORTEST <= len(word) <= LONGEST or word.isdecimal():
        return []
    if connection.vendor == "postgresql":
        may_be_meant = _a_letter_away(word, len(word))
        found = set(there(may_be_meant))
        return [each for each in may_be_meant if each in found][:MOST_SPELLINGS]
    head = HEAD if word.isascii() else HEAD_ELSEWHERE
    ahead = known(_ALIKE_AHEAD.format(terms), [word[:head], f"{word[:head]}\U0010ffff"])
    alike = sorted((term for term in ahead if is_near(word, term)), key=lambda term: abs(len(term) - len(word)))
    return [*alike, *known(_BEGUN.format(terms), [json.dumps(_a_letter_away(word, head))])][:MOST_SPELLINGS]


def known(statement: str, parameters: Sequence[Any]) -> list[str]:
    """The first column of what the database says."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]


def is_near(word: str, term: str) -> bool:
    """Whether a word is the beginning of a term but for one letter: another, one less, one more, or two swapped."""
    alike = next(
        (place for place, (a, b) in enumerate(zip(word, term, strict=False)) if a != b), min(len(word), len(term))
    )
    rest, there = word[alike:], term[alike:]
    if not rest:
        return False  # it is the beginning as it stands
    swapped = rest[1:2] == there[:1] and rest[:1] == there[1:2] and there[2:].startswith(rest[2:])
    return swapped or there[1:].startswith((rest[1:], rest)) or there.startswith(rest[1:])


def _a_letter_away(word: str, places: int) -> list[str]:
    """The word with one of its first so many letters wrong: another or two swapped, one more, one less."""
    letters, ends = sorted({*LETTERS, *word}), range(places)
    inner = range(min(places, len(word) - 1))  # another last letter is what one less begins
    other = [word[:at] + letter + word[at + 1 :] for at in inner for letter in letters]
    swapped = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in inner]
    more = [word[:at] + letter + word[at:] for at in ends for letter in letters]
    less = [word[:at] + word[at + 1 :] for at in ends]
    return [each for each in dict.fromkeys((*other, *swapped, *more, *less)) if each != word]


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one.strip().casefold(), other.casefold()).ratio()


def _likeness(customer: Customer, words: str) -> float:
    texts = (customer.name.lower(), customer.email.lower())
    return max(SequenceMatcher(None, words, text).ratio() for text in texts)
