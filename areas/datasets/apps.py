from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "areas.datasets"
    label = "datasets"
