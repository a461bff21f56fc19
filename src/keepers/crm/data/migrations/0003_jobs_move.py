"""Jobs belong to every desk: their table moves to the room of jobs, with what is in it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("data", "0002_who_and_spend")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("job", "jobs_job")], state_operations=[]
        )
    ]
