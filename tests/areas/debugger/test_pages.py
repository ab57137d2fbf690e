"""The debugger's pages: rules of all jobs, rules and samples of one, and nothing for outsiders."""

import json

import pytest

from areas.debugger.engine import verdicts
from areas.debugger.models import Evaluation
from tests.areas.debugger.conftest import rule
from tests.areas.debugger.test_profiler import MINUTE


@pytest.fixture
def judged(debugged, no_runner) -> str:
    """A job whose Overfit rule was met at step 14, with a name that needs escaping, and whose ExplodingTensor has no issue."""
    rules = [{**rule("Overfit"), "RuleConfigurationName": "<i>fit"}, rule("ExplodingTensor"), rule("AllZero")]
    name = debugged.start("print(1)", DebugRuleConfigurations=rules)
    met, well, _ = Evaluation.objects.filter(
        training__name=name, training__connection=debugged.aws.connection
    ).order_by("id")
    verdicts.fire(met.training, met, 14, "rmse is 1.3 on validation data.")
    verdicts.settle(well, Evaluation.NO_ISSUES, "No issues found.")
    return name


def test_the_list_shows_and_filters(cast, judged):
    page = cast.vera.browser.get("/debugger-rules/").content.decode()
    assert "&lt;i&gt;fit" in page and "<i>fit" not in page
    assert page.count(f'/training-jobs/{judged}/metrics/"') == 3
    page = cast.vera.browser.get("/debugger-rules/?status=IssuesFound").content.decode()
    assert "rmse is 1.3" in page and "ExplodingTensor</a>" not in page
    assert "No rule matches" in cast.vera.browser.get("/debugger-rules/?job=nothing-so-called").content.decode()


def test_the_jobs_card_says_what_to_try_and_marks_the_step(cast, judged):
    card = cast.vera.browser.get(f"/training-jobs/{judged}/rules/").content.decode()
    assert 'data-mark="&lt;i&gt;fit" data-step="14"' in card
    assert "Regularise" in card and "rmse is 1.3 on validation data." in card
    assert 'hx-trigger="every 3s"' in card  # AllZero is under way
    page = cast.vera.browser.get(f"/training-jobs/{judged}/metrics/").content.decode()
    assert f'hx-get="/training-jobs/{judged}/rules/"' in page and f"/training-jobs/{judged}/system.json" in page


def test_samples_are_summed_up(cast, judged, debugged):
    lines = [
        {"Dimension": dimension, "Value": value, "Timestamp": MINUTE + 0.5, "NodeId": "algo-1", "Name": name, "Type": "x"}
        for dimension, name, value in (
            ("CPUUtilization", "cpu0", 20.0), ("CPUUtilization", "cpu1", 60.0), ("DiskReadThroughput", "disk", 3e6),
        )
    ]  # fmt: skip
    folder = f"out/{judged}/profiler-output/system/incremental/2020060304"
    debugged.put(f"{folder}/{MINUTE}.algo-1.json", "".join(json.dumps(line) + "\n" for line in lines) + "{broken\n")
    answer = cast.vera.browser.get(f"/training-jobs/{judged}/system.json").json()
    assert answer["series"]["mean:CPU, %"]["value"] == [40.0]
    assert answer["series"]["busiest core:CPU, %"]["value"] == [60.0]
    assert answer["series"]["read:Disk, MB/s"] == {"step": [None], "time": [MINUTE + 0.5], "value": [3.0]}
    again = cast.vera.browser.get(f"/training-jobs/{judged}/system.json", {"since": answer["cursor"]}).json()
    assert (again["series"], again["cursor"]) == ({}, answer["cursor"])


def test_a_report_is_a_download_and_only_what_the_rule_wrote(cast, debugged, no_runner):
    name = debugged.start("print(1)", ProfilerRuleConfigurations=[rule("ProfilerReport")])
    one = Evaluation.objects.get(training__name=name, training__connection=debugged.aws.connection)
    debugged.put(
        f"{one.output.partition('/out/')[2].join(['out/', ''])}/profiler-output/profiler-report.html", "<script>"
    )
    debugged.put("out/secret.html", "secret")
    verdicts.settle(one, Evaluation.NO_ISSUES, "No issues found.")
    url = f"/training-jobs/{name}/rules/ProfilerReport/report/"
    found = cast.vera.browser.get(url, {"file": "profiler-output/profiler-report.html"})
    assert found.content == b"<script>"
    assert found["Content-Disposition"].startswith("attachment") and found["Content-Type"] == "application/octet-stream"
    assert cast.vera.browser.get(url, {"file": "../../../secret.html"}).status_code == 404
    assert cast.vera.browser.get(f"/training-jobs/{name}/rules/Other/report/").status_code == 404


def test_rest_lists_evaluations(cast, judged):
    answer = cast.vera.rest.get("/api/v1/debugger-rules/?limit=2").json()
    assert len(answer["items"]) == 2 and answer["next_cursor"]
    rest = cast.vera.rest.get("/api/v1/debugger-rules/", {"limit": 2, "cursor": answer["next_cursor"]}).json()
    assert len(rest["items"]) == 1 and rest["next_cursor"] is None
    (met,) = cast.vera.rest.get("/api/v1/debugger-rules/?status=IssuesFound").json()["items"]
    assert (met["training_job"], met["rule"], met["step"]) == (judged, "Overfit", 14)


def test_outsiders_see_nothing(cast, judged):
    for address in ("/debugger-rules/", f"/training-jobs/{judged}/rules/", f"/training-jobs/{judged}/system.json"):
        assert cast.charlie.browser.get(address).status_code in (403, 404), address
    assert cast.charlie.rest.get("/api/v1/debugger-rules/").status_code in (403, 404)
