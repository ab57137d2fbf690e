from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "areas.reports"
    label = "reports"
