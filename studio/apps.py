from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"

    def ready(self):
        from studio.people import sign_in  # noqa: F401 - listens to who signs in and out
