"""RecordIO-protobuf and libsvm: what is written is what others read."""

import io
import struct

import numpy
from sklearn.datasets import load_svmlight_file

from areas.algorithms.formats import recordio as algorithms
from areas.datasets import formats, runs, storage
from areas.datasets.prepare import plan_channels


def test_records_are_read_back_by_the_algorithms_within_float32():
    generator = numpy.random.default_rng(0)
    features, labels = generator.normal(10, 5, (569, 30)), generator.integers(0, 2, 569).astype(float)
    data = b"".join(formats.recordio(y, x) for x, y in zip(features.tolist(), labels.tolist(), strict=True))
    table = algorithms.read_bytes(data)
    assert numpy.array_equal(table.features, features.astype("f")) and table.labels.tolist() == labels.tolist()


def test_the_magic_number_and_the_padding():
    for width in range(1, 6):
        record = formats.recordio(1.0, [0.5] * width)
        assert record[:4].hex(" ") == "0a 23 d7 ce" and len(record) % 4 == 0
        (length,) = struct.unpack("<I", record[4:8])
        assert record[8 + length :] == bytes(-length % 4)


def test_libsvm_keeps_its_indices():
    text = formats.libsvm(1, [0.5, None, 3.25]) + formats.libsvm(0, [None, 2.0, 1e-7])
    features, labels = load_svmlight_file(io.BytesIO(text), n_features=3, zero_based=True)
    assert features.toarray().tolist() == [[0.5, 0, 3.25], [0, 2.0, 1e-7]] and labels.tolist() == [1, 0]


def test_channels_in_both_hold_the_rows_of_the_csv(penguins, connection):
    forms = ("csv-label-first", "libsvm", "recordio-protobuf")
    plans = {form: plan_channels(penguins, label="species", form=form) for form in forms}
    for plan in plans.values():
        runs.prepare(connection, plan["call"]["request"])
    train = {form: plan["channels"]["train"] for form, plan in plans.items()}
    lines = storage.get_bytes(connection, train["csv-label-first"] + "data.csv").decode().splitlines()
    rows = numpy.array([[float(cell) if cell else numpy.nan for cell in line.split(",")] for line in lines])
    # One seed is one split, whatever the form.
    table = algorithms.read_bytes(storage.get_bytes(connection, train["recordio-protobuf"] + "data.pbr"))
    assert numpy.array_equal(table.features, rows[:, 1:].astype("f"), equal_nan=True)
    assert table.labels.tolist() == rows[:, 0].tolist()
    body = io.BytesIO(storage.get_bytes(connection, train["libsvm"] + "data.libsvm"))
    features, labels = load_svmlight_file(body, n_features=7, zero_based=True)
    assert plans["libsvm"]["content_type"] == "text/libsvm" and labels.tolist() == rows[:, 0].tolist()
    assert numpy.allclose(features.toarray(), numpy.nan_to_num(rows[:, 1:]))
