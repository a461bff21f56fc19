"""The words that the index of words knows, for those who write them with a letter wrong."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add_terms(_: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """A look into the index of migration 0002, which keeps nothing itself."""
    if editor.connection.vendor == "sqlite":
        editor.execute("CREATE VIRTUAL TABLE customers_terms USING fts5vocab(customers_words, 'row')")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0006_merged")]
    operations: ClassVar = [migrations.RunPython(add_terms, migrations.RunPython.noop)]
