"""Files that were made to break what shows them: they are a problem on the page, never a fault of it."""

import gzip
import io
import json
import tarfile
import time

import pytest

from areas.experiments import diffs, figures
from tests.areas.experiments.run_stage import PNG

DEEP = "[" * 100_000


def test_previews_of_broken_files(desk, run):
    for name, body in {
        "deep.json": DEEP, "deep.jsonl": f"{DEEP}\n{DEEP}\n", "half.json": r'{"a": "\ud800"}',
        "half.jsonl": '{"a": "\\ud800"}\n{"a": 1}\n',
        "table.json": r'{"columns": ["\ud800"], "data": [["\ud800", [1]]]}', "huge.json": "9" * 5000,
        "cut.parquet": b"PAR1\x00\x00PAR1",
        "empty.csv": "", "quote.csv": '"' * 5000, "null.txt": "a\0b", "big.json": json.dumps({"a": 10**4000}),
    }.items():  # fmt: skip
        uri = desk.put(name, body)
        assert desk.answer("artifacts/", file=uri).status_code == 200, name
    assert desk.answer("figures/").status_code == 200


@pytest.mark.parametrize("document", [
    {"type": "ConfusionMatrix", "confusionMatrix": [[10**400]]},
    {"type": "ROCCurve", "falsePositiveRate": [10**400], "truePositiveRate": [1]},
    {"type": "ConfusionMatrix", "confusionMatrix": [[1, 2], 3]},
    {"type": "ROCCurve", "falsePositiveRate": "x", "truePositiveRate": {}},
])  # fmt: skip
def test_figures_that_are_none(document):
    with pytest.raises(figures.Unreadable):
        figures.parse(document, "a")


def test_markup_of_a_run_is_a_download(desk, run):
    for name in ("a.html", "a.svg", "a.xhtml", "a.js", "a.xml", "a.png"):
        uri = desk.put(name, "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
        for query in ({}, {"as": "image"}):
            answer = desk.answer("file/", uri=uri, **query)
            assert answer.headers["Content-Disposition"].startswith("attachment"), name
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for lead in ("", "x" * 300, "../../", "%2e%2e/"):
        answer = desk.answer(
            "file/", uri=f"s3://{desk.bucket}/trial-component-artifacts/churn-first/{lead}../../secret"
        )
        assert answer.status_code == 404, lead
    desk.put("in.png", PNG)


def archive(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, body in members:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return gzip.compress(file.getvalue())


def test_a_small_archive_that_unpacks_to_much(desk, run, monkeypatch):
    monkeypatch.setattr(diffs, "LARGEST_UNPACKED", 3_000_000)
    uri = desk.put(
        "code.tar.gz", archive(("a.py", b"print(1)"), ("bomb.bin", bytes(50_000_000)), ("b.py", b"print(2)"))
    )
    with pytest.raises((tarfile.TarError, EOFError)):
        diffs._unpack(run, uri)
    monkeypatch.undo()
    uri = desk.put("code.tar.gz", archive(("../../a.py", b"print(1)"), ("./b.py", b"print(2)")))
    assert diffs._unpack(run, uri) == {"../../a.py": "print(1)", "b.py": "print(2)"}


def test_files_of_one_line_over_and_over_are_compared_soon():
    old = "\n".join(["", "x"] * 1500)
    start = time.process_time()
    made = diffs.difference("a.py", old, old.replace("x", "y", 700))
    assert time.process_time() - start < 2
    assert made.removed >= 700
