"""The pages of processing jobs: the templates run as they are offered, results are shown, nothing else is."""

import json
import re
from urllib.parse import quote

import pytest

from tests.areas.pages.conftest import wait_for

CREATE = "/processing-jobs/create/"


def form_of(walk, query: dict | None = None, **changes) -> dict:
    """What the create form holds when it is opened like this, with changes."""
    from areas.processing.forms import ProcessingJobForm
    from areas.processing.suggestions import starting_values

    form = ProcessingJobForm(connection=walk.connection, initial=starting_values(walk.connection, query or {}))
    data = {name: form.value(name) for name in form.fields if name not in ("script_file", "isolated")}
    data = {name: value for name, value in data.items() if not name.endswith("_sharded")}
    return data | {"volume": 1} | changes


def run_job(walk, name: str, data: dict):
    walk.post(CREATE, data | {"name": name})
    run = walk.submit("ProcessingJob", name)
    assert not run.error
    wait_for(lambda: walk.record("ProcessingJob", name).status in ("Completed", "Failed"))
    return walk.record("ProcessingJob", name)


@pytest.fixture(scope="module")
def analysed(walk, runner, django_db_blocker):
    with django_db_blocker.unblock():
        job = run_job(walk, "penguins-seen", form_of(walk, {"dataset": "penguins"}))
        assert job.status == "Completed", job.document
        return job


@pytest.mark.parametrize("template", ["analyse", "preprocess", "evaluate", "blank"])
def test_every_template_opens_with_code_beside_it(walk, template):
    page = walk.get(f"{CREATE}?template={template}&dataset=penguins")
    assert "CreateProcessingJob request" in page
    assert "sagemaker.core.processing" in page
    for name in form_of(walk, {"template": template, "dataset": "penguins"}):
        assert f'name="{name}"' in page or name in ("script_uri", "command") or name.endswith("_uri"), name


def test_analysing_a_dataset_leaves_tables_that_are_previewed(walk, analysed):
    assert ("atelier:dataset", "penguins/v1") in set(analysed.tags.values_list("key", "value"))
    page = walk.get("/processing-jobs/penguins-seen/")
    assert "python3 /opt/ml/processing/input/code/script.py" in page
    output = f"s3://{walk.connection.default_bucket}/processing/penguins-seen/output/analysis"
    assert output in page
    folder = walk.get(f"/processing-jobs/penguins-seen/files/?of={output}/")
    assert "columns.csv" in folder
    assert "columns.csv" in walk.get(f"/processing-jobs/penguins-seen/files/?of={output}"), "a prefix without its slash"
    shown = walk.get(f"/processing-jobs/penguins-seen/files/?of={output}/columns.csv")
    assert re.search(r"<td class=\"xs\">bill_length_mm</td>", shown)
    for tab in ("logs", "configuration", "events", "evaluation"):
        walk.get(f"/processing-jobs/penguins-seen/{tab}/")
    assert "344 rows" in json.dumps(json.loads(walk.get("/processing-jobs/penguins-seen/log.json")))
    assert "344 rows" in walk.get("/processing-jobs/penguins-seen/log.txt")
    assert "penguins-seen" in walk.get("/processing-jobs/")


def test_only_the_jobs_own_files_are_shown_and_nothing_as_markup(walk, analysed):
    bucket = walk.connection.default_bucket
    walk.aws.client("s3").put_object(
        Bucket=bucket, Key="processing/penguins-seen/output/analysis/page.html", Body=b"<script>alert(1)</script>"
    )
    own = f"s3://{bucket}/processing/penguins-seen/output/analysis/page.html"
    shown = walk.get(f"/processing-jobs/penguins-seen/files/?of={own}")
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    sent = walk.client.get(f"/processing-jobs/penguins-seen/file/?of={own}")
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert sent.headers["Content-Type"] == "application/octet-stream"
    for other in (
        f"s3://{bucket}/secret.csv",
        f"s3://{bucket}/processing/penguins-seen/output/analysis/../x",
        "/etc/passwd",
    ):
        walk.get(f"/processing-jobs/penguins-seen/files/?of={quote(other)}", status=404)
        walk.get(f"/processing-jobs/penguins-seen/file/?of={quote(other)}", status=404)


@pytest.mark.slow
def test_preprocessing_divides_a_dataset(walk, runner):
    job = run_job(walk, "penguins-split", form_of(walk, {"template": "preprocess", "dataset": "penguins"}))
    assert job.status == "Completed", walk.get("/processing-jobs/penguins-split/log.txt")
    s3, prefix = walk.aws.client("s3"), "processing/penguins-split/output"
    lines = {}
    for part in ("train", "test"):
        found = s3.get_object(Bucket=walk.connection.default_bucket, Key=f"{prefix}/{part}/{part}.csv")["Body"].read()
        lines[part] = found.decode().splitlines()
    assert [len(lines["train"]), len(lines["test"])] == [275, 69]
    assert {line.partition(",")[0] for line in lines["train"]} == {"0", "1", "2"}


def test_evaluating_a_trained_model_shows_its_report(walk, trained):
    job = run_job(walk, "penguins-judged", form_of(walk, {"job": trained}))
    assert job.status == "Completed", walk.get("/processing-jobs/penguins-judged/log.txt")
    page = walk.get("/processing-jobs/penguins-judged/evaluation/")
    assert "Multiclass classification" in page
    assert "Confusion matrix" in page
    assert "weighted_f1" in page
    assert "ModelQuality" in page
    uri = f"s3://{walk.connection.default_bucket}/processing/penguins-judged/output/evaluation/evaluation.json"
    assert uri in page


def test_a_report_becomes_the_metrics_of_a_version(walk, trained):
    job = run_job(walk, "penguins-for-registry", form_of(walk, {"job": trained}))
    assert job.status == "Completed", walk.get(f"/processing-jobs/{job.name}/log.txt")
    uri = f"s3://{walk.connection.default_bucket}/processing/{job.name}/output/evaluation/evaluation.json"
    link = f"/model-registry/register/?job={trained}&amp;report={quote(uri, safe='')}"
    assert link in walk.get(f"/processing-jobs/{job.name}/evaluation/")
    walk.post(link.replace("&amp;", "&"), {"group": "judged", "report": uri})
    version = walk.record("ModelPackage", "judged/1")
    assert version.document["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == uri
    refused = walk.post(
        f"/model-registry/register/?job={trained}", {"group": "judged", "report": "/etc/passwd"}, status=422
    )
    assert "not the address of a report" in refused.content.decode()


@pytest.mark.slow
def test_requirements_are_installed_before_the_script_and_a_clone_keeps_them(walk, runner):
    script = "import sys, numpy\nprint('has numpy', sys.argv[1:])\n"
    given = form_of(walk, {"template": "blank"}, script=script, requirements="numpy\n", arguments="--a 'b c'")
    job = run_job(walk, "with-requirements", given)
    log = walk.get("/processing-jobs/with-requirements/log.txt")
    assert job.status == "Completed", log
    assert "Requirement already satisfied: numpy" in log
    assert "has numpy ['--a', 'b c']" in log
    clone = walk.get(f"{CREATE}?clone=with-requirements")
    assert re.search(r'name="requirements"[^>]*>\s*numpy', clone)
    assert "has numpy" in clone


def test_a_clone_holds_the_script_and_the_rows(walk, analysed):
    page = walk.get(f"{CREATE}?clone=penguins-seen")
    assert "Analyse a table" in page
    assert '<option value="penguins/v1" selected' in page
    assert 'value="analysis"' in page
    assert "Cloned from" in page
    walk.get(f"{CREATE}?clone=nothing", status=404)


def test_what_is_wrong_stands_beside_its_field(walk):
    wrong = form_of(
        walk, name="bad name", script="def (", arguments="'open", in_0_data="", in_0_uri="x", out_0_path="/tmp/x"
    )
    page = walk.post(CREATE, wrong, status=422).content.decode()
    for sentence in ("at &#x27;processingJobName&#x27; failed", "not valid Python", "quotes don&#x27;t match",
                     "not an S3 URI", "must be a folder below /opt/ml/processing/"):  # fmt: skip
        assert sentence in page, sentence


def test_choosing_a_template_renews_what_nobody_touched(walk):
    from areas.processing.suggestions import starting_values

    first = starting_values(walk.connection, {"dataset": "penguins"})
    sent = form_of(walk, {"dataset": "penguins"}, name="mine", template="preprocess", suggestion=json.dumps(first))
    page = walk.post("/processing-jobs/create/refill/", sent, status=200, **{"HX-Request": "true"}).content.decode()
    assert "Prepare a table for training" in page
    assert 'value="mine"' in page
    assert "--label species" in page
    more = walk.post("/processing-jobs/create/refill/", sent | {"add": "inputs"}, status=200, **{"HX-Request": "true"})
    assert 'name="in_1_name"' in more.content.decode()
    asked = walk.post("/processing-jobs/create/preview/", sent, status=200).content.decode()
    assert "processing-jobs" in asked or "ProcessingJobName" in asked


def test_a_command_job_is_stopped_and_deleted_from_its_page(walk, runner):
    data = form_of(walk, {"template": "blank"}, source="command", command="sleep 30", inputs=0, arguments="")
    walk.post(CREATE, data | {"name": "sleeper"})
    assert not walk.submit("ProcessingJob", "sleeper").error
    wait_for(lambda: "ProcessingStartTime" in walk.record("ProcessingJob", "sleeper").document)
    live = walk.get("/processing-jobs/sleeper/live/?seen=x")
    assert "InProgress" in live
    walk.post("/processing-jobs/sleeper/stop/", {})
    wait_for(lambda: walk.record("ProcessingJob", "sleeper").status == "Stopped")
    wait_for(
        lambda: walk.post("/processing-jobs/sleeper/delete/", {}) and walk.record("ProcessingJob", "sleeper") is None
    )
