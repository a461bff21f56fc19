"""Marks the pieces of imports among which names landed on organisations that are called otherwise."""

from typing import Any, ClassVar

from django.db import migrations, models


def mark(apps: Any, _editor: Any) -> None:
    """Mark those that are there."""
    apps.get_model("exchange", "Piece").objects.filter(added__has_key="landed").update(has_landed=True)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("exchange", "0002_words")]
    operations: ClassVar = [
        migrations.AddField(model_name="piece", name="has_landed", field=models.BooleanField(default=False)),
        migrations.AddIndex(
            model_name="piece",
            index=models.Index(
                condition=models.Q(("has_landed", True)), fields=["of", "table"], name="pieces_with_landed"
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop, elidable=True),
    ]
