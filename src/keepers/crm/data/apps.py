from django.apps import AppConfig


class DataConfig(AppConfig):
    name = "keepers.crm.data"
    label = "data"
    default_auto_field = "django.db.models.BigAutoField"
