"""Object Detection finds shapes, and takes pictures and boxes in each of their forms."""

import json
import struct

import numpy as np

from areas.algorithms.vision.records import HEADER, pack
from tests.areas.algorithms.neural.shapes import encoded, shape

GIVEN = {
    "num_classes": 2, "num_training_samples": 2, "use_pretrained_model": 0, "base_network": "resnet-50",
    "mini_batch_size": 2, "epochs": 1,
}  # fmt: skip


def run(work, function: str) -> int:
    call = f"tests.areas.algorithms.neural.detection:{function}"
    return work.preloaded.ask(reap=work.preloaded.ask(call=call, log=str(work.log_file), env={}))


def rec(count: int) -> bytes:
    """As GluonCV packs boxes: 4 numbers of header, 5 of an object, padding."""
    rng, found = np.random.default_rng(0), b""
    for at in range(count):
        picture, _, (left, top, width, height) = shape(at % 2, rng)
        label = [
            4,
            5,
            32,
            32,
            at % 2,
            left / 32,
            top / 32,
            (left + width) / 32,
            (top + height) / 32,
            -1,
            -1,
            -1,
            -1,
            -1,
        ]
        found += pack(HEADER.pack(len(label), 0, at, 0) + struct.pack(f"<{len(label)}f", *label) + encoded(picture))
    return found


def test_the_geometry_is_right(work):
    assert run(work, "geometry") == 0, work.log


def test_it_learns_the_shapes_that_it_is_shown(work):
    assert run(work, "learn") == 0, work.log
    told = json.loads(work.log.splitlines()[-1])
    entropy, scores = told["train:cross_entropy"], told["validation:mAP"]
    assert min(entropy) < 0.4 * entropy[0]
    assert max(scores) > 0.55


def test_it_goes_on_from_a_checkpoint(work):
    assert run(work, "resume") == 0, work.log


def test_records_train_and_the_model_answers_boxes(work):
    for channel in ("train", "validation"):
        work.put(channel, f"{channel}.rec", rec(2), "application/x-recordio")
    assert work.train("object_detection", **GIVEN, freeze_layer_pattern=r"^body\.stem") == 0, work.log
    found = work.metrics("object-detection")
    assert found["train:cross_entropy"][0] > 0
    assert 0 <= found["validation:mAP"][0] <= 1
    assert "of the network's weights stay as they are" in work.log
    work.serve("object_detection")
    picture = encoded(shape(0, np.random.default_rng(3))[0][:, :24], "JPEG")
    status, answer = work.invoke(picture, "image/jpeg")
    assert status == 200, answer
    rows = json.loads(answer)["prediction"]
    assert all(len(row) == 6 and row[0] in (0.0, 1.0) and min(row[1:]) >= 0 and max(row[1:]) <= 1 for row in rows)
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    answer = json.loads(work.invoke(picture, "image/jpeg", "application/json;annotation=1")[1])
    assert answer["image_size"] == [{"width": 24, "height": 32, "depth": 3}]
    assert len(answer["annotations"]) == len(rows)
    assert work.invoke(b"x", "image/jpeg")[0] == 415


def test_what_is_wrong_is_said(work):
    def failure(annotation, **given) -> str:
        for channel in ("train", "validation"):
            work.put(channel, "one.jpg", encoded(shape(0, np.random.default_rng(0))[0], "JPEG"), "image/jpeg")
            work.put(f"{channel}_annotation", "one.json", json.dumps(annotation), "image/jpeg")
        assert work.train("object_detection", **{**GIVEN, **given}) == 2
        return work.failure

    box = {"class_id": 0, "left": 1, "top": 1, "width": 9, "height": 9}
    good = {"file": "one.jpg", "image_size": [{"width": 32, "height": 32, "depth": 3}], "annotations": [box]}
    assert "an object of class 2, but classes are 0 to 1" in failure({**good, "annotations": [{**box, "class_id": 2}]})
    assert "must have image_size, and annotations" in failure({"annotations": []})
    assert "a box that is empty" in failure({**good, "annotations": [{**box, "width": 0}]})
    assert "image_shape must be an integer from 300" in failure(good, image_shape=100)
    assert "use_pretrained_model needs ImageNet's weights" in failure(good, use_pretrained_model=1)
    assert "must be a regular expression" in failure(good, freeze_layer_pattern="(")
    del work.channels["train_annotation"]
    assert work.train("object_detection", **GIVEN) == 2
    assert "'train_annotation' is a required property" in work.failure
