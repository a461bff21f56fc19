"""Those of one city, one country and those who came by one thing: their indexes hold those alone who have one."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models.functions import Upper

PRESENT = models.Q(("merged_into__isnull", True))
NEWEST, BY_NAME = (models.F("id"),), (models.F("name"), models.F("id"))
NAMED = (
    ("city", "customers_by_city", NEWEST),
    ("city", "customers_by_city_and_name", BY_NAME),
    ("country", "customers_by_country", NEWEST),
    ("country", "customers_by_country_and_name", BY_NAME),
    ("acquired_by", "customers_by_how_they_came", NEWEST),
    ("acquired_by", "customers_by_came_and_name", BY_NAME),
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0018_told_by_orders")]
    operations: ClassVar = [
        operation
        for column, name, order in NAMED
        for operation in (
            migrations.RemoveIndex("customer", name),
            migrations.AddIndex(
                "customer",
                models.Index(Upper(column), *order, name=name, condition=PRESENT & models.Q((f"{column}__gt", ""))),
            ),
        )
    ]
