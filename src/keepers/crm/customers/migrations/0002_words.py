"""The index of the words that customers are found by; PostgreSQL looks through the table itself so far."""

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


def add_words(_: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index. Triggers keep it when customers change; `words.take_up` adds the new ones, many at once."""
    if editor.connection.vendor == "sqlite":
        for statement in (TABLE, PAGES, *KEPT_BY):
            editor.execute(statement)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(add_words, migrations.RunPython.noop)]
