"""Ada administers the whole Studio, Bea one connection, Carl may do nothing."""

import pytest
from django.core.cache import cache
from django.test import Client

from catalog.models import Connection, Grant, Role
from catalog.roles import ADMIN, make_builtin

PASSWORD = "open sesame, open"


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _connection(name: str, account: str, is_default: bool) -> Connection:
    return Connection.objects.create(
        name=name, backend=Connection.EMBEDDED, account=account, region="us-east-1", endpoint_url="http://127.0.0.1:9",
        is_default=is_default,
    )  # fmt: skip


@pytest.fixture
def workbench(db) -> Connection:
    return _connection("workbench", "999999999999", True)


@pytest.fixture
def lab(db) -> Connection:
    return _connection("lab", "888888888888", False)


@pytest.fixture
def roles(db) -> dict[str, Role]:
    """The built-in roles by name."""
    make_builtin()
    return {role.name: role for role in Role.objects.all()}


@pytest.fixture
def ada(workbench, django_user_model):
    return django_user_model.objects.create_superuser("ada", password=PASSWORD)


@pytest.fixture
def bea(workbench, roles, django_user_model):
    user = django_user_model.objects.create_user("bea", password=PASSWORD)
    Grant.objects.create(role=roles[ADMIN], user=user, connection=workbench)
    return user


@pytest.fixture
def carl(workbench, django_user_model):
    return django_user_model.objects.create_user("carl", password=PASSWORD)


def signed_in(user) -> Client:
    """A browser with ``user`` signed in, the tour done."""
    from studio.models import Preference

    Preference.objects.get_or_create(user=user, defaults={"tour_done": True})
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_ada(ada) -> Client:
    return signed_in(ada)


@pytest.fixture
def as_bea(bea) -> Client:
    return signed_in(bea)


@pytest.fixture
def as_carl(carl) -> Client:
    return signed_in(carl)
