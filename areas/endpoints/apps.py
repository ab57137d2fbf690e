from django.apps import AppConfig


class EndpointsConfig(AppConfig):
    name = "areas.endpoints"
    label = "endpoints"
