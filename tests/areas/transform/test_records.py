"""How objects are split into records and packed into payloads: never above the limit, nothing lost, nothing cut."""

import gzip
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from areas.transform.container.records import MAGIC, BadObject, payloads


def split(path, body: bytes, **options) -> list[bytes]:
    path.write_bytes(body)
    given = {"compression": "None", "split": "Line", "single": False, "limit": 1 << 20} | options
    return list(payloads(path, **given))


@given(
    st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"") or b"x"), min_size=1),
    st.booleans(),
)
@settings(max_examples=40)
def test_packed_lines_are_the_object_and_never_above_the_limit(tmp_path_factory, rows, ends):
    body = b"\n".join(rows) + (b"\n" if ends else b"")
    found = split(tmp_path_factory.getbasetemp() / "lines", body, limit=32)
    if body.strip():
        assert b"".join(found) == body or b"".join(found).strip() == body.strip()
    assert all(len(one) <= 32 for one in found)
    assert all(one.endswith(b"\n") for one in found[:-1])


def test_single_lines_come_without_their_ends(tmp_path):
    assert split(tmp_path / "a", b"1,2\r\n3,4\n\n5,6", single=True) == [b"1,2", b"3,4", b"5,6"]


def test_a_record_above_the_limit(tmp_path):
    for single in (True, False):
        with pytest.raises(BadObject, match="one record is larger than MaxPayloadInMB"):
            split(tmp_path / "a", b"1\n" + b"x" * 40 + b"\n", single=single, limit=16)
    assert split(tmp_path / "a", b"x" * 16, limit=16) == [b"x" * 16]


def test_without_a_split_the_object_is_one_payload(tmp_path):
    assert split(tmp_path / "a", b"1\n2\n", split="None") == [b"1\n2\n"]
    assert split(tmp_path / "a", b"", split="None") == []
    with pytest.raises(BadObject, match="larger than MaxPayloadInMB"):
        split(tmp_path / "a", b"x" * 17, split="None", limit=16)


def test_gzip(tmp_path):
    assert split(tmp_path / "a", gzip.compress(b"1\n2\n"), compression="Gzip") == [b"1\n2\n"]
    with pytest.raises(BadObject, match="can't be decompressed as Gzip"):
        split(tmp_path / "a", b"1\n2\n", compression="Gzip")
    damaged = bytearray(gzip.compress(bytes(range(256)) * 20))
    damaged[20:30] = b"\xff" * 10
    with pytest.raises(BadObject, match="can't be decompressed as Gzip"):
        split(tmp_path / "a", bytes(damaged), compression="Gzip")


def recordio(record: bytes, part: int = 0) -> bytes:
    return struct.pack("<II", MAGIC, part << 29 | len(record)) + record + b"\0" * (-len(record) % 4)


def test_recordio_keeps_its_padding_in_several_records_and_loses_it_in_one(tmp_path):
    body = recordio(b"abcde") + recordio(b"f") + recordio(b"ghij")
    assert split(tmp_path / "a", body, split="RecordIO", single=True) == [b"abcde", b"f", b"ghij"]
    assert split(tmp_path / "a", body, split="RecordIO", limit=32) == [body[:28], body[28:]]
    with pytest.raises(BadObject, match="doesn't begin with the magic number"):
        split(tmp_path / "a", b"12345678", split="RecordIO")
    with pytest.raises(BadObject, match="ends within a RecordIO record"):
        split(tmp_path / "a", body[:-1], split="RecordIO")


def test_a_recordio_record_that_holds_the_magic_number_lies_in_parts(tmp_path):
    magic = struct.pack("<I", MAGIC)
    body = recordio(b"abcd", part=1) + recordio(b"efgh", part=3)
    assert split(tmp_path / "a", body, split="RecordIO", single=True) == [b"abcd" + magic + b"efgh"]
    assert split(tmp_path / "a", body, split="RecordIO") == [body]


def test_tfrecord(tmp_path):
    body = b"".join(struct.pack("<QI", len(one), 7) + one + b"\1\1\1\1" for one in (b"abc", b"defgh"))
    assert split(tmp_path / "a", body, split="TFRecord", single=True) == [b"abc", b"defgh"]
    assert split(tmp_path / "a", body, split="TFRecord") == [body]
    with pytest.raises(BadObject, match="ends within a TFRecord record"):
        split(tmp_path / "a", body[:-1], split="TFRecord")
