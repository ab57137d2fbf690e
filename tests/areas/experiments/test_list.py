"""The list of experiments: folders, search, best of a metric; making, moving, deleting, bringing back."""

import html
import re

import pytest

from areas.experiments.folders import check_label, name_for
from catalog.models import Binned, Record
from tests.areas.experiments import curves_stage as stage


@pytest.fixture
def show(cast):
    def show(person=None, **query) -> str:
        answer = (person or cast.alice).browser.get("/experiments/", query)
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    return show


@pytest.fixture
def make(cast):
    def make(name: str, folder: str = "", **more):
        return cast.alice.browser.post("/experiments/create/", {"name": name, "folder": folder, **more})

    return make


def test_an_empty_list_teaches(show, aws):
    page = show()
    assert "No experiments in" in page
    assert "sagemaker.experiments" in re.sub(r"<[^>]+>", "", page)
    assert f"/mlflow/{aws.connection.name}" in re.sub(r"<[^>]+>", "", page)


def test_folders_hold_experiments_and_count_their_runs(show, make, aws):
    answer = make("churn baseline", "risk/2026", description="Why?", tags="team=risk, draft")
    assert answer.headers["Location"] == "/experiments/risk-2026-churn-baseline/"
    make("other")
    record = Record.objects.get(connection=aws.connection, kind="Experiment", name="risk-2026-churn-baseline")
    assert record.document["DisplayName"] == "risk/2026/churn baseline"
    assert dict(record.tags.values_list("key", "value")) == {"team": "risk", "draft": ""}
    trial = stage.put(aws.connection, "Trial", "t", parent=record.name)
    for auc in (0.7, 0.9):
        stage.run(aws.connection, trial=trial, curves={"auc": [auc]})
    top = show()
    assert "folder=risk" in top
    assert "/experiments/risk-2026-churn-baseline/" not in top
    inside = show(folder="risk/2026", best="auc")
    assert "churn baseline" in inside
    assert "0.9000" in inside
    assert re.search(r'<td class="num">2</td>', inside)
    assert "other" not in re.findall(r'/experiments/([a-z0-9-]+)/"', inside)
    assert "in risk/2026" in show(q="BASELINE")
    assert "No experiment matches" in show(q="zebra")


def test_one_is_moved_renamed_and_described(show, make, cast, aws):
    make("plain")
    cast.alice.browser.post("/experiments/plain/edit/", {"title": "better", "folder": "new/place"})
    assert re.search(r'href="/experiments/plain/">better</a>', show(folder="new/place"))
    assert (
        Record.objects.get(connection=aws.connection, kind="Experiment").document["DisplayName"] == "new/place/better"
    )
    cast.alice.browser.post("/experiments/plain/edit/", {"description": "**why** <script>"})
    page = cast.alice.browser.get("/experiments/plain/?tab=about").content.decode()
    assert "<strong>why</strong>" in page
    assert "<script>" not in page.partition('class="prose"')[2]
    assert cast.vera.browser.post("/experiments/plain/edit/", {"title": "mine"}).status_code == 403


def test_a_name_that_is_taken_gets_a_number(make):
    assert make("one").headers["Location"] == "/experiments/one/"
    assert make("one!").headers["Location"] == "/experiments/one-2/"


def test_a_deleted_one_takes_its_runs_along_and_brings_them_back(show, make, cast, aws):
    make("doomed")
    trial = stage.put(aws.connection, "Trial", "doomed-t", parent="doomed")
    stage.run(aws.connection, "doomed-run", trial=trial)
    assert cast.vera.browser.post("/experiments/doomed/delete/").status_code == 403
    assert cast.alice.browser.post("/experiments/doomed/delete/").headers["Location"] == "/experiments/"
    assert cast.alice.browser.get("/experiments/doomed/").status_code == 404
    entry = Binned.objects.get(record__connection=aws.connection, name="doomed")
    assert "Restore doomed" in show(bin="1")
    cast.alice.browser.post("/experiments/actions/", {"record": entry.record_id})
    assert "doomed-run" in cast.alice.browser.get("/experiments/doomed/").content.decode()


def test_outsiders_are_refused(cast):
    assert cast.charlie.browser.get("/experiments/").status_code == 403
    assert cast.vera.browser.post("/experiments/create/", {"name": "x"}).status_code == 403


def test_labels_and_names():
    assert check_label(" a / b /c ") == "a/b/c"
    assert name_for("Risk / 2026: ü") == "Risk-2026"
    assert name_for("漢字") == "experiment"
    for bad in ("", "/", "a//b", "x" * 121):
        with pytest.raises(ValueError, match=r"name"):
            check_label(bad)
