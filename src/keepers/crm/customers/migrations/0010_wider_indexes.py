"""Lists in the order of a custom field find whose value it is in the index, so nothing is sorted."""

from typing import ClassVar

from django.db import migrations, models

WIDER = {"custom_values_by_number": "number", "custom_values_by_day": "day"}


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0009_acquisitions")]
    operations: ClassVar = [
        operation
        for name, column in WIDER.items()
        for operation in (
            migrations.RemoveIndex("customvalue", name),
            migrations.AddIndex("customvalue", models.Index(fields=["field", column, "customer"], name=name)),
        )
    ]
