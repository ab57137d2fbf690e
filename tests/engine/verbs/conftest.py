"""Records to list, search and tag, stored as the handlers store them."""

import pytest

from areas.index import resources
from engine import store
from engine.context import Context
from tests.stage import Account


class Shelf:
    """Puts things into the catalog as the engine's handlers do, at times of the test's choosing."""

    def __init__(self, aws):
        self.aws = aws

    def put(self, noun: str, name: str, at: float = 1_700_000_000.0, status: str = "", tags=(), **document):
        context = Context("sagemaker", f"Create{noun}", self.aws.number, self.aws.region, user="alice", now=at)
        return store.create(context, resources()[noun], name, document, status=status, tags=tags)


@pytest.fixture
def shelf(aws) -> Shelf:
    return Shelf(aws)


@pytest.fixture
def another_account(aws):
    """A second account beside ``aws``."""
    return Account(aws.engine, str(int(aws.number) + 500_000_000_000))
