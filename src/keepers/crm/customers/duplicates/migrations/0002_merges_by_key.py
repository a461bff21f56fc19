from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("duplicates", "0001_initial")]
    operations: ClassVar = [migrations.AlterModelOptions(name="merge", options={"ordering": ["-pk"]})]
