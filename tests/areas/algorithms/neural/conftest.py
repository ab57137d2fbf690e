"""Slow tests with PyTorch's own environment; skipped where it isn't installed."""

import pytest

from tests.areas.algorithms.neural.stage import PYTHON, Preloaded, Work


def pytest_collection_modifyitems(items):
    for item in items:
        if "algorithms/neural" in str(item.path):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def torch_preloaded():
    if not PYTHON.exists():
        pytest.skip("PyTorch's environment is not installed: make extra-torch")
    preloaded = Preloaded()
    yield preloaded
    preloaded.close()


@pytest.fixture
def work(tmp_path, torch_preloaded):
    one = Work(tmp_path, torch_preloaded)
    yield one
    one.close()


@pytest.fixture(scope="module")
def works(tmp_path_factory, torch_preloaded):
    """``works(name)``: a container that the tests of a module share."""
    made: dict[str, Work] = {}

    def get(name: str) -> Work:
        if name not in made:
            made[name] = Work(tmp_path_factory.mktemp(name), torch_preloaded)
        return made[name]

    yield get
    for one in made.values():
        one.close()
