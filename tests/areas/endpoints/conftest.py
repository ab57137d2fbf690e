"""The runner's hosting half, live, and an account to host in."""

import pytest
from django.conf import settings

from tests.areas.endpoints.stage import Host, Keeper


@pytest.fixture(scope="session")
def keeper(engine, django_db_blocker):
    """The process that keeps model servers up. A test may kill it, and must start it again."""
    from engine.hosting import supervise

    settings.ENGINE_INSTANCES = 40
    with django_db_blocker.unblock():
        keeper = Keeper()
        keeper.start()
        yield keeper
        keeper.kill()
        supervise.stop_all()


@pytest.fixture
def host(aws, keeper) -> Host:
    """A fresh account; its endpoints are taken down at the end."""
    host = Host(aws)
    yield host
    from engine.models import Work
    from engine.hosting import orders, servers

    for work in Work.objects.filter(kind="endpoint", record__connection=aws.connection):
        for fleet in work.state.get("fleets", ()):
            for instance in fleet["instances"]:
                servers.remove(instance)
        work.record.delete()
    orders.wake()
