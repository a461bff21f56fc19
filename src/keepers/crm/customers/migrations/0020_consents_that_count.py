"""Who agreed to something, and who refused it, is found by an index, however many said the other."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0019_those_who_have_one")]
    operations: ClassVar = [
        migrations.AddIndex(
            "consent",
            models.Index(
                fields=["channel", "purpose", "state", "customer"],
                condition=models.Q(is_latest=True),
                name="consents_that_count",
            ),
        ),
    ]
