"""The words of what people wrote, on timelines and in tasks: an index that the database keeps up to date by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.db import connection, migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import RawSQL

from keepers.crm.customers.finding.likeness import known, near
from keepers.crm.customers.finding.words import words_in

Thing = TypeVar("Thing", bound=Model)
SHORTEST = 3  # letters that one of the words has at least
LOOKED_AT = 5_000  # texts, the newest, among which those are chosen that somebody may see
_PLAIN = "regexp_replace(normalize(left(title || ' ' || body, 200000), NFKD), '[\u0300-\u036f]', '', 'g')"
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION words_of_text(title text, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE COST 5000 "
    f"RETURN strip(to_tsvector('simple', lower(regexp_replace({_PLAIN}, '[^[:alnum:]]+', ' ', 'g'))))"
)


@dataclass(frozen=True, slots=True)
class Texts:
    """Where texts are: a table of the app database, and its columns of a title and of the text below it."""

    table: str
    title: str
    body: str

    @property
    def words(self) -> str:
        """The index, or what PostgreSQL's is of."""
        called = f"{self.table}_words"
        return called if connection.vendor == "sqlite" else f"words_of_text({self.title}, {self.body})"

    @property
    def terms(self) -> str:
        """The words that SQLite's index knows."""
        return f"{self.table}_terms"


def indexed(texts: Texts) -> migrations.RunPython:
    """Of a migration: make the index, with what is there already."""
    return migrations.RunPython(partial(_index, texts=texts), migrations.RunPython.noop)


def telling(texts: Texts, seen: QuerySet[Thing], words: str, *, most: int) -> list[Thing]:
    """Things whose text has all these words, or beginnings of words; of many, those that have them whole.

    Args:
        texts: where the texts are.
        seen: the things that may be found, in the order in which they are wanted.
        words: what somebody wrote into a search field. Where nothing has them, each may have one letter wrong.
        most: how many.
    """
    asked = _asked(words)
    whole = list(seen.filter(_having(texts, [[word] for word in asked], begun=False))[:most])
    if len(whole) == most:
        return whole  # beginnings that very many texts have are slow to look for
    begun = list(seen.filter(_having(texts, [[word] for word in asked]))[:most])
    if begun:
        return begun
    almost = [[word, *near(word, texts.terms, partial(_there, texts))] for word in asked]
    return list(seen.filter(_having(texts, almost))[:most])


def having_words(texts: Texts, words: str) -> Q:
    """The condition that a thing's text has all these words, or beginnings of words; of very many, the newest."""
    return _having(texts, [[word] for word in _asked(words)])


def _asked(words: str) -> list[str]:
    asked = words_in(words)
    return asked if any(len(word) >= SHORTEST for word in asked) else []


def _having(texts: Texts, asked: Sequence[Sequence[str]], *, begun: bool = True) -> Q:
    if not asked:
        return Q(pk__in=[])
    more = "" if not begun else "*" if connection.vendor == "sqlite" else ":*"
    if connection.vendor == "sqlite":
        match = " AND ".join("(" + " OR ".join(f'"{word}"{more}' for word in either) + ")" for either in asked)
        found = f"SELECT rowid FROM {texts.words} WHERE {texts.words} MATCH %s ORDER BY rowid DESC LIMIT {LOOKED_AT}"  # noqa: S608 - our names
    else:
        match = " & ".join("(" + " | ".join(f"'{word}'{more}" for word in either) + ")" for either in asked)
        found = f"SELECT id FROM {texts.table} WHERE {texts.words} @@ %s::tsquery ORDER BY id DESC LIMIT {LOOKED_AT}"  # noqa: S608 - as above
    return Q(pk__in=RawSQL(f"SELECT * FROM ({found}) AS newest", [match]))  # noqa: S608, S611 - words are a parameter


def _there(texts: Texts, words: list[str]) -> list[str]:
    """Which of these begin a word, on PostgreSQL."""
    has = f"EXISTS (SELECT 1 FROM {texts.table} WHERE {texts.words} @@ match::tsquery)"  # noqa: S608 - our names
    statement = f"SELECT word FROM unnest(%s::text[], %s::text[]) AS near(word, match) WHERE {has}"  # noqa: S608 - as above
    return known(statement, [words, [f"'{word}':*" for word in words]])


def _index(_: StateApps, editor: BaseDatabaseSchemaEditor, *, texts: Texts) -> None:
    statements = _of_sqlite(texts) if editor.connection.vendor == "sqlite" else _of_postgresql(texts)
    for statement in statements:
        editor.execute(statement)


def _of_sqlite(texts: Texts) -> list[str]:
    table, index, columns = texts.table, f"{texts.table}_words", f"{texts.title}, {texts.body}"

    def each(row: str) -> str:
        return f"{row}.id, {row}.{texts.title}, {row}.{texts.body}"

    add = f"INSERT INTO {index} (rowid, {columns}) VALUES ({each('new')});"  # noqa: S608 - our names
    forget = f"INSERT INTO {index} ({index}, rowid, {columns}) VALUES ('delete', {each('old')});"  # noqa: S608 - as above
    options = f"content = '{table}', content_rowid = 'id', detail = none, prefix = '3'"
    return [
        f"CREATE VIRTUAL TABLE {index} USING fts5({columns}, {options}, tokenize = 'unicode61 remove_diacritics 2')",
        f"INSERT INTO {index} ({index}) VALUES ('rebuild')",  # noqa: S608 - as above
        f"CREATE TRIGGER {index}_added AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {index}_removed AFTER DELETE ON {table} BEGIN {forget} END",
        f"CREATE TRIGGER {index}_changed AFTER UPDATE OF {columns} ON {table} BEGIN {forget} {add} END",
        f"CREATE VIRTUAL TABLE {table}_terms USING fts5vocab({index}, 'row')",
    ]


def _of_postgresql(texts: Texts) -> list[str]:
    index = (
        f"CREATE INDEX {texts.table}_by_words ON {texts.table} USING gin (words_of_text({texts.title}, {texts.body}))"
    )
    return [_FUNCTION, index]
