"""A tuning job from Create to its end, as boto3 sees it."""

import re
import time

from tests.areas.tuning.conftest import METRICS, continuous


def test_random_tries_as_many_as_asked_and_tells_the_best_though_the_runner_is_killed(tuning, runner):
    name = tuning.start(most=4, parallel=2, Tags=[{"Key": "team", "Value": "birds"}])
    most = kills = 0
    while (seen := tuning.describe(name))["HyperParameterTuningJobStatus"] == "InProgress":
        if not kills and seen["TrainingJobStatusCounters"]["Completed"]:
            kills += 1
            runner.kill()
            runner.start()
        time.sleep(0.05)
        most = max(most, seen["TrainingJobStatusCounters"]["InProgress"])
        running = [one for one in tuning.jobs(name) if one["TrainingJobStatus"] in ("InProgress", "Stopping")]
        most = max(most, len(running))
    assert seen["HyperParameterTuningJobStatus"] == "Completed", seen.get("FailureReason")
    assert 1 <= most <= 2
    assert kills == 1
    jobs = tuning.jobs(name)
    assert [re.fullmatch(rf"{name}-(\d+)-[0-9a-f]{{8}}", one["TrainingJobName"])[1] for one in jobs] == [
        "001", "002", "003", "004",
    ]  # fmt: skip
    assert seen["TrainingJobStatusCounters"] == {
        "Completed": 4, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0,
    }  # fmt: skip
    assert seen["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    best = max(jobs, key=lambda one: one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])
    assert seen["BestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    assert seen["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Type"] == "Maximize"
    assert seen["ConsumedResources"]["RuntimeInSeconds"] >= 1
    assert seen["HyperParameterTuningEndTime"] >= seen["CreationTime"]
    for one in jobs:
        rate = float(one["TunedHyperParameters"]["rate"])
        assert one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 2 * rate
    child = tuning.training.describe(jobs[0]["TrainingJobName"])
    assert child["TuningJobArn"] == seen["HyperParameterTuningJobArn"]
    assert child["HyperParameters"]["_tuning_objective_metric"] == "score"
    assert child["HyperParameters"]["rate"] == jobs[0]["TunedHyperParameters"]["rate"]
    assert {one["MetricName"] for one in child["FinalMetricDataList"]} == {"score", "ObjectiveMetric"}
    assert child["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"/{child['TrainingJobName']}/output/model.tar.gz")
    tags = tuning.sagemaker.list_tags(ResourceArn=child["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "birds"}]


def test_describe_shows_what_the_service_adds(tuning):
    seen = tuning.describe(tuning.start(most=1, parallel=1))
    definition = seen["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"]["_tuning_objective_metric"] == "score"
    told = {one["Name"]: one["Regex"] for one in definition["AlgorithmSpecification"]["MetricDefinitions"]}
    assert told == {"score": METRICS[0]["Regex"], "ObjectiveMetric": METRICS[0]["Regex"]}
    assert seen["HyperParameterTuningJobConfig"]["ParameterRanges"] == continuous()
    assert seen["HyperParameterTuningJobConfig"]["TrainingJobEarlyStoppingType"] == "Off"
