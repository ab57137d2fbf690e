from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    name = "areas.experiments"
    label = "experiments"
