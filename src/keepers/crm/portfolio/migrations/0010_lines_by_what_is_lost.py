from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def rename_key(_: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL keeps the name of a key when its table is renamed."""
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER INDEX IF EXISTS portfolio_mailedplace_pkey RENAME TO portfolio_lineplace_pkey")


class Migration(migrations.Migration):
    dependencies = [
        ("portfolio", "0009_words_of_look_alikes"),
    ]

    operations = [
        migrations.RenameModel("MailedPlace", "LinePlace"),
        migrations.RunPython(rename_key, migrations.RunPython.noop),
        migrations.AddField(
            model_name="planline",
            name="value_at_stake",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="planline",
            name="chance_back",
            field=models.FloatField(null=True),
        ),
    ]
