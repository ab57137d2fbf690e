from django.apps import AppConfig


class CostsConfig(AppConfig):
    name = "areas.costs"
    label = "costs"
