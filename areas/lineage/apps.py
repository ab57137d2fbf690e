from django.apps import AppConfig


class LineageConfig(AppConfig):
    name = "areas.lineage"
    label = "lineage"

    def ready(self):
        from areas.lineage import binned
        from catalog import bin

        bin.listeners.append(binned.note)
