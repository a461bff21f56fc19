"""What waits to be told of how customers came, or is on its way, is found by its batch; what has landed needs no index."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("customers", "0016_consent_rules")]
    operations: ClassVar = [
        migrations.AlterField("acquisitiontold", "batch", models.CharField(blank=True, max_length=40)),
        migrations.AlterField("acquisitiontold", "landed_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "acquisitiontold",
            models.Index(fields=["batch", "id"], condition=models.Q(landed_at=None), name="acquisitions_on_their_way"),
        ),
    ]
