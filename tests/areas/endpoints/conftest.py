"""An account to host in, with a runner that keeps its model servers up."""

import pytest
from django.conf import settings

from tests.areas.endpoints.stage import Host

settings.ENGINE_INSTANCES = 40  # of the engine in this process: tests that run side by side share it


@pytest.fixture
def host(aws, runner) -> Host:
    """A fresh account; its endpoints are taken down at the end."""
    host = Host(aws)
    yield host
    from engine.hosting import orders, servers
    from engine.models import Work

    for work in Work.objects.filter(kind="endpoint", record__connection=aws.connection):
        instances = [instance for fleet in work.state.get("fleets", ()) for instance in fleet["instances"]]
        work.record.delete()
        for instance in instances:
            servers.remove(instance)
    orders.wake()
