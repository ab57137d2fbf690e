from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    name = "areas.experiments"
    label = "experiments"

    def ready(self):
        from areas.experiments import leftovers
        from catalog import bin

        bin.listeners.append(leftovers.forget_files)
