"""Semantic Segmentation finds the pixels of a shape, and answers them as a PNG."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.areas.algorithms.neural.shapes import encoded, shape

IMAGE = "image/jpeg"
GIVEN = {
    "num_classes": 2, "num_training_samples": 16, "use_pretrained_model": "False", "base_size": 32, "crop_size": 32,
    "mini_batch_size": 4, "optimizer": "adam", "learning_rate": 0.001,
}  # fmt: skip


def put(work, counts=(16, 3)) -> None:
    rng = np.random.default_rng(0)
    for channel, count in zip(("train", "validation"), counts, strict=True):
        for at in range(count):
            picture, inside, _ = shape(0, rng, 32)
            work.put(channel, f"a/{at}.jpg", encoded(picture, "JPEG"), IMAGE)
            mask = Image.fromarray((inside * 3).astype(np.uint8))  # scaled, for a label map
            file = io.BytesIO()
            mask.save(file, "PNG")
            work.put(f"{channel}_annotation", f"a/{at}.png", file.getvalue(), "image/png")
        work.put("label_map", f"{channel}_label_map.json", json.dumps({"scale": "3"}), "application/json")


@pytest.fixture(scope="module")
def trained(works):
    work = works("masks")
    put(work)
    assert work.train("semantic_segmentation", **GIVEN, epochs=2) == 0, work.log
    work.serve("semantic_segmentation")
    return work


def test_it_finds_the_pixels_of_a_shape(trained):
    found = trained.metrics("semantic-segmentation")
    # Where all is ground, mIOU is half of its share, which is about 0.85.
    assert max(found["validation:mIOU"]) > 0.5
    picture, inside, _ = shape(0, np.random.default_rng(9), 32)
    status, answer = trained.invoke(encoded(picture, "JPEG"), IMAGE, "image/png")
    assert status == 200, answer
    mask = Image.open(io.BytesIO(answer))
    assert (mask.mode, mask.size) == ("L", (32, 32))
    assert (np.asarray(mask) == inside).mean() > 0.8


def test_probabilities_in_protobuf(trained):
    picture = shape(0, np.random.default_rng(9), 32)[0][:30, :20]
    status, answer = trained.invoke(encoded(picture), "image/png", "application/x-recordio-protobuf")
    assert status == 200
    floats = 2 * 30 * 20 * 4
    assert floats < len(answer) < floats + 100
    assert trained.invoke(encoded(picture), "image/png", "text/csv")[0] == 406
    assert trained.invoke(b"x", "image/png", "image/png")[0] == 415


@pytest.mark.parametrize("algorithm", ["psp", "deeplab"])
def test_the_other_heads_train_too(work, algorithm):
    put(work, (4, 1))
    given = {**GIVEN, "epochs": 1, "algorithm": algorithm, "optimizer": "sgd", "lr_scheduler": "cosine"}
    assert work.train("semantic_segmentation", **given) == 0, work.log
    assert 0 < work.metrics("semantic-segmentation")["validation:pixel_accuracy"][0] <= 1
    work.serve("semantic_segmentation")
    assert work.invoke(encoded(shape(0, np.random.default_rng(1), 32)[0]), "image/png")[0] == 200


def test_what_is_wrong_is_said(work):
    put(work, (2, 1))
    for words, given in {
        "use_pretrained_model needs ImageNet's weights": {"use_pretrained_model": "True"},
        "'lr_scheduler_step' is a required property": {"lr_scheduler": "step"},
        "backbone must be one of resnet-50, resnet-101": {"backbone": "resnet-18"},
    }.items():
        assert work.train("semantic_segmentation", **{**GIVEN, **given}) == 2
        assert words in work.failure
    work.put("label_map", "train_label_map.json", json.dumps({"map": {"7": 3}}), "application/json")
    assert work.train("semantic_segmentation", **GIVEN) == 2
    assert "has pixels of class 7, but classes are 0 to 1" in work.failure
    work.put("train", "a/lonely.jpg", encoded(shape(0, np.random.default_rng(1), 32)[0], "JPEG"), IMAGE)
    work.put("label_map", "train_label_map.json", json.dumps({"scale": 3}), "application/json")
    assert work.train("semantic_segmentation", **GIVEN) == 2
    assert "a/lonely.jpg of channel 'train' has no PNG of its name" in work.failure
