"""The index of the words that customers are found by; PostgreSQL looks through the table itself so far."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = """
CREATE VIRTUAL TABLE customers_words USING fts5(
  name, key, email,
  content = 'customers_customer', content_rowid = 'id', detail = column, tokenize = 'unicode61 remove_diacritics 2'
)
"""
ADD = "INSERT INTO customers_words (rowid, name, key, email) VALUES (new.id, new.name, new.key, new.email);"
REMOVE = (
    "INSERT INTO customers_words (customers_words, rowid, name, key, email) "
    "VALUES ('delete', old.id, old.name, old.key, old.email);"
)
KEPT_BY = (
    f"CREATE TRIGGER words_added AFTER INSERT ON customers_customer BEGIN {ADD} END",
    f"CREATE TRIGGER words_removed AFTER DELETE ON customers_customer BEGIN {REMOVE} END",
    f"CREATE TRIGGER words_changed AFTER UPDATE OF name, key, email ON customers_customer BEGIN {REMOVE} {ADD} END",
)


def add_words(_: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index, and keep it by triggers, so that it is right whoever writes."""
    if editor.connection.vendor == "sqlite":
        for statement in (TABLE, *KEPT_BY):
            editor.execute(statement)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(add_words, migrations.RunPython.noop)]
