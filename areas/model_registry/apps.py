from django.apps import AppConfig


class ModelRegistryConfig(AppConfig):
    name = "areas.model_registry"
    label = "model_registry"

    def ready(self):
        from areas.model_registry import guard  # noqa: F401  (guards calls to AWS accounts)
