"""Run jobs and model servers of the embedded engine."""

from django.core.management.base import BaseCommand

from engine.runtime.runner import Runner


class Command(BaseCommand):
    help = "Drive the embedded engine's jobs and model servers until SIGTERM."
    requires_system_checks = []

    def handle(self, *args, **options):
        Runner().run()
