"""Customers may be related in a way that only a note tells, as brothers are."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0021_consents_without_their_rows")]
    operations: ClassVar = [
        migrations.AlterField(
            "relation",
            "kind",
            models.CharField(
                choices=[
                    ("works-at", "works at"),
                    ("household-of", "belongs to the household of"),
                    ("buys-through", "buys through"),
                    ("part-of", "is part of"),
                    ("referred-by", "was brought by"),
                    ("related-to", "is related to"),
                ],
                max_length=12,
            ),
        ),
    ]
