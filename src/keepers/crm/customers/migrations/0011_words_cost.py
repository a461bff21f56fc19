"""What it costs to make the words of a customer, so that PostgreSQL looks into their index instead of making them anew."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Strict, it is no longer written out where it is called: only a call has a cost of its own.
COSTLY = "ALTER FUNCTION customers_words(text, text, text) STRICT COST 5000"
FEW_BESIDE = "ALTER INDEX customers_by_words SET (gin_pending_list_limit = 64)"  # kB that every search reads through


def tell_cost(_: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Only where the words are a function's."""
    if editor.connection.vendor == "postgresql":
        editor.execute(COSTLY)
        editor.execute(FEW_BESIDE)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0010_wider_indexes")]
    operations: ClassVar = [migrations.RunPython(tell_cost, migrations.RunPython.noop)]
