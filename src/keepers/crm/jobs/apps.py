from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "keepers.crm.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
