"""Those who were not merged, and those of one city, are found by an index: the newest first, and by name."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models.functions import Upper

PRESENT = models.Q(("merged_into__isnull", True))


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0013_bulk_edits_by_the_worker")]
    operations: ClassVar = [
        migrations.AddIndex("customer", models.Index(fields=["id"], name="customers_present", condition=PRESENT)),
        migrations.AddIndex(
            "customer", models.Index(Upper("city"), models.F("id"), name="customers_by_city", condition=PRESENT)
        ),
        migrations.AddIndex(
            "customer",
            models.Index(
                Upper("city"),
                models.F("name"),
                models.F("id"),
                name="customers_by_city_and_name",
                condition=PRESENT,
            ),
        ),
    ]
