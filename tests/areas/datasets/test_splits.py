"""Splits: what they promise (shares, groups, order of time, the same seed) holds for the files that are written."""

import csv
import io

import pytest

from areas.datasets import runs, storage
from areas.datasets.errors import DatasetError
from areas.datasets.splits import split_version

ROWS = 600


@pytest.fixture
def visits(add):
    """600 visits of 120 patients; one patient's id, a skewed label, a day, and a row number that is unique."""
    lines = [
        f"{i},p{i * 7 % 120:03d},{'rare' if i % 10 == 0 else 'usual'},2024-{i // 60 + 1:02d}-{i % 5 + 1:02d}"
        for i in range(ROWS)
    ]
    return add("visits", "row,patient,label,day\n" + "\n".join(lines) + "\n")


def made(version, alice=None, **options):
    """A split, carried out: (the split, rows of each part as dictionaries)."""
    split = split_version(version=version, actor=alice, **options)
    runs.split(version.dataset.connection, {"split": split.pk})
    split.refresh_from_db()
    connection = version.dataset.connection
    parts = {
        part["name"]: list(
            csv.DictReader(io.StringIO(storage.get_bytes(connection, part["uri"] + "data.csv").decode()))
        )
        for part in split.parts
    }
    assert {name: len(rows) for name, rows in parts.items()} == {part["name"]: part["rows"] for part in split.parts}
    return split, parts


def test_random_parts_share_no_row_and_lose_none(visits):
    split, parts = made(visits, fractions=(0.7, 0.2, 0.1))
    assert [part["rows"] for part in split.parts] == [420, 120, 60]
    assert sorted(int(row["row"]) for rows in parts.values() for row in rows) == list(range(ROWS))
    assert split.overlap == 0 and split.leakage == {"identical_rows": 0}


def test_stratified_shares_differ_by_less_than_one_percent(visits):
    split, parts = made(visits, fractions=(0.8, 0.2), method="stratified", by="label")
    for part, rows in zip(split.parts, parts.values(), strict=True):
        share = sum(row["label"] == "rare" for row in rows) / len(rows)
        assert abs(share - 0.1) < 0.01
        assert {one["value"]: one["share"] for one in part["shares"]}["rare"] == pytest.approx(share)


def test_groups_stay_together(visits):
    split, parts = made(visits, fractions=(0.8, 0.2), method="group", by="patient", key="patient")
    assert not {row["patient"] for row in parts["train"]} & {row["patient"] for row in parts["validation"]}
    assert split.leakage["keys"] == 0 and abs(len(parts["train"]) / ROWS - 0.8) < 0.02


def test_time_splits_look_back_only(visits):
    _, parts = made(visits, fractions=(0.6, 0.2, 0.2), method="time", by="day")
    assert max(row["day"] for row in parts["train"]) < min(row["day"] for row in parts["validation"])
    assert max(row["day"] for row in parts["validation"]) < min(row["day"] for row in parts["test"])


def test_a_random_split_tells_which_keys_leak(visits):
    split, parts = made(visits, fractions=(0.5, 0.5), key="patient")
    leaking = {row["patient"] for row in parts["train"]} & {row["patient"] for row in parts["validation"]}
    assert split.leakage["keys"] == len(leaking) > 0 and set(split.leakage["examples"]) <= leaking


def test_identical_rows_in_two_parts_are_told(add):
    version = add("twins", "x,y\n" + "1,2\n" * 50)
    split, _ = made(version, fractions=(0.5, 0.5))
    assert split.overlap == 0 and split.leakage["identical_rows"] == 50


def test_the_same_seed_is_the_same_split(visits):
    first, rows = made(visits, fractions=(0.8, 0.2), seed=3)
    again = split_version(version=visits, actor=None, fractions=(0.8, 0.2), seed=3)
    other, other_rows = made(visits, fractions=(0.8, 0.2), seed=4)
    assert again == first and other != first and rows != other_rows
    first.delete()
    _, remade = made(visits, fractions=(0.8, 0.2), seed=3)
    assert remade == rows


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"fractions": (0.8, 0.3)}, "fractions", "sum to 1"),
        ({"fractions": (1.0,)}, "fractions", "two or three"),
        ({"fractions": (0.8, 0.2), "method": "stratified"}, "by", "Choose the column"),
        ({"fractions": (0.8, 0.2), "method": "time", "by": "label"}, "by", "no times"),
        ({"fractions": (0.8, 0.2), "method": "magic"}, "method", "not 'magic'"),
        ({"fractions": (0.8, 0.2), "seed": "x"}, "fractions", "numbers"),
        ({"fractions": (0.8, 0.2), "method": "group", "by": "nobody"}, "", "no column 'nobody'"),
    ],
)
def test_what_can_not_be_is_refused(visits, options, field, words):
    with pytest.raises(DatasetError, match=words) as refused:
        split_version(version=visits, actor=None, **options)
    assert refused.value.field == field


def test_an_empty_part_fails_the_split(add):
    version = add("tiny", "day,x\n2024-01-01,1\n2024-01-01,2\n")
    split = split_version(version=version, actor=None, fractions=(0.5, 0.5), method="time", by="day")
    with pytest.raises(DatasetError, match="no row"):
        runs.split(version.dataset.connection, {"split": split.pk})
    split.refresh_from_db()
    assert split.state == "Failed" and "no row" in split.error
