from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portfolio", "0009_words_of_look_alikes"),
    ]

    operations = [
        migrations.RenameModel("MailedPlace", "LinePlace"),
        migrations.AddField(
            model_name="planline",
            name="value_at_stake",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="planline",
            name="chance_back",
            field=models.FloatField(null=True),
        ),
    ]
