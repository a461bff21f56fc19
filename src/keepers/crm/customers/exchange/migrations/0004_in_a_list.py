"""What is kept is a list: its orders, and the currency of its amounts."""

from typing import ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """By itself: on SQLite a table that is made anew loses the triggers that keep its words."""
    table = apps.get_model("exchange", "KeptRecord")._meta.db_table
    editor.execute(f"""ALTER TABLE "{table}" ADD COLUMN "currency" varchar(3) DEFAULT '' NOT NULL""")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """By itself as well."""
    table = apps.get_model("exchange", "KeptRecord")._meta.db_table
    editor.execute(f'ALTER TABLE "{table}" DROP COLUMN "currency"')


class Migration(migrations.Migration):
    dependencies: ClassVar = [("exchange", "0003_landed")]
    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add, remove)],
            state_operations=[
                migrations.AddField(
                    "keptrecord", "currency", models.CharField(blank=True, db_default="", default="", max_length=3)
                )
            ],
        ),
        migrations.AddIndex("keptrecord", models.Index(fields=["at", "id"], name="kept_by_time")),
        migrations.AddIndex("keptrecord", models.Index(fields=["noun", "at", "id"], name="kept_of_a_noun")),
    ]
