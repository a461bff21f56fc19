from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data", "0004_jobs_moved")]

    operations = [migrations.AddField("upload", "sheets", models.JSONField(default=dict))]
