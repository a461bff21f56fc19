from django.apps import AppConfig


class CaptureConfig(AppConfig):
    name = "keepers.crm.customers.capture"
    label = "capture"
    default_auto_field = "django.db.models.BigAutoField"
