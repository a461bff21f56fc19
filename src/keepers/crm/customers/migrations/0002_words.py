"""The index of the words that customers are found by."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = (
    "CREATE VIRTUAL TABLE customers_words USING fts5("
    "name, key, email, detail = column, tokenize = 'unicode61 remove_diacritics 2')"
)
PAGES = "INSERT INTO customers_words (customers_words, rank) VALUES ('pgsz', 1000)"  # small ones are written faster
FORGET = "DELETE FROM customers_words WHERE rowid = old.id;"
TAKE_UP = "INSERT INTO customers_words (rowid, name, key, email) VALUES (new.id, new.name, new.key, new.email);"
KEPT_BY = (
    f"CREATE TRIGGER words_removed AFTER DELETE ON customers_customer BEGIN {FORGET} END",
    f"CREATE TRIGGER words_changed AFTER UPDATE OF name, key, email ON customers_customer BEGIN {FORGET} {TAKE_UP} END",
)
# Each word without marks and case, behind the first letter of its field ("nzoe"), so that fields can be left out.
_PLAIN = "regexp_replace(normalize({0}, NFKD), '[\u0300-\u036f]', '', 'g')"
_BEHIND = "lower(regexp_replace(" + _PLAIN + ", '[[:alnum:]]+', '{1}\\&', 'g'))"
_WORDS = " || ' ' || ".join(_BEHIND.format(field, field[0]) for field in ("name", "key", "email"))
_FUNCTION = (
    "CREATE FUNCTION customers_words(name text, key text, email text) RETURNS tsvector LANGUAGE sql IMMUTABLE "
    f"RETURN array_to_tsvector(array_remove(regexp_split_to_array({_WORDS}, '[^[:alnum:]]+'), ''))"
)
POSTGRESQL = (
    _FUNCTION,
    "CREATE INDEX customers_by_words ON customers_customer USING gin (customers_words(name, key, email))",
)


def add_words(_: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index.

    On SQLite triggers keep it when customers change, and `words.take_up` adds the new ones, many at once.
    """
    for statement in (TABLE, PAGES, *KEPT_BY) if editor.connection.vendor == "sqlite" else POSTGRESQL:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(add_words, migrations.RunPython.noop)]
