from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "keepers.crm.customers.duplicates"
    label = "duplicates"
    default_auto_field = "django.db.models.BigAutoField"
