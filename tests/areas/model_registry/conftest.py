"""An account with a registry, and a second one."""

import pytest
from django.conf import settings

from tests.areas.model_registry.stage import Registry
from tests.stage import Account

settings.ENGINE_INSTANCES = 40  # of the engine in this process: tests that run side by side share it


@pytest.fixture
def registry(aws) -> Registry:
    return Registry(aws)


@pytest.fixture
def other(aws) -> Registry:
    """Another account of the same engine."""
    return Registry(Account(aws.engine, str(int(aws.number) + 500_000_000_000)))


@pytest.fixture
def endpoints():
    """Marks accounts whose endpoints are taken down at the end: ``endpoints(registry)`` answers it again."""
    hosts = []

    def mark(host: Registry) -> Registry:
        hosts.append(host)
        return host

    yield mark
    for host in hosts:
        for one in host.sagemaker.list_endpoints()["Endpoints"]:
            host.sagemaker.delete_endpoint(EndpointName=one["EndpointName"])
            host.until_gone(one["EndpointName"])
