import django.db.models.deletion
from django.db import migrations, models

import keepers.crm.portfolio.models


class Migration(migrations.Migration):
    """A plan of its own beside its publication; the next run brings the lines anew."""

    dependencies = [
        ("customers", "0011_words_cost"),
        ("portfolio", "0002_plan_lines"),
    ]

    operations = [
        migrations.DeleteModel(name="PlanLine"),
        migrations.RemoveField(model_name="publication", name="plan"),
        migrations.CreateModel(
            name="PublishedPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plan_id", models.CharField(max_length=120)),
                ("limits", models.JSONField(default=dict)),
                ("account", models.JSONField(default=dict)),
                ("steps", models.JSONField(default=list)),
                ("compared", models.JSONField(default=list)),
                (
                    "publication",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plans",
                        to="portfolio.publication",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="publication",
            name="plan",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="portfolio.publishedplan",
            ),
        ),
        migrations.CreateModel(
            name="PlanLine",
            fields=[
                ("id", keepers.crm.portfolio.models.GivenNumber(primary_key=True, serialize=False)),
                ("decision", models.CharField(max_length=40)),
                ("action", models.CharField(max_length=200)),
                ("level", models.CharField(blank=True, max_length=40)),
                ("cost", models.FloatField(null=True)),
                ("expected_gain", models.FloatField(null=True)),
                ("expected_gain_low", models.FloatField(null=True)),
                ("expected_gain_high", models.FloatField(null=True)),
                ("mailed_margin", models.FloatField(null=True)),
                ("mailed_margin_low", models.FloatField(null=True)),
                ("mailed_margin_high", models.FloatField(null=True)),
                ("evidence", models.CharField(max_length=40)),
                ("reason", models.TextField(blank=True)),
                ("moved_from", models.CharField(max_length=40, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plan_lines",
                        to="customers.customer",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="lines",
                        to="portfolio.publishedplan",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("moved_from__isnull", False)),
                        fields=["plan", "moved_from", "decision"],
                        name="lines_that_moved",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("customer", "plan"), name="one_plan_line_a_customer")],
            },
        ),
        migrations.CreateModel(
            name="MailedPlace",
            fields=[
                ("id", keepers.crm.portfolio.models.GivenNumber(primary_key=True, serialize=False)),
                (
                    "line",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="portfolio.planline",
                    ),
                ),
            ],
        ),
    ]
