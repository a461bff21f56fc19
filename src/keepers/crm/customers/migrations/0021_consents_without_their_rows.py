"""Who agreed and who refused is told by the index alone: SQLite opened the row of each to see that it is the latest."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0020_consents_that_count")]
    operations: ClassVar = [
        migrations.RemoveIndex("consent", "consents_that_count"),
        migrations.AddIndex(
            "consent",
            models.Index(
                fields=["channel", "purpose", "state", "customer", "is_latest"],
                condition=models.Q(is_latest=True),
                name="consents_that_count",
            ),
        ),
    ]
