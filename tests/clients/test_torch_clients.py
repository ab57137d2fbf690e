"""The SDKs train and serve PyTorch scripts and the algorithms built on PyTorch, unchanged, against the engine."""

import sys

import pytest

from areas.images import EXTRAS
from tests.clients.test_clients import HERE, V2, _run, environment  # noqa: F401 - a fixture

TORCH = EXTRAS / "torch" / "bin" / "python"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.clients,
    pytest.mark.skipif(not TORCH.exists(), reason="PyTorch's environment is not installed: make extra-torch"),
]
needs_v2 = pytest.mark.skipif(not V2.exists(), reason="SDK v2 needs an environment of its own: make .venv/sdk2.stamp")


@needs_v2
def test_sdk_v2_runs_pytorch_scripts_and_what_is_built_on_it(environment):  # noqa: F811
    told, _ = _run([V2, HERE / "sdk_v2_torch.py"], environment)
    metrics = told["metrics"]
    assert metrics["script"]["accuracy"] > 0.95
    # The first five rows of breast cancer are malignant, which is 0 there.
    assert all(value < 0.5 for value in told["script"]), told
    assert all(row[0] < 0 for row in told["torchscript"]), told
    first, last = told["ntm"]
    assert first.index(max(first)) != last.index(max(last))
    wrong, right = (row["scores"] for row in told["object2vec"]["predictions"])
    assert wrong[1] < 0.5 < right[1]
    assert metrics["object2vec"]["train:accuracy"] > 0.9
    [forecast] = told["deepar"]["predictions"]
    assert len(forecast["quantiles"]["0.5"]) == 4
    assert metrics["deepar"]["train:final_loss"] < metrics["deepar"]["train:loss:batch"] + 1


@needs_v2
def test_image_classification_by_the_generic_estimator_and_by_v3(environment):  # noqa: F811
    told, _ = _run([V2, HERE / "sdk_v2_generic.py"], environment | {"ALGORITHMS": "image-classification"})
    told = told["image-classification"]
    assert told["metrics"]["validation:accuracy"] > 0.7
    red, blue = told["answer"]
    assert red[0] > blue[0]
    told, _ = _run([sys.executable, HERE / "sdk_v3_generic.py"], environment)
    red, blue = told["answers"]
    assert red[0] > blue[0]
