"""The orders of the list of touches."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("timeline", "0002_words")]
    operations: ClassVar = [
        migrations.AddIndex("touch", models.Index(fields=["at", "id"], name="touches_by_time")),
        migrations.AddIndex("touch", models.Index(fields=["kind", "at", "id"], name="touches_of_a_kind")),
    ]
