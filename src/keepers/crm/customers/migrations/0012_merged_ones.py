"""An index of the merged customers alone, in place of one that has nobody but the others."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """By itself: a table that is made anew loses the triggers that keep its words."""
    table = apps.get_model("customers", "Customer")._meta.db_table
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, table)
    for name, each in found.items():
        if each["index"] and each["columns"] == ["merged_into_id"]:
            editor.execute(f'DROP INDEX "{name}"')


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0011_words_cost")]
    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop, migrations.RunPython.noop, elidable=True)],
            state_operations=[
                migrations.AlterField(
                    "customer",
                    "merged_into",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absorbed",
                        to="customers.customer",
                    ),
                )
            ],
        ),
        migrations.AddIndex(
            "customer",
            models.Index(
                fields=["merged_into"], name="customers_merged", condition=models.Q(("merged_into__isnull", False))
            ),
        ),
    ]
