"""The approval desk of an account."""

import pytest

from tests.registry.desk import Desk
from tests.stage import Account, Cast


@pytest.fixture
def desk(cast) -> Desk:
    """An account of its own: for tests that change roles, or look at all there is."""
    return Desk(cast)


@pytest.fixture(scope="module")
def shared_cast(engine, django_db_blocker) -> Cast:
    from tests.conftest import _accounts

    with django_db_blocker.unblock():
        yield Cast(Account(engine, str(next(_accounts))))


@pytest.fixture
def group(shared_cast) -> Desk:
    """A group of its own in an account that the module's tests share: new clients and people cost more than the tests."""
    return Desk(shared_cast)
