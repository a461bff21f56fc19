"""Who was told how to reach by imports of orders alone is found by that address or number without a walk."""

from typing import ClassVar

from django.db import migrations, models

_TOLD = models.Q(reached_by_hand=False)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0017_acquisitions_on_their_way")]
    operations: ClassVar = [
        migrations.AddIndex(
            "customer",
            models.Index(fields=["email"], condition=_TOLD & models.Q(email__gt=""), name="customers_by_told_email"),
        ),
        migrations.AddIndex(
            "customer",
            models.Index(fields=["phone"], condition=_TOLD & models.Q(phone__gt=""), name="customers_by_told_phone"),
        ),
    ]
