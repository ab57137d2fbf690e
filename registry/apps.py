from django.apps import AppConfig, apps


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self):
        from registry import outside  # noqa: F401  (guards calls to AWS accounts)

        if apps.is_installed("django_rq"):  # the engine's processes have no queue: their events wait for the next tick
            from registry import waking  # noqa: F401  (listens for new events)
