"""Real data, and containers to train and serve in."""

import numpy as np
import pytest

from tests.areas.algorithms.stage import Job, Preloaded, Server


@pytest.fixture(scope="session")
def preloaded():
    preloaded = Preloaded()
    yield preloaded
    preloaded.close()


@pytest.fixture
def job(tmp_path, preloaded) -> Job:
    return Job(tmp_path / "ml", preloaded)


@pytest.fixture
def server(tmp_path):
    """``server(call, **env)`` starts a model server; it must end by SIGTERM with exit code 0."""
    started = []

    def start(call: str, folder=tmp_path, **env) -> Server:
        one = Server(folder, call, {"SAGEMAKER_BASE_DIR": str(tmp_path / "ml"), **env})
        started.append(one)
        return one

    yield start
    for one in started:
        if one.process.poll() is None:
            assert one.close() == 0


@pytest.fixture(scope="session")
def cancer():
    """Breast cancer (569 × 30), label first: (train rows, validation rows)."""
    from sklearn.datasets import load_breast_cancer

    return _split(*load_breast_cancer(return_X_y=True))


@pytest.fixture(scope="session")
def diabetes():
    """Diabetes progression (442 × 10), label first."""
    from sklearn.datasets import load_diabetes

    return _split(*load_diabetes(return_X_y=True))


@pytest.fixture(scope="session")
def penguins():
    """Palmer penguins: species 0-2 by four measurements, with the gaps that the real table has."""
    from palmerpenguins import load_penguins

    table = load_penguins()
    species = table["species"].astype("category").cat.codes.to_numpy()
    measures = table[["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]].to_numpy(float)
    return _split(measures, species)


def _split(features, labels):
    rows = np.column_stack([labels, features]).astype(np.float32)
    order = np.random.default_rng(7).permutation(len(rows))
    cut = len(rows) * 3 // 4
    return rows[order[:cut]], rows[order[cut:]]
