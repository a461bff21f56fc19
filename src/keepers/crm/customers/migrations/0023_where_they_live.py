"""Imports of orders tell street and postal code too, as they tell the city."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0022_related_otherwise")]
    operations: ClassVar = [
        migrations.AddField(
            "customer",
            name,
            models.CharField(blank=True, db_default="", default="", max_length=length, verbose_name=words),
        )
        for name, words, length in (("street", "street", 255), ("postal_code", "postal code", 20))
    ]
