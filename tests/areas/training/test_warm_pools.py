"""Warm pools: what is kept, who may take it, how their statuses move, what a pool is charged."""

import io
import time
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.areas.training.conftest import wait_for

KEEP = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1, "KeepAlivePeriodInSeconds": 600}
NOTE = """
import os
from pathlib import Path
cache = Path(os.environ["SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"])
print("found", sorted(path.name for path in cache.iterdir()), flush=True)
(cache / os.environ["TRAINING_JOB_NAME"]).touch()
"""


def pool_of(training, name) -> dict:
    return training.describe(name).get("WarmPoolStatus", {})


def run_and_keep(training, **resources) -> str:
    name = training.start(NOTE, ResourceConfig={**KEEP, **resources})
    training.wait(name)
    wait_for(lambda: pool_of(training, name).get("Status") == "Available")
    return name


def found_by(training, name) -> str:
    return next(line for line in training.lines(name) if line.startswith("found"))


def keep(training, name, seconds):
    training.sagemaker.update_training_job(TrainingJobName=name, ResourceConfig={"KeepAlivePeriodInSeconds": seconds})


def test_a_matching_job_takes_the_pool_over_with_what_is_in_it(training):
    first = run_and_keep(training)
    assert found_by(training, first) == "found []"
    for change in ({"VolumeSizeInGB": 2}, {"InstanceType": "ml.m5.xlarge"}):
        name = training.start(NOTE, ResourceConfig={**KEEP, **change})
        assert "WarmPoolStatus" not in training.describe(name)
    plain = {key: value for key, value in KEEP.items() if key != "KeepAlivePeriodInSeconds"}
    assert "WarmPoolStatus" not in training.describe(training.start("print(1)", ResourceConfig=plain))
    assert pool_of(training, first)["Status"] == "Available"

    second = training.start(NOTE, ResourceConfig=KEEP)
    assert pool_of(training, second) == {"Status": "InUse"}
    reused = pool_of(training, first)
    assert (reused["Status"], reused["ReusedByJob"]) == ("Reused", second)
    assert reused["ResourceRetainedBillableTimeInSeconds"] >= 1
    training.wait(second)
    assert found_by(training, second) == f"found ['{first}']"
    wait_for(lambda: pool_of(training, second)["Status"] == "Available")

    def listed(status):
        found = training.sagemaker.list_training_jobs(WarmPoolStatusEquals=status)["TrainingJobSummaries"]
        return [one["TrainingJobName"] for one in found]

    assert listed("Reused") == [first]
    assert second in listed("Available")


def test_a_pool_ends_when_its_time_is_over_or_set_to_zero(training):
    short = run_and_keep(training, KeepAlivePeriodInSeconds=2)
    ended = wait_for(lambda: pool_of(training, short) if pool_of(training, short)["Status"] == "Terminated" else None)
    assert 1 <= ended["ResourceRetainedBillableTimeInSeconds"] <= 3
    with pytest.raises(ClientError, match="only while the warm pool"):
        keep(training, short, 60)

    other = run_and_keep(training)
    keep(training, other, 1200)
    with pytest.raises(ClientError, match="has a warm pool that is Available"):
        training.sagemaker.delete_training_job(TrainingJobName=other)
    keep(training, other, 0)
    assert pool_of(training, other)["Status"] == "Terminated"
    training.sagemaker.delete_training_job(TrainingJobName=other)


def test_requirements_are_installed_once_for_a_pool(training):
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("oystercatcher.py", "song = 'kleep'\n")
        file.writestr(
            "oystercatcher-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: oystercatcher\nVersion: 1.0\n"
        )
        file.writestr(
            "oystercatcher-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr("oystercatcher-1.0.dist-info/RECORD", "")
    code = {"train.py": b"import oystercatcher\nprint('sings', oystercatcher.song)\n",
            "requirements.txt": b"./oystercatcher-1.0-py3-none-any.whl\n",
            "oystercatcher-1.0-py3-none-any.whl": wheel.getvalue()}  # fmt: skip
    uri = training.put_archive(code)
    hyperparameters = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{uri}"'}
    says = []
    for _ in range(2):
        name = training.start(hyperparameters=hyperparameters, ResourceConfig=KEEP)
        assert training.wait(name)["TrainingJobStatus"] == "Completed", training.lines(name)
        wait_for(lambda name=name: pool_of(training, name).get("Status") == "Available")
        says.append("\n".join(training.lines(name)))
    assert "Installing ./oystercatcher" in says[0]
    assert "installed already" in says[1]
    assert "Installing" not in says[1]
    assert all("sings kleep" in said for said in says)


def test_a_pool_is_charged_when_it_is_over(training, django_db_blocker):
    from areas.costs.models import Charge

    name = run_and_keep(training)
    time.sleep(1.1)
    keep(training, name, 0)
    with django_db_blocker.unblock():
        rows = Charge.objects.filter(connection=training.aws.connection, name=name)
        assert set(rows.values_list("what", flat=True)) == {"job", "warm pool"}
        retained = training.describe(name)["WarmPoolStatus"]["ResourceRetainedBillableTimeInSeconds"]
        assert sum(rows.filter(what="warm pool").values_list("seconds", flat=True)) == retained
