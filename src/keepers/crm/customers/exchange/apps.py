from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "keepers.crm.customers.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"
