"""The pages that compare runs: what differs, deltas, code, files, figures; and only what one may see."""

import csv
import html
import io
import json
import re
import tarfile

import pytest

from areas.experiments import diffs
from areas.experiments.comparison import compare
from catalog.models import Record
from tests.areas.experiments import curves_stage as stage


@pytest.fixture
def show(cast):
    def show(status: int = 200, path: str = "/compare-runs/", **query) -> str:
        response = cast.alice.browser.get(path, query)
        assert response.status_code == status, response.content.decode()[:3000]
        body = b"".join(response.streaming_content) if response.streaming else response.content
        return html.unescape(body.decode())

    return show


@pytest.fixture
def three(aws):
    """A baseline and two others; the last has a parameter of another type, and lacks a metric."""
    trial = stage.experiment(aws.connection)[1]
    return [
        stage.run(aws.connection, trial=trial, label="first", parameters={"lr": 0.1, "same": "x", "depth": "6"},
                  curves={"val/loss": [3, 1, 2], "val/auc": [0.5, 0.75]}, tags={"team": "risk", "mlflow.user": "a"}),
        stage.run(aws.connection, trial=trial, label="second", parameters={"lr": 0.2, "same": "x", "depth": 6.0},
                  curves={"val/loss": [3, 0.5, 1.5], "val/auc": [0.25]}, MetadataProperties={"CommitId": "8be01d4"}),
        stage.run(aws.connection, trial=trial, label="third", parameters={"lr": "auto", "same": "x", "long": "y" * 1000},
                  curves={"val/loss": [float("nan")]}, status="InProgress"),
    ]  # fmt: skip


def names(runs) -> str:
    return ",".join(run.name for run in runs)


def sections(runs, statistic="last"):
    return {section.title: {row.label: row for row in section.rows} for section in compare(runs, statistic)}


def test_rows_know_what_differs_what_is_best_and_by_how_much(three):
    found = sections(three)
    parameters, metrics = found["Parameters"], found["Metrics"]
    assert {label: row.differs for label, row in parameters.items()} == {
        "lr": True,
        "same": False,
        "depth": True,
        "long": True,
    }
    assert not sections(three[:2])["Parameters"]["depth"].differs  # "6" is 6
    loss, auc = metrics["val/loss"], metrics["val/auc"]
    assert [one.text for one in loss.values] == ["2", "1.5", "NaN"]
    assert (loss.best, auc.best) == (1.5, 0.75)
    assert 'class="delta good"' in loss.cells[1] and "less by" in loss.cells[1]
    assert 'class="delta bad"' in auc.cells[1]
    assert auc.values[2] is None
    assert [one.number for one in sections(three, "best")["Metrics"]["val/loss"].values] == [1, 0.5, None]
    assert set(found["Tags"]) == {"team"}
    assert found["Code"]["Commit"].values[1].text == "8be01d4"


def test_table_page_and_its_csv(three, show):
    page = show(runs=names(three), tab="table", baseline=three[1].name)
    assert page.index(">second<") < page.index(">first<")
    assert 'title="same"' not in page and 'title="lr"' in page
    assert 'title="same"' in show(runs=names(three), tab="table", all="1")
    rows = list(csv.reader(io.StringIO(show(path="/compare-runs.csv", runs=names(three)))))
    assert rows[0][3:] == ["first", "second", "third"]
    assert ["Parameters", "lr", "yes", "0.1", "0.2", "auto"] in rows
    assert ["Parameters", "same", "no", "x", "x", "x"] in rows


def test_no_statement_a_run(three, aws, django_assert_max_num_queries):
    more = [stage.run(aws.connection, parameters={"lr": i}, curves={"val/loss": [i]}) for i in range(8)]
    runs = list(Record.objects.filter(id__in=[run.id for run in [*three, *more]]))
    with django_assert_max_num_queries(6):
        compare(runs)


@pytest.mark.parametrize("tab", ["metrics", "table", "parameters", "figures", "code", "files"])
@pytest.mark.parametrize("count", [1, 3])
def test_every_tab_for_one_run_and_for_some(three, show, tab, count):
    page = show(runs=names(three[:count]), tab=tab)
    assert f'<span class="count">{count}</span>' in page
    assert 'aria-current="page"' in page


def test_by_query_with_runs_added_left_out_and_gone(three, aws, show):
    other = stage.run(aws.connection, label="other")
    experiment = three[0].document["DisplayName"] and three[0].memberships.get().trial.parent
    page = show(experiment=experiment, also=f"{other.name},gone", without=three[2].name, sort="created")
    found = re.findall(r'data-run="([^"]+)"', page)
    assert found == [three[0].name, three[1].name, other.name]
    assert "1 of the runs in this address is not there" in page
    assert "There is no experiment nowhere" in show(400, experiment="nowhere")
    assert "No run is chosen" in show()


def test_runs_are_found_to_be_added(three, show):
    found = json.loads(show(path="/compare-runs/find/", q="secon"))
    assert three[1].name in [run["name"] for run in found["runs"]]
    assert three[0].name not in [run["name"] for run in found["runs"]]
    assert json.loads(show(path="/compare-runs/find/", q="(lr >"))["error"]


def test_values_for_the_axes(three, show):
    told = json.loads(show(path="/run-values/", runs=names(three), stat="best"))
    columns = {one["key"]: one for one in told["columns"]}
    assert columns["params.lr"]["values"] == [0.1, 0.2, "auto"] and columns["params.lr"]["kind"] == "mixed"
    assert columns["params.same"]["constant"] and not columns["params.lr"]["constant"]
    assert columns["metrics.val/loss"]["values"] == [1, 0.5, None] and columns["metrics.val/loss"]["lower"]
    assert "stat is one of" in show(400, path="/run-values/", runs=names(three), stat="median")


def test_code_configuration_and_source_files_are_compared(aws, show):
    old, new = (stage.run(aws.connection, label=label, parameters={"lr": lr}) for label, lr in (("old", 1), ("new", 2)))
    s3, bucket = aws.client("s3"), aws.connection.default_bucket
    s3.create_bucket(Bucket=bucket)
    for run, text in ((old, "import numpy\nprint('old')\n"), (new, "import numpy\nprint('<b>new</b>')\n")):
        s3.put_object(Bucket=bucket, Key=f"trial-component-artifacts/{run.name}/train.py", Body=text.encode())
    s3.put_object(Bucket=bucket, Key=f"trial-component-artifacts/{new.name}/requirements.txt", Body=b"numpy==2\n")
    response = show(runs=names([old, new]), tab="code")
    assert "lr = 1" in response and "lr = 2" in response
    assert "print('old')" in response and "requirements.txt" in response and "the baseline has no such file" in response
    files = show(runs=names([old, new]), tab="files")
    assert "train.py" in files and "2 runs" in files


def test_markup_of_users_is_text(aws, cast):
    run = stage.run(aws.connection, label="<script>alert(1)</script>", parameters={"<img src=x>": "<svg onload=x>"})
    other = stage.run(aws.connection, label="plain")
    for tab in ("metrics", "table", "parameters", "code"):
        body = cast.alice.browser.get("/compare-runs/", {"runs": names([run, other]), "tab": tab}).content.decode()
        assert not any(word in body for word in ("<script>alert", "<img src=x>", "<svg onload"))


def test_diffs_line_by_line():
    made = diffs.difference("f", "a\nb\nc\n" + "same\n" * 20 + "x\n", "a\nB\nc\n" + "same\n" * 20 + "x\ny\n")
    assert (made.added, made.removed) == (2, 1)
    assert [(one.kind, one.old, one.new) for one in made.lines[:3]] == [
        ("same", "a", "a"),
        ("changed", "b", "B"),
        ("same", "c", "c"),
    ]
    assert [one.kind for one in made.lines].count("gap") == 1
    assert made.lines[-1].kind == "new" and made.lines[-1].new_number == 25
    assert diffs.difference("f", "a", "a").is_same
    assert diffs.difference("f", None, "a").note == "the baseline has no such file"


def test_a_broken_archive_is_said(aws):
    run = stage.run(aws.connection)
    s3, bucket = aws.client("s3"), aws.connection.default_bucket
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="code/sourcedir.tar.gz", Body=b"no archive")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (("../../evil.py", b"1"), ("train.py", b"print(1)")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    s3.put_object(Bucket=bucket, Key="good/sourcedir.tar.gz", Body=packed.getvalue())
    problems: list[str] = []
    for folder, found in (("code", {}), ("good", {"../../evil.py": "1", "train.py": "print(1)"})):
        directory = f"s3://{bucket}/{folder}/sourcedir.tar.gz"
        job = Record(document={"HyperParameters": {"sagemaker_submit_directory": json.dumps(directory)}})
        assert diffs.sources(run, job, problems) == found
    assert len(problems) == 1 and "no readable archive" in problems[0]


def test_outsiders_compare_nothing(three, cast):
    for path in ("/compare-runs/", "/compare-runs.csv", "/run-values/", "/run-importance/", "/compare-runs/find/"):
        assert cast.charlie.browser.get(path, {"runs": names(three)}).status_code in (302, 403, 404), path
