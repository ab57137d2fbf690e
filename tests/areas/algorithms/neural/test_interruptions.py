"""SIGTERM leaves a model of what is trained by then; a job that is started again with its checkpoint ends as if uninterrupted."""

import json
import os
import signal

import pytest

from areas.algorithms.formats import recordio
from areas.algorithms.formats.table import Table
from tests.areas.algorithms.neural import (
    test_deepar,
    test_image_classification,
    test_ntm,
    test_object2vec,
    test_object_detection,
    test_semantic_segmentation,
    test_seq2seq,
    test_tabtransformer,
)
from tests.areas.algorithms.neural.stage import wait_for

FOREVER = 100_000


def _deepar(work) -> dict:
    work.put("train", "t.json", test_deepar.lines(test_deepar.waves(2)))
    return test_deepar.HOURS


def _ntm(work) -> dict:
    work.put("train", "t.pbr", recordio.write(Table(test_ntm.documents(60, 0)[0])))
    return {"feature_dim": test_ntm.WORDS, "num_topics": 2, "num_patience_epochs": FOREVER}


def _object2vec(work) -> dict:
    work.put("train", "t.jsonl", test_object2vec.lines(test_object2vec.pairs(2000, 0)))
    return {**test_object2vec.SIZES, "enc0_network": "pooled_embedding", "epochs": 100, "early_stopping_patience": 5}


def _seq2seq(work) -> dict:
    test_seq2seq.put(work)
    return {**test_seq2seq.SMALL, "checkpoint_frequency_num_batches": 3}


def _image_classification(work) -> dict:
    for name, count in (("train", 24), ("validation", 6)):
        rows = test_image_classification.shapes(count, 0)
        work.put(name, f"{name}.rec", test_image_classification.rec(rows), test_image_classification.RECORDS)
    return {**test_image_classification.GIVEN, "num_training_samples": 24}


def _semantic_segmentation(work) -> dict:
    test_semantic_segmentation.put(work, (4, 1))
    steps = {"lr_scheduler": "step", "lr_scheduler_step": "9"}  # unlike the others, it doesn't ask how many epochs come
    return {**test_semantic_segmentation.GIVEN, **steps, "num_training_samples": 4}


def _object_detection(work) -> dict:
    for name in ("train", "validation"):
        work.put(name, f"{name}.rec", test_object_detection.rec(2), "application/x-recordio")
    return {name: value for name, value in test_object_detection.GIVEN.items() if name != "epochs"}


def _tabtransformer(work) -> dict:
    work.put("training", "t.csv", "\n".join(test_tabtransformer.table("classification", 100, 0)), "text/csv")
    work.put("training", "categorical_index.json", json.dumps({"cat_index_list": [1]}))
    return {"n_blocks": 1, "input_dim": 16, "patience": 60}


EPOCHS = {"seq2seq": "min_num_epochs", "small:classification": "n_epochs"}
# (how it is started, its data and hyperparameters, what it prints once it trains)
ALL = [
    ("deepar", _deepar, "epoch=0, batch=0"), ("ntm", _ntm, "epoch=1"), ("object2vec", _object2vec, "epoch=0"),
    ("seq2seq", _seq2seq, "validation perplexity"), ("image_classification", _image_classification, "Epoch[0]"),
    ("semantic_segmentation", _semantic_segmentation, "epoch=0"), ("object_detection", _object_detection, "epoch=0"),
    ("small:classification", _tabtransformer, "epoch 2 "),
]  # fmt: skip


@pytest.mark.parametrize(("algorithm", "begin", "sign"), ALL, ids=[one[0] for one in ALL])
def test_sigterm_leaves_a_model(work, algorithm, begin, sign):
    given = {EPOCHS.get(algorithm, "epochs"): FOREVER, **begin(work)}
    child = work.start(algorithm, **given)
    try:
        wait_for(lambda: work.log_file.exists() and sign in work.log, 60)
    finally:
        os.kill(child, signal.SIGTERM)
        code = work.preloaded.ask(reap=child)
    assert code == 0, work.log
    assert (work.base / "model" / "model.pt").stat().st_size > 1000
    assert json.loads((work.base / "model" / "model.json").read_text())


# Object Detection's smallest pictures are large: test_object_detection.py looks at its loop alone.
KEPT = [one for one in ALL if one[1] in (_deepar, _image_classification, _semantic_segmentation)]


@pytest.mark.parametrize(("algorithm", "begin"), [one[:2] for one in KEPT], ids=[one[0] for one in KEPT])
def test_a_job_goes_on_from_its_checkpoint(work, algorithm, begin):
    given, image = begin(work), algorithm.replace("_", "-").replace("deepar", "forecasting-deepar")
    kept = work.base / "checkpoints"
    assert work.train(algorithm, **{**given, "epochs": 2}) == 0, work.log
    straight = work.metrics(image)
    kept.mkdir()
    assert work.train(algorithm, **{**given, "epochs": 1}) == 0, work.log
    assert [path.name for path in kept.iterdir()] == ["checkpoint.pt"]
    assert work.train(algorithm, **{**given, "epochs": 2}) == 0, work.log
    assert "resuming from epoch 1" in work.log
    resumed, checked = work.metrics(image), 0
    for name, values in resumed.items():
        if name.startswith(("train:loss", "train:accuracy", "validation:")):
            assert values == pytest.approx(straight[name][1:], rel=1e-3), name
            checked += 1
    assert checked


def test_a_checkpoint_of_another_network_is_refused(work):
    given = _image_classification(work)
    (work.base / "checkpoints").mkdir()
    assert work.train("image_classification", **given, epochs=1) == 0, work.log
    assert work.train("image_classification", **{**given, "num_layers": 32}, epochs=1) == 2
    assert "The checkpoint checkpoint.pt doesn't fit this job" in work.failure
    (work.base / "checkpoints" / "checkpoint.pt").write_bytes(b"no checkpoint")
    assert work.train("image_classification", **given, epochs=1) == 2
    assert "The checkpoint checkpoint.pt doesn't fit this job" in work.failure
