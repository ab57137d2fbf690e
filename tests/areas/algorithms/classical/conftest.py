"""Algorithms trained in containers of their own, and asked without a server between."""

import json
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from areas.algorithms.formats.recordio import write
from areas.algorithms.formats.table import Table
from areas.algorithms.frame.serving import answering
from areas.algorithms.server import Request
from areas.images import images
from tests.areas.algorithms.data import as_csv


class Trained:
    """A container of one algorithm: ``put`` rows, ``train``, read ``metrics``, ``ask`` the model."""

    def __init__(self, name: str, job):
        self.name, self.job, self.invoke = name, job, None
        self.algorithm = import_module(f"areas.algorithms.{name}.declaration").ALGORITHM

    def put(self, channel: str, rows, labels=None, content_type: str | None = "", sparse: bool = False, **settings):
        """Rows as CSV (labels first), or as records where ``content_type`` is None."""
        if content_type is None:
            import scipy.sparse

            rows = scipy.sparse.csr_matrix(rows) if sparse else rows
            self.job.put(channel, "matrix_0.pbr", write(Table(rows, labels)), None)
        else:
            kind = content_type or ("text/csv;label_size=0" if labels is None else "text/csv")
            table = rows if labels is None else np.column_stack([labels, rows])
            self.job.put(channel, "rows.csv", as_csv(table), kind)
        self.job.channels[channel].update(settings)

    def train(self, **given) -> int:
        return self.job.train(f"areas.algorithms.{self.name}.train", **given)

    def fit(self, **given) -> dict[str, float]:
        """Train, which must go well; the last value of each metric, as the image's definitions read the log."""
        assert self.train(**given) == 0, self.job.log
        return self.metrics()

    def metrics(self) -> dict[str, float]:
        lines = self.job.log.splitlines()
        found = {}
        for name, pattern in images()[self.algorithm.repository].metrics:
            values = [match[1] for line in lines if (match := re.search(pattern, line))]
            if values:
                found[name] = float(values[-1])
        return found

    @property
    def model(self) -> Path:
        return self.job.base / "model"

    def post(self, body, content="text/csv", accept=""):
        """The response of ``/invocations``."""
        if self.invoke is None:
            serve = import_module(f"areas.algorithms.{self.name}.serve")
            made = serve.load(self.model)
            self.invoke = getattr(serve, "answering", answering)(made)
        body = body if isinstance(body, bytes) else body.encode()
        return self.invoke(Request("POST", "/invocations", {"content-type": content, "accept": accept}, body))

    def ask(self, rows, accept="application/json"):
        """The answer to rows, read from JSON."""
        response = self.post(as_csv(rows), accept=accept)
        assert response.status == 200, response.body
        return json.loads(response.body)


@pytest.fixture
def trained(job):
    """``trained("kmeans")``"""
    return lambda name: Trained(name, job)


@pytest.fixture(scope="session")
def digits():
    """Handwritten digits (1797 × 64) in a fixed random order: (rows, labels)."""
    from sklearn.datasets import load_digits

    rows, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(7).permutation(len(rows))
    return rows[order].astype(np.float32), labels[order].astype(np.float32)


@pytest.fixture(scope="session")
def cancers():
    """Breast cancer, scaled, in a fixed random order: (rows, labels)."""
    from sklearn.datasets import load_breast_cancer

    rows, labels = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(7).permutation(len(rows))
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return rows[order].astype(np.float32), labels[order].astype(np.float32)
