"""The words that deals, tickets and what else is kept are found by."""

from typing import ClassVar

from django.db import migrations

from keepers.crm.customers.finding.texts import Texts, indexed


class Migration(migrations.Migration):
    dependencies: ClassVar = [("exchange", "0001_initial")]
    operations: ClassVar = [indexed(Texts("exchange_keptrecord", "title", "body"))]
