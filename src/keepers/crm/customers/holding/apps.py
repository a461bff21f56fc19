from django.apps import AppConfig


class HoldingConfig(AppConfig):
    name = "keepers.crm.customers.holding"
    label = "holding"
    default_auto_field = "django.db.models.BigAutoField"
