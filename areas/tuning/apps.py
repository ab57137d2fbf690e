from django.apps import AppConfig


class TuningConfig(AppConfig):
    name = "areas.tuning"
    label = "tuning"
