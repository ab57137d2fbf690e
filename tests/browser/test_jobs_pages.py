"""The pages of jobs of every kind in Chromium: a job with rules, a tuning job, a processing job with its report, the gallery,
costs, and the forms that make them. Nothing overflows, axe has nothing serious to say."""

import re
import time

import numpy
import pytest
from playwright.sync_api import expect

from tests.areas.endpoints.stage import image
from tests.browser.conftest import look_at

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BUCKET = "jobs-pages"
LONG = "a-very-long-name-of-a-training-job-that-goes-on-for-a-long-time"
WAIT = 60_000  # ms: a loaded machine
RULES = "503895931360.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules:latest"
STATIC = {"objective": "binary:logistic", "eval_metric": "logloss", "num_round": "30", "max_depth": "8"}


def _table(rows: int, seed: int) -> bytes:
    """Of two classes that only a coin tells apart, so that what is learned by heart is of no use."""
    numbers = numpy.random.default_rng(seed)
    table = numpy.column_stack([numbers.integers(0, 2, rows), numbers.random((rows, 5)).round(4)])
    return "\n".join(",".join(f"{value:g}" for value in row) for row in table).encode()


@pytest.fixture(scope="module")
def jobs(studio):
    """A training job that overfits, with a rule that looks at it, and a tuning job of two; both have ended."""
    sagemaker, s3, role = studio.client("sagemaker"), studio.client("s3"), studio.keys["role_arn"]
    s3.create_bucket(Bucket=BUCKET)
    channels = []
    for seed, name in enumerate(("train", "validation")):
        s3.put_object(Bucket=BUCKET, Key=f"{name}/a.csv", Body=_table(200, seed))
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}/"}}
        channels.append({"ChannelName": name, "ContentType": "text/csv", "DataSource": source})
    training = {
        "AlgorithmSpecification": {"TrainingImage": image(), "TrainingInputMode": "File"}, "RoleArn": role,
        "InputDataConfig": channels, "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }  # fmt: skip
    rule = {
        "RuleConfigurationName": "Overfit",
        "RuleEvaluatorImage": RULES,
        "RuleParameters": {"rule_to_invoke": "Overfit"},
    }
    sagemaker.create_training_job(
        TrainingJobName=LONG, HyperParameters=STATIC, DebugHookConfig={"S3OutputPath": f"s3://{BUCKET}/debug"},
        DebugRuleConfigurations=[rule], **training,
    )  # fmt: skip
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="looked-at",
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:logloss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 3},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5"}],
                "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "6"}],
            },
        },
        TrainingJobDefinition={
            **training, "StaticHyperParameters": {"objective": "binary:logistic", "eval_metric": "logloss", "num_round": "3"},
        },
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while (
        sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="looked-at")[
            "HyperParameterTuningJobStatus"
        ]
        == "InProgress"
        or sagemaker.describe_training_job(TrainingJobName=LONG)["DebugRuleEvaluationStatuses"][0][
            "RuleEvaluationStatus"
        ]
        == "InProgress"
    ):
        assert time.monotonic() < deadline, "the jobs don't end"
        time.sleep(0.3)


def test_a_job_with_a_rule_that_was_met(page, jobs):
    page.goto(f"/training-jobs/{LONG}/metrics/")
    expect(page.locator(".verdicts")).to_contain_text("What to try", timeout=WAIT)
    look_at(page, "job-with-rules")
    page.goto(f"/debugger-rules/?job={LONG}")
    expect(page.locator("tbody tr")).to_have_count(1)
    look_at(page, "debugger-rules")


def test_a_tuning_job_draws_its_trials(page, jobs):
    page.goto("/hyper-parameter-tuning-jobs/looked-at/")
    expect(page.locator("#trials-plot .scatterlayer .trace").first).to_be_attached(timeout=WAIT)
    expect(page.locator("#parallel-words")).to_contain_text("strong")
    worst, best = re.search(r": (\S+) light, (\S+) strong", page.locator("#parallel-words").inner_text()).groups()
    assert float(best) < float(worst), "of what is minimised the lowest stands out"
    look_at(page, "tuning-job")
    page.goto("/hyper-parameter-tuning-jobs/")
    expect(page.get_by_role("link", name="Create tuning job")).to_be_visible()


def test_the_gallery_leads_to_a_form_that_fits(page):
    page.goto("/algorithms/blazingtext/")
    page.get_by_role("link", name="Train with it").click()
    expect(page.locator('input[name="source"][value="s3"]')).to_be_checked()
    expect(page.get_by_label("Training job name")).to_have_value("blazingtext-0001")
    look_at(page, "training-create-files")
    page.goto("/algorithms/")
    look_at(page, "algorithms")


@pytest.mark.parametrize("address", [
    "/processing-jobs/create/?template=analyse", "/hyper-parameter-tuning-jobs/create/", "/costs/?by=noun",
])  # fmt: skip
def test_a_page_of_jobs(page, jobs, address):
    page.goto(address)
    look_at(page, f"jobs-{address.split('/')[1]}")
