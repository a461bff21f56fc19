"""What acts that programs sent say, and the words that they are found by."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from keepers.crm.customers.finding.texts import Texts, indexed


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inbox", "0002_is_import"), ("timeline", "0002_words")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="SentText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("customer_key", models.CharField(db_index=True, max_length=255)),
                ("at", models.DateTimeField()),
                ("title", models.CharField(max_length=255)),
                ("body", models.TextField(blank=True)),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="text", to="inbox.inboxitem"
                    ),
                ),
            ],
            options={"ordering": ["-at", "-pk"]},
        ),
        indexed(Texts("inbox_senttext", "title", "body")),
    ]
