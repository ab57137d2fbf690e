from django.apps import AppConfig


class ModelRegistryConfig(AppConfig):
    name = "areas.model_registry"
    label = "model_registry"
