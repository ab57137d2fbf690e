"""Channels: content types, labels, records of manifests, pipes, distribution, gaps."""

import os
import threading

import numpy as np
import pytest

from areas.algorithms.container import UserError
from areas.algorithms.formats import recordio, uniform
from areas.algorithms.formats.table import Table
from areas.images import images

KMEANS = {"feature_dim": "2", "k": "2"}
FM = {"feature_dim": "2", "num_factors": "2", "predictor_type": "regressor"}
FOREST = {"feature_dim": "2"}


@pytest.mark.parametrize(
    ("repository", "given", "channels", "words"),
    [
        ("kmeans", KMEANS, {}, "'train' is a required property"),
        ("kmeans", KMEANS, {"train": {}, "x": {}}, "('x' was unexpected)"),
        ("kmeans", KMEANS, {"train": {"ContentType": "text/libsvm"}}, "is not valid under any of the given schemas"),
        ("kmeans", KMEANS, {"train": {"ContentType": "text/csv;label_size=2"}}, "label_size of channel 'train' must be 0 or 1"),
        ("factorization-machines", FM, {"train": {"ContentType": "text/csv"}}, "application/x-recordio-protobuf"),
        ("linear-learner", {"predictor_type": "regressor"}, {"train": {"ContentType": "text/csv;label_size=0"}}, "needs labels"),
        ("randomcutforest", FOREST, {"train": {"S3DistributionType": "FullyReplicated"}}, "ShardedByS3Key only"),
        ("randomcutforest", FOREST, {"train": {}, "test": {"S3DistributionType": "ShardedByS3Key"}}, "FullyReplicated only"),
        ("ipinsights", {"num_entity_vectors": "10", "vector_dim": "4"}, {"train": {"TrainingInputMode": "Pipe"}}, "not Pipe"),
    ],
)  # fmt: skip
def test_a_channel_that_can_not_be_is_refused(repository, given, channels, words):
    with pytest.raises(UserError) as caught:
        images()[repository].algorithm.check(given, channels)
    assert words in str(caught.value)


def test_lda_trains_on_one_instance_only():
    lda = images()["lda"].algorithm
    lda.check_hosts(1)
    with pytest.raises(UserError, match="a single instance only"):
        lda.check_hosts(2)
    images()["kmeans"].algorithm.check_hosts(20)


def test_csv_without_label_size_0_has_the_label_first(trained, cancers):
    kmeans = trained("kmeans")
    kmeans.put("train", cancers[0], content_type="text/csv")  # as if its first column was a label
    kmeans.fit(k=2, feature_dim=29)
    kmeans.put("train", cancers[0], content_type="text/csv;label_size=0")
    kmeans.fit(k=2, feature_dim=30)
    assert kmeans.train(k=2, feature_dim=29) == 2
    assert "has 30 features, but feature_dim is 29" in kmeans.job.failure


@pytest.mark.parametrize("sparse", [False, True])
def test_records_are_the_default_as_the_sdk_writes_them(trained, cancers, sparse):
    kmeans = trained("kmeans")
    kmeans.put("train", cancers[0])
    by_csv = kmeans.fit(k=3, feature_dim=30)["train:msd"]
    (kmeans.job.base / "input" / "data" / "train" / "rows.csv").unlink()
    kmeans.put("train", cancers[0], cancers[1], content_type=None, sparse=sparse, S3DistributionType="ShardedByS3Key")
    assert kmeans.fit(k=3, feature_dim=30)["train:msd"] == pytest.approx(by_csv, rel=1e-6)


def test_a_pipe_is_read(trained, cancers):
    knn = trained("knn")
    knn.job.declare("train", "text/csv", mode="Pipe")
    fifo = knn.job.base / "input" / "data" / "train_0"
    fifo.parent.mkdir(parents=True)
    os.mkfifo(fifo)
    rows = np.column_stack([cancers[1], cancers[0]])
    text = "".join(",".join(map(repr, map(float, row))) + "\n" for row in rows)
    threading.Thread(target=fifo.write_text, args=(text,), daemon=True).start()
    knn.fit(k=3, feature_dim=30, predictor_type="classifier", sample_size=600)
    assert knn.ask(cancers[0][:2])["predictions"][0] == {"predicted_label": float(cancers[1][0])}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"1,2,3\n1,,3\n", "has a missing or infinite value in row 2"),
        (b"1,2,3\n,2,3\n", "has a missing or infinite label in row 2"),
        (b"1,2,x\n", "is not all numbers: line 1, column 3"),
        (b"", "No data in channel 'train'"),
        (b"1\n2\n", "one column only"),
    ],
)
def test_data_that_can_not_be_learned_from_is_named(trained, text, words):
    linear = trained("linear_learner")
    linear.job.put("train", "rows.csv", text)
    assert linear.train(predictor_type="regressor") == 2
    assert linear.job.failure.startswith("ClientError: ")
    assert words in linear.job.failure


def test_records_of_one_layout_are_read_as_those_of_many():
    random = np.random.default_rng(0)
    rows, labels = random.random((50, 7), np.float32), random.random(50, np.float32)
    alike = recordio.write(Table(rows, labels))
    assert uniform.read(alike, recordio._layout) is not None
    other = recordio.write(Table(rows[:1, :5], labels[:1]))
    assert uniform.read(alike + other, recordio._layout) is None
    found = recordio.read_bytes(alike)
    assert (found.features == rows).all()
    assert (found.labels == labels).all()
    slowly = np.array([recordio._record(payload)[0][0] for payload in recordio.frames(alike)])
    assert (slowly == rows).all()
    assert recordio.read_bytes(recordio.write(Table(rows)), labeled=False).labels is None
    with pytest.raises(UserError, match="Not RecordIO"):
        recordio.read_bytes(b"x" * 40)
    with pytest.raises(UserError, match="no label"):
        recordio.read_bytes(recordio.write(Table(rows)))
