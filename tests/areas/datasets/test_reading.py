"""What people upload: each wrong file gets its one clear sentence, each right one its exact types."""

import gzip
import os

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from areas.datasets import reading
from areas.datasets.errors import DatasetError


@pytest.fixture
def read(tmp_path):
    """``read("a.csv", b"…")`` → (column types by name, rows)"""

    def read(filename: str, data: bytes | str):
        path, target = tmp_path / "source", tmp_path / "rows.parquet"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        reading.convert([(path, filename)], target)
        result = duckdb.sql(f"SELECT * FROM '{target}'")
        return {name: str(kind) for name, kind in zip(result.columns, result.types, strict=True)}, result.fetchall()

    return read


WRONG = {
    "empty": ("a.csv", b"", "a.csv is empty."),
    "blank": ("a.csv", b"\n \n", "a.csv is empty."),
    "header only": ("a.csv", b"x,y\n", "a.csv has a header but no rows."),
    "too many values": ("a.csv", b"x,y\n1,2\n3,4,5\n", "a.csv, line 3, has 3 values, but line 1 has 2."),
    "too few values": ("a.csv", b"x,y\n1\n", "a.csv, line 2, has 1 value, but line 1 has 2."),
    "latin-1": ("a.csv", b"x\ncaf\xe9\n", "a.csv, line 2, is not UTF-8 (byte 0xE9); save the file as UTF-8."),
    "latin-1 far down": ("a.csv", b"x,y\n" + b"1,2\n" * 400_000 + b"1,\xe9\n",
                         "a.csv, line 400002, is not UTF-8; save the file as UTF-8."),
    "utf-16": ("a.csv", "x\n1\n".encode("utf-16"), "a.csv is in UTF-16; save it as UTF-8."),
    "excel": ("a.csv", b"PK\x03\x04rest", "a.csv is a ZIP or Excel file; upload CSV, TSV, JSON Lines or Parquet."),
    "zero bytes": ("a.csv", b"x,y\n1,\x00\n", "a.csv is not text: line 2 holds a zero byte."),
    "two columns of one name": ("a.csv", b"x,X\n1,2\n", "a.csv: columns 1 and 2 are both called 'X'."),
    "open quote": ("a.csv", b'x,y\n1,"two\n', "a.csv, line 2, opens a quote that isn't closed properly."),
    "cut gzip": ("a.csv.gz", gzip.compress(os.urandom(9) * 999)[:-9],
                 "a.csv.gz can't be unzipped: Compressed file ended before the end-of-stream marker was reached."),
    "bad json": ("a.jsonl", b'{"x":1}\n\n{"x":\n{"x":3}\n', "a.jsonl, line 3, is not JSON: Expecting value."),
    "json without objects": ("a.jsonl", b'{"x":1}\n[2]\n', "a.jsonl, line 2, is not a JSON object."),
    "json array": ("a.json", b'[{"x":1}]', "a.json is one JSON array; JSON Lines has one object on each line."),
    "named parquet": ("a.parquet", b"x,y\n1,2\n", "a.parquet is not a Parquet file: it doesn't start with PAR1."),
    "cut parquet": ("a.parquet", b"PAR1xxxxxxxxxxxxxxxxxxx", "a.parquet can't be read as Parquet: "),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_gets_one_clear_sentence(read, case, tmp_path):
    filename, data, sentence = WRONG[case]
    with pytest.raises(DatasetError) as refused:
        read(filename, data)
    assert refused.value.message.startswith(sentence)
    assert "\n" not in refused.value.message and str(tmp_path) not in refused.value.message
    assert not (tmp_path / "rows.parquet").exists()


def test_types_are_decided_by_all_values(read):
    types, rows = read("a.csv", "i,f,t,z,d,b,s\n1,2,x,007,2024-01-02,true,2024-01-02 03:04\n,2.5,NA,1,,FALSE,\n")
    assert types == {
        "i": "BIGINT", "f": "DOUBLE", "t": "VARCHAR", "z": "VARCHAR", "d": "DATE", "b": "BOOLEAN", "s": "TIMESTAMP",
    }  # fmt: skip
    assert rows[1][:4] == (None, 2.5, None, "1")


def test_a_late_text_makes_a_text_column(read):
    types, rows = read("a.csv", "x\n" + "1\n" * 50_000 + "one\n")
    assert types == {"x": "VARCHAR"} and rows[-1] == ("one",)


def test_whole_numbers_too_large_for_64_bits_are_not_rounded(read):
    types, rows = read("a.csv", "x,y\n123456789012345678,1\n12345678901234567890,2\n")
    assert types == {"x": "VARCHAR", "y": "BIGINT"} and rows[1] == ("12345678901234567890", 2)


@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("a.csv", b"\xef\xbb\xbfx,y\r\n1,a\r\n\r\n2,b"),
        ("a.csv", b"x;y\n1;a\n2;b\n"),
        ("a.tsv", b"x\ty\n1\ta\n2\tb\n"),
        ("a.txt", b"x|y\n1|a\n2|b\n"),
        ("a.csv.gz", gzip.compress(b"x,y\n1,a\n2,b\n")),
        ("a.jsonl", b'{"x":1,"y":"a"}\n{"x":2,"y":"b"}\n'),
        ("a.json.gz", gzip.compress(b'{"x":1,"y":"a"}\n{"x":2,"y":"b"}\n')),
    ],
    ids=("bom", "semicolon", "tab", "bar", "gzip", "lines", "gzipped-lines"),
)
def test_every_layout_gives_the_same_rows(read, filename, data):
    types, rows = read(filename, data)
    assert types == {"x": "BIGINT", "y": "VARCHAR"} and rows == [(1, "a"), (2, "b")]


def test_numbers_in_the_first_line_are_no_header(read):
    types, rows = read("a.csv", "1,2\n3,4\n")
    assert list(types) == ["column_1", "column_2"] and rows == [(1, 2), (3, 4)]


def test_parquet_keeps_its_types(read, tmp_path):
    table = pa.table(
        {
            "big": pa.array([2**62, None], pa.int64()),
            "small": pa.array([1, 2], pa.int8()),
            "when": pa.array([1_700_000_000_123_456, None], pa.timestamp("us")),
            "zoned": pa.array([1_700_000_000_000_000, None], pa.timestamp("us", tz="UTC")),
            "many": pa.array([[1, 2], []], pa.list_(pa.int64())),
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "in.parquet")
    types, rows = read("a.parquet", (tmp_path / "in.parquet").read_bytes())
    assert types == {"big": "BIGINT", "small": "TINYINT", "when": "TIMESTAMP", "zoned": "TIMESTAMP WITH TIME ZONE",
                     "many": "VARCHAR"}  # fmt: skip
    assert rows[0][0] == 2**62 and rows[1][0] is None and rows[0][2].microsecond == 123456 and rows[0][4] == "[1,2]"


def test_a_file_can_not_reach_another(read, tmp_path):
    (tmp_path / "secret.csv").write_text("s\n1\n")
    types, _ = read("a.csv", f"\"x' || (SELECT 1 FROM '{tmp_path}/secret.csv') || '\",y\n1,2\n")
    assert len(types) == 2
