from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "keepers.web"
    label = "web"
