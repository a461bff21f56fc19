"""The words that acts are found by."""

from typing import ClassVar

from django.db import migrations

from keepers.crm.customers.finding.texts import Texts, indexed


class Migration(migrations.Migration):
    dependencies: ClassVar = [("timeline", "0001_initial")]
    operations: ClassVar = [indexed(Texts("timeline_touch", "title", "body"))]
