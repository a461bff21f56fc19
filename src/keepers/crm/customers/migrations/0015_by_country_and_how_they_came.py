"""Those of one country, and those who came by one thing, are found by an index: the newest first, and by name."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models.functions import Upper

PRESENT = models.Q(("merged_into__isnull", True))


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0014_those_of_a_city")]
    operations: ClassVar = [
        migrations.AddIndex("customer", models.Index(Upper(column), *order, name=name, condition=PRESENT))
        for column, name, order in (
            ("country", "customers_by_country", (models.F("id"),)),
            ("country", "customers_by_country_and_name", (models.F("name"), models.F("id"))),
            ("acquired_by", "customers_by_how_they_came", (models.F("id"),)),
            ("acquired_by", "customers_by_came_and_name", (models.F("name"), models.F("id"))),
        )
    ]
