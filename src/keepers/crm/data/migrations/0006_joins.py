from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data", "0005_sheets")]

    operations = [migrations.AddField("upload", "joins", models.BooleanField(default=True))]
