"""What is written in a format is read back the same, and what isn't that format is said to be so."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from areas.algorithms.container import UserError
from areas.algorithms.formats import delimited, libsvm, recordio
from areas.algorithms.formats.table import Table
from areas.algorithms.formats.types import content_type

numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
shapes = st.tuples(st.integers(1, 5), st.integers(1, 6))


@st.composite
def dense(draw) -> Table:
    rows, columns = draw(shapes)
    return Table(
        draw(hnp.arrays(np.float32, (rows, columns), elements=numbers)),
        draw(hnp.arrays(np.float32, rows, elements=numbers)),
    )


@st.composite
def sparse(draw) -> Table:
    rows, columns = draw(shapes)
    stored = draw(hnp.arrays(bool, (rows, columns)))
    stored[-1, -1] = True  # so that the text shows how wide the table is
    values = draw(hnp.arrays(np.float32, int(stored.sum()), elements=numbers))
    at, columns_of = np.nonzero(stored)
    features = scipy.sparse.csr_matrix((values, (at, columns_of)), shape=(rows, columns))
    weights = draw(st.none() | hnp.arrays(np.float32, rows, elements=st.floats(0, 100, width=32)))
    groups = draw(st.none() | hnp.arrays(np.uint32, rows, elements=st.integers(0, 9)))
    return Table(features, draw(hnp.arrays(np.float32, rows, elements=numbers)), weights, groups)


def same_sparse(one, other) -> bool:
    return (
        one.shape == other.shape
        and np.array_equal(one.indptr, other.indptr)
        and np.array_equal(one.indices, other.indices)
        and np.array_equal(one.data, other.data)
    )


@settings(deadline=None)
@given(dense())
def test_recordio_round_trip_of_dense_rows(table):
    found = recordio.read_bytes(recordio.write(table))
    assert np.array_equal(found.features, table.features)
    assert np.array_equal(found.labels, table.labels)


@settings(deadline=None)
@given(sparse())
def test_recordio_round_trip_of_sparse_rows(table):
    found = recordio.read_bytes(recordio.write(table))
    assert same_sparse(found.features, table.features)
    assert np.array_equal(found.labels, table.labels)


@settings(deadline=None)
@given(sparse())
def test_libsvm_round_trip(table):
    found = libsvm.read_bytes(libsvm.write(table))
    assert same_sparse(found.features, table.features)
    for name in ("labels", "weights", "groups"):
        assert np.array_equal(getattr(found, name), getattr(table, name)), name


@settings(deadline=None)
@given(st.binary(max_size=80), st.integers(0, 60))
def test_noise_is_refused_or_read_but_never_crashes(noise, cut):
    whole = recordio.write(Table(np.ones((2, 3), np.float32), np.ones(2, np.float32)))
    for data in (noise, whole[:cut] + noise, recordio.frame(noise)):
        for read in (recordio.read_bytes, libsvm.read_bytes, delimited.read_bytes):
            try:
                read(data)
            except UserError as error:
                assert str(error)


def test_recordio_is_protobuf_as_others_write_it():
    """The same bytes as protobuf's own runtime makes of aialgs.data.Record, unpacked float64 and int32 included."""
    Record = _record_class()
    record = Record()
    record.features["values"].float32_tensor.values.extend([1.5, -2])
    record.label["values"].float32_tensor.values.append(3)
    ours = recordio.write(Table(np.array([[1.5, -2]], np.float32), np.array([3], np.float32)))
    assert Record.FromString(bytes(next(recordio.frames(ours)))).features["values"].float32_tensor.values == [1.5, -2]
    for kind, values in (("float32_tensor", [1.5, -2]), ("float64_tensor", [0.25, 1e3]), ("int32_tensor", [-7, 9])):
        other = Record()
        getattr(other.features["values"], kind).values.extend(values)
        getattr(other.features["values"], kind).keys.extend([4, 300])
        getattr(other.features["values"], kind).shape.append(301)
        other.label["values"].float32_tensor.values.append(1)
        other.uid = "some row"
        table = recordio.read_bytes(recordio.frame(other.SerializeToString()))
        assert table.features.shape == (1, 301)
        assert table.features[0, 4] == values[0]
        assert table.features[0, 300] == values[1]


def _record_class():
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="record_test.proto", package="aialgs.data", syntax="proto2")
    kinds = {"Float32Tensor": 2, "Float64Tensor": 1, "Int32Tensor": 5}
    for name, kind in kinds.items():
        tensor = file.message_type.add(name=name)
        for field, number, of in (("values", 1, kind), ("keys", 2, 4), ("shape", 3, 4)):
            added = tensor.field.add(name=field, number=number, type=of, label=3)
            added.options.packed = True
    value = file.message_type.add(name="Value")
    value.oneof_decl.add(name="value")
    for name, number, of in (("float32_tensor", 2, "Float32Tensor"), ("float64_tensor", 3, "Float64Tensor"),
                             ("int32_tensor", 7, "Int32Tensor")):  # fmt: skip
        value.field.add(name=name, number=number, type=11, label=1, type_name=f".aialgs.data.{of}", oneof_index=0)
    record = file.message_type.add(name="Record")
    for name, number, entry in (("features", 1, "FeaturesEntry"), ("label", 2, "LabelEntry")):
        nested = record.nested_type.add(name=entry)
        nested.options.map_entry = True
        nested.field.add(name="key", number=1, type=9, label=1)
        nested.field.add(name="value", number=2, type=11, label=1, type_name=".aialgs.data.Value")
        record.field.add(name=name, number=number, type=11, label=3, type_name=f".aialgs.data.Record.{entry}")
    record.field.add(name="uid", number=3, type=9, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("aialgs.data.Record"))


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", " "])
def test_csv_in_any_delimiter_with_gaps_and_quotes(delimiter):
    text = f'1{delimiter}"2.5"{delimiter}-3e2\r\n4{delimiter}NaN{delimiter}6\r\n'
    found = delimited.read_bytes(b"\xef\xbb\xbf" + text.encode())
    assert np.array_equal(found, np.array([[1, 2.5, -300], [4, np.nan, 6]], np.float32), equal_nan=True)


def test_content_types():
    assert content_type("text/csv; label_size=1") == ("csv", {"label_size": "1"})
    assert content_type(None) == ("libsvm", {})
    assert content_type("text/X-LIBSVM")[0] == "libsvm"
    assert content_type("image/png")[0] == ""


def test_a_sparse_key_that_no_index_can_hold_is_refused():
    from areas.algorithms.formats.recordio import _field, _map_entry, _written, frame

    for key in (2**31, 2**40, 2**62):
        tensor = _field(1, np.ones(1, "<f4").tobytes()) + _field(2, _written(key)) + _field(3, _written(key + 1))
        data = frame(_field(1, _map_entry(_field(2, tensor))))
        with pytest.raises(UserError, match="at most 2147483647 can be read"):
            recordio.read_bytes(data, labeled=False)


def test_a_file_of_blank_lines_has_no_rows():
    from areas.algorithms.formats.table import split_columns

    assert split_columns(delimited.read_bytes(b"\n\n")).rows == 0
