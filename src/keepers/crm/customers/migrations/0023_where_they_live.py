"""Imports of orders tell street and postal code too, as they tell the city."""

from typing import ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TOLD = (("street", "street", 255), ("postal_code", "postal code", 20))


def add(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """By itself: on SQLite a table that is made anew loses the triggers that keep its words."""
    table = apps.get_model("customers", "Customer")._meta.db_table
    for name, _, length in TOLD:
        editor.execute(f"""ALTER TABLE "{table}" ADD COLUMN "{name}" varchar({length}) DEFAULT '' NOT NULL""")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """By itself as well."""
    table = apps.get_model("customers", "Customer")._meta.db_table
    for name, _, _ in TOLD:
        editor.execute(f'ALTER TABLE "{table}" DROP COLUMN "{name}"')


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0022_related_otherwise")]
    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add, remove)],
            state_operations=[
                migrations.AddField(
                    "customer",
                    name,
                    models.CharField(blank=True, db_default="", default="", max_length=length, verbose_name=words),
                )
                for name, words, length in TOLD
            ],
        )
    ]
