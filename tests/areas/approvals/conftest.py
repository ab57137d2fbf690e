"""The approval desk of a fresh account."""

import pytest

from tests.registry.desk import Desk


@pytest.fixture
def desk(cast) -> Desk:
    return Desk(cast)
