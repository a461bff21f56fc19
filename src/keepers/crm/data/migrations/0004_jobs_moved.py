import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data", "0003_jobs_move"), ("jobs", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[],
            state_operations=[
                migrations.AlterField(
                    model_name="upload",
                    name="check_job",
                    field=models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="checked", to="jobs.job"
                    ),
                ),
                migrations.AlterField(
                    model_name="upload",
                    name="landing_job",
                    field=models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="landed", to="jobs.job"
                    ),
                ),
                migrations.DeleteModel(name="Job"),
            ],
        )
    ]
