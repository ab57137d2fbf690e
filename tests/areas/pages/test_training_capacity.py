"""What a job's page tells of hosts, spot, warm pools and cost, and what can be done there."""

import time

import pytest

from catalog.models import Record


@pytest.fixture
def record(walk):
    """A training job as the engine would leave it."""
    made = []

    def put(name, **document):
        from engine import store

        now = time.time()
        document = {
            "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed", "CreationTime": now - 90,
            "TrainingStartTime": now - 80, "TrainingEndTime": now - 5, "TrainingTimeInSeconds": 75,
            "BillableTimeInSeconds": 30, "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}, "AlgorithmSpecification": {},
            "OutputDataConfig": {"S3OutputPath": "s3://b/o"}, "RoleArn": "r", "HyperParameters": {},
            "SecondaryStatusTransitions": [], **document,
        }  # fmt: skip
        moment = store.when(now)
        made.append(Record.objects.create(
            connection=walk.connection, kind="TrainingJob", name=name, arn=f"arn:{name}", created=moment, modified=moment,
            status=document["TrainingJobStatus"], document=document, owner="alice",
        ))  # fmt: skip
        return f"/training-jobs/{name}/"

    yield put
    Record.objects.filter(id__in=[one.id for one in made]).delete()


def test_spot_savings_and_interruptions_are_told(walk, record):
    steps = [{"Status": word, "StartTime": 1.0, "EndTime": 2.0, "StatusMessage": "m"}
             for word in ("Training", "Interrupted", "Starting")]  # fmt: skip
    page = walk.get(record("cap-spot", EnableManagedSpotTraining=True, SecondaryStatusTransitions=steps))
    assert "spot saved 60 %" in page
    assert "interrupted 1 time;" in page
    assert "/costs/of/TrainingJob/cap-spot/" in page
    assert "/interrupt/" not in page


def test_a_spot_job_that_trains_can_be_interrupted(walk, record):
    running = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training", "EnableManagedSpotTraining": True}
    assert "/training-jobs/cap-runs/interrupt/" in walk.get(record("cap-runs", **running))
    assert "/interrupt/" not in walk.get(record("cap-ondemand", **{**running, "EnableManagedSpotTraining": False}))


def test_groups_and_a_warm_pool_are_told(walk, record):
    groups = [{"InstanceGroupName": "big", "InstanceType": "ml.c5.xlarge", "InstanceCount": 2},
              {"InstanceGroupName": "small", "InstanceType": "ml.m5.large", "InstanceCount": 1}]  # fmt: skip
    page = walk.get(record("cap-groups", ResourceConfig={"InstanceGroups": groups}))
    assert "ml.c5.xlarge <small>× 2 big" in page
    assert "algo-1 to algo-3" in page
    page = walk.get(record("cap-pool", WarmPoolStatus={"Status": "Available"}))
    assert "/training-jobs/cap-pool/keep-warm/" in page
    page = walk.get(record("cap-reused", WarmPoolStatus={"Status": "Reused", "ReusedByJob": "cap-pool"}))
    assert "/training-jobs/cap-pool/" in page
    assert "keep-warm" not in page


def test_a_job_that_waited_too_long_says_so(walk, record):
    limits = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 7200}
    ended = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxWaitTimeExceeded", "StoppingCondition": limits}
    assert "Waits for spot capacity and training together" in walk.get(record("cap-late", **ended))


def test_only_a_spot_job_that_runs_is_interrupted(walk, record):
    page = record("cap-done", EnableManagedSpotTraining=True)
    walk.post(f"{page}interrupt/", {}, status=302)
    assert "is no spot job that runs" in walk.get(page)
    walk.post(f"{page}keep-warm/", {"seconds": "-1"}, status=302)
    assert "0 to 21,600 seconds" in walk.get(page)
    walk.post(f"{page}keep-warm/", {"seconds": "60"}, status=302)
    assert "only while the warm pool" in walk.get(page)
