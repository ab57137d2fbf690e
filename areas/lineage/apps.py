from django.apps import AppConfig


class LineageConfig(AppConfig):
    name = "areas.lineage"
    label = "lineage"
