"""A run's pages in Chromium: figures are drawn, a running run's numbers move, nothing overflows, axe has nothing to say."""

import json
import time

import pytest
from playwright.sync_api import expect

from tests.areas.experiments.run_stage import CURVE, MATRIX, PNG
from tests.browser.conftest import look_at

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME, LONG = "deep-run", "d" * 120
WAIT = 60_000  # ms: a loaded machine
READY = {
    "charts": lambda page: expect(page.locator("[data-figure][data-drawn]")).to_have_count(2, timeout=WAIT),
    "metrics": lambda page: page.locator("[data-curves][data-ready]").wait_for(timeout=WAIT),
}


def log(studio, first: int, last: int) -> None:
    points = [
        {"MetricName": name, "Step": step, "Timestamp": int(time.time()), "Value": value}
        for step in range(first, last) for name, value in (("val:loss", 1 / (1 + step)), ("val:auc", 1 - 1 / (2 + step)))
    ]  # fmt: skip
    for at in range(0, len(points), 10):
        answer = studio.client("sagemaker-metrics").batch_put_metrics(
            TrialComponentName=NAME, MetricData=points[at : at + 10]
        )
        assert not answer.get("Errors"), answer


@pytest.fixture(scope="module")
def run(studio) -> str:
    sagemaker, s3 = studio.client("sagemaker"), studio.client("s3")
    sagemaker.create_experiment(ExperimentName="deep")
    sagemaker.create_trial(TrialName="deep-trial", ExperimentName="deep")
    sagemaker.create_trial_component(
        TrialComponentName=NAME, DisplayName=LONG, Status={"PrimaryStatus": "InProgress"},
        Parameters={"epochs": {"NumberValue": 40}, "说明": {"StringValue": "طويل " * 80}},
        Tags=[{"Key": "team", "Value": "risk"}],
    )  # fmt: skip
    sagemaker.associate_trial_component(TrialComponentName=NAME, TrialName="deep-trial")
    bucket = f"sagemaker-us-east-1-{studio.keys['account']}"
    if bucket not in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket)
    files = {"validation.json": json.dumps(MATRIX), "roc.json": json.dumps(CURVE), "plots/one.png": PNG, "cut.json": "{",
             "answers.json": json.dumps({"columns": ["q", "a"], "data": [["1 + 1", "2"]]}), "rows.csv": "a,b\n1,2\n"}  # fmt: skip
    for name, body in files.items():
        s3.put_object(Bucket=bucket, Key=f"trial-component-artifacts/{NAME}/{name}", Body=body)
    log(studio, 0, 20)
    return f"/trial-components/{NAME}/"


def test_a_run_page_lives_draws_and_fits(page, run, studio):
    page.goto(run)
    expect(page.locator("#run-tiles")).to_contain_text("20 of 40")
    log(studio, 20, 25)
    expect(page.locator("#run-tiles")).to_contain_text("25 of 40", timeout=WAIT)
    for name, path in (
        ("overview", ""), ("metrics", "metrics/"), ("charts", "charts/"), ("artifacts", "artifacts/"), ("events", "events/"),
        ("configuration", "configuration/"), ("code", "code/"),
    ):  # fmt: skip
        look_at(page, f"run-{name}", f"{run}{path}", ready=READY.get(name))
