"""The words that tasks are found by."""

from typing import ClassVar

from django.db import migrations

from keepers.crm.customers.finding.texts import Texts, indexed


class Migration(migrations.Migration):
    dependencies: ClassVar = [("work", "0001_initial")]
    operations: ClassVar = [indexed(Texts("work_task", "title", "note"))]
