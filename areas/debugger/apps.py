from django.apps import AppConfig


class DebuggerConfig(AppConfig):
    name = "areas.debugger"
    label = "debugger"
