import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="InboxBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("orders", "Orders"), ("interactions", "Acts at touch points")], max_length=12
                    ),
                ),
                ("source", models.CharField(max_length=80)),
                ("timezone", models.CharField(default="UTC", max_length=60)),
                ("made_at", models.DateTimeField()),
                ("landed_at", models.DateTimeField(db_index=True, null=True)),
                ("things", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="InboxItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("orders", "Orders"), ("interactions", "Acts at touch points")], max_length=12
                    ),
                ),
                ("source", models.CharField(max_length=80)),
                ("external_id", models.CharField(max_length=255)),
                ("version", models.PositiveIntegerField(default=0)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("told_at", models.DateTimeField()),
                ("landed_version", models.PositiveIntegerField(default=0)),
                ("landed_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="items",
                        to="inbox.inboxbatch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InboxRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("orders", "Orders"), ("interactions", "Acts at touch points")], max_length=12
                    ),
                ),
                ("source", models.CharField(max_length=80)),
                ("version", models.PositiveIntegerField(default=0)),
                ("body", models.JSONField()),
                ("place", models.PositiveIntegerField()),
                ("problem", models.TextField(blank=True)),
                ("told_at", models.DateTimeField()),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="inbox.inboxbatch",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="inbox.inboxitem",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="inboxitem",
            constraint=models.UniqueConstraint(
                fields=("kind", "source", "external_id"), name="one_inbox_item_an_external_id"
            ),
        ),
        migrations.AddIndex(
            model_name="inboxrow",
            index=models.Index(
                condition=models.Q(("batch", None)), fields=["kind", "source"], name="inbox_rows_that_wait"
            ),
        ),
    ]
