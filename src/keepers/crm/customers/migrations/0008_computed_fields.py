"""What comes of formulas and roll-ups, what they read, and how far a computing is."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0007_terms")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="StaleCustomer",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.AddField("customfield", "counted_as_of", models.DateField(null=True)),
        migrations.AddField("customfield", "counted_to", models.BigIntegerField(null=True)),
        migrations.AddField("customfield", "reads", models.JSONField(blank=True, default=list)),
        migrations.AddField(
            "customfield",
            "result",
            models.CharField(
                blank=True,
                choices=[
                    ("text", "Text"),
                    ("number", "Number"),
                    ("money", "Money"),
                    ("date", "Date"),
                    ("choice", "One of a list"),
                    ("choices", "Several of a list"),
                    ("yes-no", "Yes or no"),
                    ("link", "Link"),
                    ("formula", "Formula"),
                    ("roll-up", "Roll-up"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
    ]
