"""How customers came, on its way to the warehouse."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0008_computed_fields")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="AcquisitionTold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("told", models.JSONField()),
                ("batch", models.CharField(blank=True, db_index=True, max_length=40)),
                ("landed_at", models.DateTimeField(db_index=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
    ]
