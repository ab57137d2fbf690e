"""The cast and the stage: a home of the tests' own, a live engine, an AWS account for each test."""

import gc
import itertools
import secrets

import hypothesis
import pytest

from tests.stage import Account, Cast, Engine, Redis, Runner

# The clock says nothing of a test on a machine that does other things as well; the first draw of text in a new checkout also
# builds a table of all characters.
hypothesis.settings.register_profile("atelier", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("atelier")

DATABASE_FIXTURES = {"django_db_setup", "_django_db_helper"}  # db, transactional_db, engine, aws … ask for one of them


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items):
    """Mark what can reach the database with ``sql``: pytest-django refuses it to every other test."""
    for item in items:
        asked = DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if asked or item.get_closest_marker("django_db"):
            item.add_marker("sql")


def pytest_collection_finish():
    """What collecting left stays until the end: the garbage collector need not go through half a gigabyte again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """The test database, one a pytest-xdist worker, whatever the tests are marked with: those over the wire need no mark."""
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        _disconnect_others()
        teardown_databases(made, verbosity=0)


def _disconnect_others() -> None:
    """End the connections of the engine's threads: PostgreSQL drops no database that is in use."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def engine(django_db_setup, django_db_blocker):
    """The wire gateway, live on a port, in threads of this process. Its rows stay: tests keep apart by account."""
    with django_db_blocker.unblock(), Engine() as engine:
        yield engine


@pytest.fixture(scope="session", autouse=True)
def share_middleware():
    """Django's test clients share what they load first: each would look at every static file again, for 0.02 s and 1 MB."""
    from django.conf import settings
    from django.test.client import ClientHandler

    load, loaded = ClientHandler.load_middleware, {}

    def load_once(self, is_async=False):
        key = (tuple(settings.MIDDLEWARE), is_async)
        if key not in loaded:
            load(self, is_async)
            loaded[key] = {
                name: value for name, value in vars(self).items() if name.endswith(("_middleware", "_chain"))
            }
        vars(self).update(loaded[key])

    ClientHandler.load_middleware = load_once
    yield
    ClientHandler.load_middleware = load


_accounts = itertools.count(100_000_000_001 + secrets.randbelow(10**9))


@pytest.fixture
def aws(engine, django_db_blocker) -> Account:
    """A fresh account with an administrator's key: ``aws.client("s3")``, ``aws.connection``, ``aws.bucket``."""
    with django_db_blocker.unblock():
        yield Account(engine, str(next(_accounts)))


@pytest.fixture
def cast(aws) -> Cast:
    """People with roles on the account's connection: ``cast.alice.client("sagemaker")``, ``cast.rosa.browser``."""
    return Cast(aws)


@pytest.fixture(scope="session")
def runner(engine, django_db_blocker):
    """The engine's runner, a real process: with it jobs run and endpoints come up. Leave it running."""
    with django_db_blocker.unblock(), Runner(engine) as runner:
        yield runner


@pytest.fixture(scope="module")
def no_runner():
    """Nobody works on jobs while a module's tests end them by hand: a runner that other tests left running pauses."""
    runner = Runner.running
    if runner:
        runner.stop()
    yield
    if runner:
        runner.start()


@pytest.fixture(scope="session")
def redis():
    """The embedded Valkey, for RQ; ``redis.client`` speaks to it."""
    with Redis() as redis:
        yield redis
