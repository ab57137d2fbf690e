"""Image Classification learns which shape a picture shows, from each form that pictures come in."""

import io
import json
import struct
import tarfile
import zlib

import numpy as np
import pytest

from areas.algorithms.vision.records import HEADER, pack
from tests.areas.algorithms.neural.shapes import KINDS, encoded, shape

GIVEN = {
    "num_classes": KINDS, "num_layers": 20, "image_shape": "3,16,16", "mini_batch_size": 16, "optimizer": "adam",
    "learning_rate": 0.003,
}  # fmt: skip
IMAGE, RECORDS = "application/x-image", "application/x-recordio"


def shapes(count: int, seed: int) -> list[tuple[int, bytes]]:
    rng = np.random.default_rng(seed)
    return [(at % KINDS, encoded(shape(at % KINDS, rng)[0], "JPEG" if at % 2 else "PNG")) for at in range(count)]


def rec(rows: list[tuple[int, bytes]]) -> bytes:
    """As MXNet's im2rec packs them."""
    return b"".join(pack(HEADER.pack(0, label, at, 0) + picture) for at, (label, picture) in enumerate(rows))


@pytest.fixture(scope="module")
def trained(works):
    work = works("records")
    work.put("train", "train.rec", rec(shapes(120, 0)), RECORDS)
    work.put("validation", "val.rec", rec(shapes(30, 1)), RECORDS)
    assert work.train("image_classification", **GIVEN, epochs=4, num_training_samples=120, top_k=2) == 0, work.log
    work.serve("image_classification")
    return work


def test_it_learns_from_records(trained):
    found = trained.metrics("image-classification")
    assert len(found["validation:accuracy"]) == 4
    assert max(found["validation:accuracy"]) > 0.8
    assert found["validation:accuracy:topk"][-1] >= found["validation:accuracy"][-1]


def test_it_answers_a_probability_for_each_class(trained):
    right = []
    for label, picture in shapes(15, 2):
        status, answer = trained.invoke(picture, IMAGE)
        assert status == 200, answer
        chances = json.loads(answer)
        assert len(chances) == KINDS
        assert sum(chances) == pytest.approx(1, abs=1e-4)
        right.append(np.argmax(chances) == label)
    assert np.mean(right) > 0.7
    status, answer = trained.invoke(picture, "image/png", "application/jsonlines")
    assert set(json.loads(answer)) == {"prediction"}
    assert trained.invoke(b"not a picture", IMAGE)[0] == 415
    assert trained.invoke(picture[: len(picture) // 2], IMAGE)[0] == 415
    assert trained.invoke(picture, "text/csv")[0] == 415
    assert trained.invoke(picture, IMAGE, "text/csv")[0] == 406


def test_a_small_file_that_says_it_is_huge_is_refused(trained):
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    status, answer = trained.invoke(b"\x89PNG\r\n\x1a\n" + chunk, "image/png")
    assert status == 415
    assert b"60000" in answer or b"not a" in answer


def test_files_with_a_list_and_a_start_from_another_model(trained, work):
    for name, count, seed in (("train", 48, 3), ("validation", 24, 4)):
        rows = shapes(count, seed)
        for at, (_, picture) in enumerate(rows):
            work.put(name, f"deep/{at}.png", picture, IMAGE)
        lines = "".join(f"{at}\t{label}\tdeep/{at}.png\n" for at, (label, _) in enumerate(rows))
        work.put(f"{name}_lst", f"{name}.lst", lines, IMAGE)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name in ("model.pt", "model.json"):
            tar.add(trained.base / "model" / name, name)
    work.put("model", "model.tar.gz", archive.getvalue(), "application/x-sagemaker-model")
    given = {**GIVEN, "learning_rate": 1e-6, "num_training_samples": 48, "augmentation_type": "crop_color_transform"}
    assert work.train("image_classification", **given, epochs=1, use_pretrained_model=1, resize=20) == 0, work.log
    # One epoch of next to no step: what it knows is what it began with.
    assert work.metrics("image-classification")["validation:accuracy"][0] > 0.6
    assert work.train("image_classification", **{**given, "num_layers": 32}, epochs=1) == 2
    assert "has num_layers 20, but this job has 32" in work.failure
    del work.channels["model"]
    assert work.train("image_classification", **given, use_pretrained_model=1) == 2
    assert "set it to 0, or give a model that was trained here" in work.failure
    del work.channels["train_lst"]
    assert work.train("image_classification", **given) == 2
    assert "'train_lst' is a required property" in work.failure


def test_several_labels_of_an_augmented_manifest(work):
    """A manifest comes through a pipe, as the picture's record and its annotation's."""
    for name, count, seed in (("train", 60, 5), ("validation", 24, 6)):
        stream = b"".join(
            pack(picture) + pack(json.dumps(f"[{label}]").encode()) for label, picture in shapes(count, seed)
        )
        path = work.base / "input" / "data" / f"{name}_0"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stream)
        work.channels[name] = {
            "TrainingInputMode": "Pipe", "RecordWrapperType": "RecordIO", "S3DistributionType": "FullyReplicated",
            "ContentType": "application/x-recordio; label-format=class-id",
        }  # fmt: skip
    given = {**GIVEN, "num_training_samples": 60, "multi_label": 1, "use_weighted_loss": 1, "epochs": 2}
    assert work.train("image_classification", **given) == 0, work.log
    assert work.metrics("image-classification")["validation:accuracy"][-1] > 0.5
    assert work.train("image_classification", **{**given, "num_layers": 33}) == 2
    assert "num_layers must be one of 18, 34" in work.failure
    assert work.train("image_classification", **{**given, "num_classes": 2}) == 2
    assert "classes are 0 to 1" in work.failure
