"""TabTransformer, by the scripts of its JumpStart ids, learns from categories and numbers."""

import io
import json
import re
import tarfile

import numpy as np
import pytest

from areas.algorithms.jumpstart.models import MODELS
from areas.algorithms.jumpstart.source import archive

IDS = {model.problem: model for model in MODELS if model.algorithm == "tabtransformer"}


def table(problem: str, count: int, seed: int) -> list[str]:
    """Rows: label, a category of three words, a number. The word says which way the number counts."""
    rng = np.random.default_rng(seed)
    words, numbers = rng.integers(3, size=count), rng.normal(size=count)
    value = np.choose(words, [numbers * 2, -numbers * 2, np.full(count, 1.5)])
    labels = value if problem == "regression" else np.where(value > 0, "yes", "no")
    return [f"{label},{'rgb'[word]},{number:.4f}" for label, word, number in zip(labels, words, numbers, strict=True)]


def train(work, problem: str, **given):
    """By the archive that the id's job downloads, whose copy of the package is what runs."""
    folder = work.base / "code"
    with tarfile.open(fileobj=io.BytesIO(archive(IDS[problem], "training"))) as tar:
        names = tar.getnames()
        tar.extractall(folder, filter="data")
    assert "areas/algorithms/neural/library.py" in names
    return work.train_script(folder, "transfer_learning.py", **given)


@pytest.mark.parametrize("problem", ["classification", "regression"])
def test_it_learns_what_neither_column_says_alone(work, problem):
    """Classification by the archive; regression by the same functions in a fork, which has PyTorch loaded already."""
    work.put("training", "train/t.csv", "\n".join(table(problem, 1000, 0)), "text/csv")
    work.put("training", "categorical_index.json", json.dumps({"cat_index_list": [1]}))
    work.put("validation", "v.csv", "\n".join(table(problem, 300, 1)), "text/csv")
    given = {"n_epochs": 8, "learning_rate": 0.005, "batch_size": 64, "input_dim": 16, "n_blocks": 1}
    code = train(work, problem, **given) if problem == "classification" else work.train(f"small:{problem}", **given)
    assert code == 0, work.log
    name = {"classification": "f1_score", "regression": "r2"}[problem]
    pattern = dict(IDS[problem].metrics)[name]
    scores = [float(value) for value in re.findall(pattern, work.log)]
    assert len(scores) == 8
    assert max(scores) > 0.95
    rows = table(problem, 200, 2)
    with tarfile.open(fileobj=io.BytesIO(archive(IDS[problem], "inference"))) as tar:
        tar.extractall(work.base / "model" / "code", filter="data")
    work.serve("script", call="areas.algorithms.script.serve:pytorch")
    body = "\n".join(row.partition(",")[2] for row in rows)
    status, answer = work.invoke(body, "text/csv", "application/json;verbose")
    assert status == 200, answer
    found, labels = json.loads(answer), [row.partition(",")[0] for row in rows]
    if problem == "regression":
        error = np.array(found["prediction"]) - np.array(labels, float)
        assert (error**2).mean() < 0.1 * np.var(np.array(labels, float))
    else:
        assert found["labels"] == ["no", "yes"]
        assert np.allclose(np.sum(found["probabilities"], axis=1), 1)
        assert (np.array(found["predicted_label"]) == labels).mean() > 0.95
    assert work.invoke("r", "text/csv")[0] == 415


def test_a_table_of_numbers_and_several_classes(work):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(900, 2))
    labels = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0)
    text = "\n".join(f"{label},{a:.4f},{b:.4f}" for label, (a, b) in zip(labels, rows, strict=True))
    work.put("training", "t.csv", text, "text/csv")
    given = {"n_epochs": 12, "learning_rate": 0.005, "batch_size": 64, "input_dim": 16, "n_blocks": 1}
    assert work.train("small:classification", **given) == 0, work.log
    assert max(map(float, re.findall(dict(IDS["classification"].metrics)["accuracy_score"], work.log))) > 0.9
    assert work.train("small:classification", input_dim=17) != 0
    assert "input_dim must be one of 16, 32" in work.failure
