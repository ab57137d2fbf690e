"""Log files are read by byte offset: whole lines only, both ways, without reading the rest."""

import os

import pytest

from engine.logs import format as lines
from engine.logs import reader


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"

    def write(*events):
        with open(path, "ab") as file:
            for ms, text in events:
                file.write(lines.format_line(ms, text))

    write.path = path
    return write


@pytest.mark.parametrize("text", ["", "plain", "two\nlines", "back\\slash\\n", "\\", "tab\tcr\rend", "ünï 🎉", " lead"])
def test_any_message_is_one_line_and_comes_back(log, text):
    log((5, text))
    assert log.path.read_bytes().count(b"\n") == 1
    events, end = reader.read(log.path)
    assert [(event.timestamp, event.message) for event in events] == [(5, text)]
    assert end == log.path.stat().st_size


def test_half_a_line_waits_for_its_newline(log):
    log((1, "whole"))
    with open(log.path, "ab") as file:
        file.write(b"2 hal")
    events, offset = reader.read(log.path)
    assert [event.message for event in events] == ["whole"]
    assert reader.last(log.path).message == "whole"
    with open(log.path, "ab") as file:
        file.write(b"f\n")
    assert [event.message for event in reader.read(log.path, offset)[0]] == ["half"]


def test_pages_forwards_and_backwards_agree(log):
    log(*((ms, f"event {ms}") for ms in range(2500)))
    seen, offset = [], 0
    while page := reader.read(log.path, offset, 700)[0]:
        seen += page
        offset = page[-1].end
    assert [event.timestamp for event in seen] == list(range(2500))
    back, end = [], None
    while page := reader.read_back(log.path, end, 700):
        back = page + back
        end = page[0].offset
    assert back == seen
    assert reader.first(log.path) == seen[0] and reader.last(log.path) == seen[-1]


def test_a_page_ends_at_a_megabyte_but_has_one_event_at_least(log):
    log((1, "x" * 600_000), (2, "y" * 600_000), (3, "z" * 3_000_000), (4, "end"))
    sizes, offset = [], 0
    while page := reader.read(log.path, offset)[0]:
        sizes.append(len(page))
        offset = page[-1].end
    assert sizes == [1, 1, 1, 1]
    assert reader.read_back(log.path)[-1].message == "end"


def test_a_missing_file_has_no_events(tmp_path):
    assert reader.read(tmp_path / "none") == ([], 0)
    assert reader.read_back(tmp_path / "none") == []
    assert reader.first(tmp_path / "none") is reader.last(tmp_path / "none") is None
    assert reader.offset_at(tmp_path / "none", 5) == 0


def test_offset_of_a_time(log):
    log(*((ms // 3 * 10, "x" * (ms % 97)) for ms in range(3000)))
    events, _ = reader.read(log.path)
    for wanted in (-1, 0, 5, 10, 3333, 9990, 9991, 99999):
        offset = reader.offset_at(log.path, wanted)
        assert [event.timestamp for event in events if event.offset >= offset] == [
            event.timestamp for event in events if event.timestamp >= wanted
        ]


def test_a_huge_log_is_read_where_asked(log, monkeypatch):
    """A sparse gigabyte in front of the tail: reading the tail touches next to nothing of it."""
    with open(log.path, "wb") as file:
        file.truncate(1 << 30)
        file.seek(0, os.SEEK_END)
        file.write(b"\n")
    start = log.path.stat().st_size
    log((7, "tail"))
    touched = []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda number, size, offset: touched.append(size) or pread(number, size, offset))
    assert [event.message for event in reader.read(log.path, start)[0]] == ["tail"]
    assert reader.last(log.path).message == "tail"
    assert sum(touched) < 1 << 20
