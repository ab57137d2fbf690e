"""A run's pages: each tab of a run that has all, of one that has nothing, and of one that is gone; who may see and do what."""

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Record
from tests.areas.experiments.run_stage import CURVE, MATRIX

TABS = ("", "metrics/", "charts/", "figures/", "artifacts/", "configuration/", "events/", "code/", "live/")


def test_an_overview_tells_a_run(desk, run):
    page = desk.get()
    for words in ("first", "max_depth", "binary:logistic", "validation/auc", "best 0.9", 'href="/experiments/churn/"',
                  "Default-Run-Group-churn", run.arn, "NaN"):  # fmt: skip
        assert words in page, words
    assert "system/cpu</dt>" not in page


def test_metrics_are_grouped_and_summed_up(desk, run):
    page = desk.get("metrics/")
    assert 'data-metrics="validation%2Fauc,train%2Floss"' in page and "?group=system" in page
    assert "0.9000" in page and "0.8000" in page
    assert 'data-metrics="system%2Fcpu"' in desk.get("metrics/", group="system")


def test_a_value_is_compared_with_the_best_other_run_and_with_a_baseline(desk, run):
    desk.make("churn-second")
    desk.measure("churn-second", validation__auc=[0.95], train__loss=[0.7])
    desk.make("churn-third")
    desk.measure("churn-third", validation__auc=[0.6])
    page = desk.get()
    assert re.search(r'class="bad nowrap" href="/trial-components/churn-second/"[^>]*>-0\.0500', page)
    assert re.search(r'class="good nowrap" href="/trial-components/churn-second/"[^>]*>-0\.2000', page)  # less loss
    page = desk.get(baseline="churn-third")
    assert re.search(r'class="good nowrap" href="/trial-components/churn-third/"[^>]*>\+0\.3000', page)


@pytest.mark.parametrize("tab", TABS)
def test_a_run_with_nothing_has_every_page(desk, tab):
    desk.sagemaker.create_trial_component(TrialComponentName="bare")
    desk.get(tab, run="bare")


def test_names_of_any_script_and_length_are_shown_as_text(desk):
    name = "n" * 120
    desk.make(name, DisplayName="d" * 120, Parameters={"<b>学习率</b>": {"StringValue": "<script>معدل</script>"}})
    page = desk.get(run=name)
    assert "&lt;script&gt;معدل" in page and "<script>معدل" not in page and "学习率" in page and name in page


def test_a_thousand_metrics_cost_no_more_statements_than_ten(desk):
    def statements(name: str, tab: str) -> int:
        desk.get(tab, run=name)
        with CaptureQueriesContext(connection) as made:
            desk.get(tab, run=name)
        return len(made)

    for name, count in (("churn-wide", 1000), ("churn-slim", 10)):
        desk.make(name)
        desk.measure(name, **{f"m{i}__x": [1.0] for i in range(count)})
    for tab in ("", "metrics/"):
        # The shell's own counts are kept for seconds: a few statements come and go with the clock.
        assert abs(statements("churn-wide", tab) - statements("churn-slim", tab)) < 10


def test_a_live_page_asks_for_what_moved_only(desk, run):
    page = desk.get()
    address = unescape(re.search(r'hx-get="(/trial-components/churn-first/live/[^"]+)"', page)[1])
    assert desk.person.browser.get(address).status_code == 204
    desk.measure(validation__auc=[0.99])
    moved = desk.person.browser.get(address).content.decode()
    assert "0.9900" in moved and "run-head" not in moved
    desk.sagemaker.update_trial_component(TrialComponentName="churn-first", Status={"PrimaryStatus": "Completed"})
    ended = desk.person.browser.get(address).content.decode()
    assert 'id="run-head"' in ended and "every 2s" not in ended


def test_people_write_notes_rename_tag_archive_and_stop(desk, run):
    desk.post("note", {"note": "**Deeper** trees <script>x</script>\n\n![x](http://e/x.png)"})
    page = desk.get()
    assert "<strong>Deeper</strong>" in page and "<script>x" not in page and "<img" not in page
    desk.post("rename", {"label": "deeper"})
    desk.post("tags/edit", {"key": "team", "value": "risk"})
    desk.post("archive")
    desk.post("stop")
    found = desk.sagemaker.describe_trial_component(TrialComponentName="churn-first")
    assert (found["DisplayName"], found["Status"]["PrimaryStatus"]) == ("deeper", "Stopped")
    page = desk.get()
    for words in ("deeper", "risk", "archived", "Unarchive", "Stopped"):
        assert words in page, words
    desk.post("tags/edit", {"remove": "team"})
    assert "risk</td>" not in desk.get()
    assert "Archived" in desk.get("events/")


def test_a_deleted_run_waits_in_the_bin_and_comes_back(desk, run):
    answer = desk.post("delete")
    assert answer["Location"] == "/trial-components/churn-first/"
    page = desk.get()
    assert "This run is in the bin" in page and "Restore it" in page
    desk.get("metrics/", status=404)
    desk.post("restore")
    assert "validation/auc" in desk.get() and 'href="/experiments/churn/"' in desk.get()
    assert desk.post("restore", run="never").status_code == 404


def test_who_may_not_see_runs_sees_none_and_who_may_only_see_changes_none(desk, run, cast):
    for tab in (*TABS, "file/?uri=s3://a/b", "diff/", "logs/", "log.json", "log.txt"):
        assert desk.answer(tab, person=cast.charlie).status_code in (403, 404), tab
    acts = ("stop", "rename", "note", "tags/edit", "archive", "delete", "restore")
    for act in acts:
        assert desk.post(act, {"label": "x", "note": "x", "key": "x"}, person=cast.charlie).status_code in (403, 404), (
            act
        )
        assert desk.post(act, {"label": "x", "note": "x", "key": "x"}, person=cast.vera).status_code == 403, act
    page = desk.answer(person=cast.vera).content.decode()
    assert "Add tag" not in page and "confirm-delete" not in page
    assert Record.objects.filter(connection=desk.aws.connection, kind="TrialComponent", name="churn-first").exists()


def test_a_run_of_a_job_shows_its_job(desk):
    arn = f"arn:aws:sagemaker:us-east-1:{desk.aws.number}:training-job/nightly"
    run = desk.make("nightly-aws-training-job")
    document = {"TrainingJobName": "nightly", "TrainingJobStatus": "Failed", "Environment": {"SEED": "7"},
                "HyperParameters": {"num_round": "10"}, "SecondaryStatusTransitions": [
                    {"Status": "Training", "StartTime": run.created.timestamp(), "StatusMessage": "Training now"}]}  # fmt: skip
    Record.objects.create(connection=desk.aws.connection, kind="TrainingJob", name="nightly", arn=arn, status="Failed",
                          created=timezone.now(), modified=timezone.now(), document=document)  # fmt: skip
    run.document["Source"] = {"SourceArn": arn, "SourceType": "SageMakerTrainingJob"}
    run.save()
    assert "/training-jobs/nightly/" in desk.get(run=run.name) and "?clone=nightly" in desk.get(run=run.name)
    assert "log.json" in desk.get("logs/", run=run.name)
    assert "SEED" in desk.get("configuration/", run=run.name)
    assert "Training now" in desk.get("events/", run=run.name)


def test_figures_are_drawn_and_broken_ones_say_why(desk, run):
    desk.put_json("validation.json", MATRIX)
    desk.put_json("roc.json", CURVE)
    desk.put_json("broken.json", {"type": "ROCCurve", "falsePositiveRate": [0], "truePositiveRate": [0, 1]})
    desk.put("cut.json", '{"type": "ConfusionMatrix", "confusionMatrix": [[1')
    desk.put_json("settings.json", {"a": 1})
    page = unescape(desk.get("figures/"))
    drawn = [json.loads(text) for text in re.findall(r"data-figure=\"(\{.*?\})\" data-colour", page)]
    assert [(one["kind"], one["title"]) for one in drawn] == [("confusion", "validation"), ("roc", "roc")]
    assert drawn[0]["matrix"] == MATRIX["confusionMatrix"] and drawn[1]["score"] == 0.85
    assert "falsePositiveRate has 1 numbers and truePositiveRate 2" in page and "may have been cut short" in page
    assert "settings" not in page
