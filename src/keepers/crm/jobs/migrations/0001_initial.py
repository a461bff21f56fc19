"""The table of jobs was made by the room of data, in which they began."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("data", "0003_jobs_move"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[],
            state_operations=[
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("check", "Check of files"),
                                    ("landing", "Import"),
                                    ("run", "Valuation of the base"),
                                    ("preview", "Preview of other assumptions"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "waiting"),
                                    ("running", "running"),
                                    ("done", "done"),
                                    ("nothing", "nothing to do"),
                                    ("failed", "could not be done"),
                                    ("cancelled", "cancelled"),
                                    ("abandoned", "its process was stopped"),
                                ],
                                db_index=True,
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("asked", models.JSONField(default=dict)),
                        ("asked_at", models.DateTimeField()),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("stage", models.CharField(blank=True, max_length=20)),
                        ("stage_at", models.DateTimeField(null=True)),
                        ("told_at", models.DateTimeField(null=True)),
                        ("rows", models.BigIntegerField(default=0)),
                        ("bytes_read", models.BigIntegerField(default=0)),
                        ("bytes_total", models.BigIntegerField(default=0)),
                        ("cancel_asked", models.BooleanField(default=False)),
                        ("error", models.TextField(blank=True)),
                        ("error_kind", models.CharField(blank=True, max_length=80)),
                        ("result", models.JSONField(default=dict)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="jobs",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                    },
                ),
            ],
        )
    ]
