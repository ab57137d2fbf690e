"""How tuning jobs end: by failure, by request, by deletion; and kills in between."""

import pytest
from botocore.exceptions import ClientError

FAULT = {"status": "Failed", "reason": "AlgorithmError: no such column, exit code: 1"}


def test_without_the_metric_a_completed_job_counts_as_a_failed_objective(stage):
    name = stage.start(most=2, parallel=1)
    done = stage.play(name, lambda trial: {} if trial.number == 1 else 5)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 1}
    silent = stage.jobs(name)[0]
    assert (silent["TrainingJobStatus"], silent["ObjectiveStatus"]) == ("Completed", "Failed")
    assert "FinalHyperParameterTuningJobObjectiveMetric" not in silent
    assert done["BestTrainingJob"]["TrainingJobName"] == stage.jobs(name)[1]["TrainingJobName"]


def test_where_none_tells_the_metric_it_fails_and_says_why(stage):
    done = stage.play(stage.start(most=2), lambda trial: {})
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("No objective metrics found after running 2 training jobs.")


def test_where_all_fail_it_gives_up_after_five(stage):
    name = stage.start(most=20, parallel=1)
    done = stage.play(name, lambda trial: FAULT)
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("No training job succeeded after 5 attempts.")
    assert done["TrainingJobStatusCounters"]["NonRetryableError"] == 5
    assert stage.jobs(name, StatusEquals="Failed")[0]["FailureReason"] == FAULT["reason"]


def test_what_sagemaker_itself_failed_is_tried_again_with_the_same_parameters(stage):
    name = stage.start(most=2, parallel=1)
    lost = {"status": "Failed", "reason": "InternalServerError: The process was killed."}
    done = stage.play(name, lambda trial: lost if trial.number == 1 else 1)
    jobs = stage.jobs(name)
    assert [one["TrainingJobStatus"] for one in jobs] == ["Failed", "Completed", "Completed"]
    assert jobs[0]["TunedHyperParameters"] == jobs[1]["TunedHyperParameters"] != jobs[2]["TunedHyperParameters"]
    assert done["TrainingJobStatusCounters"]["RetryableError"] == 1
    assert done["HyperParameterTuningJobStatus"] == "Completed"


def test_stop_stops_the_training_jobs_and_a_second_stop_is_refused(stage):
    name = stage.start(most=6, parallel=2)
    stage.tick()
    stage.stop(name)
    assert stage.describe(name)["HyperParameterTuningJobStatus"] == "Stopping"
    stage.tick()
    assert [one.status for one in stage.running(name)] == ["Stopping", "Stopping"]
    assert stage.describe(name)["HyperParameterTuningJobStatus"] == "Stopping"
    done = stage.play(name, lambda trial: 1)
    assert done["HyperParameterTuningJobStatus"] == "Stopped"
    assert done["TrainingJobStatusCounters"]["Stopped"] == 2
    with pytest.raises(ClientError, match="in status Stopped") as refused:
        stage.stop(name)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_deleting_it_keeps_its_training_jobs(stage):
    name = stage.start(most=1, parallel=1)
    stage.tick()
    with pytest.raises(ClientError, match="can't be deleted while"):
        stage.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    stage.play(name, lambda trial: 1)
    (job,) = stage.jobs(name)
    stage.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert stage.training.describe(job["TrainingJobName"])["TrainingJobStatus"] == "Completed"
    with pytest.raises(ClientError) as gone:
        stage.describe(name)
    assert gone.value.response["Error"]["Code"] == "ResourceNotFound"


def test_deleted_training_jobs_stay_in_the_list(stage):
    name = stage.start(most=1, parallel=1)
    stage.play(name, lambda trial: 1)
    (job,) = stage.jobs(name)
    stage.sagemaker.delete_training_job(TrainingJobName=job["TrainingJobName"])
    assert stage.jobs(name) == [job]


def test_a_kill_between_two_steps_starts_no_training_job_twice(stage, monkeypatch):
    from areas.tuning.engine import children

    name = stage.start(most=4, parallel=2)
    real = children.Trial.objects.create
    made = []

    def die(**members):
        made.append(members["name"])
        if len(made) == 2:
            raise KeyboardInterrupt  # after the second training job was written, before its trial was
        return real(**members)

    monkeypatch.setattr(children.Trial.objects, "create", die)
    with pytest.raises(KeyboardInterrupt):
        stage.tick()
    done = stage.play(name, lambda trial: trial.number)
    assert done["TrainingJobStatusCounters"]["Completed"] == 4
    listed = [one["TrainingJobName"] for one in stage.jobs(name)]
    found = stage.sagemaker.list_training_jobs(NameContains=name, MaxResults=100)["TrainingJobSummaries"]
    assert sorted(listed) == sorted(one["TrainingJobName"] for one in found)
    assert len(listed) == 4
    assert made[1] not in listed


def test_where_training_jobs_can_no_longer_be_made_it_fails_and_says_why(stage):
    name = stage.start(most=3, parallel=1)
    stage.training.s3.delete_bucket(Bucket=_emptied(stage))
    done = stage.play(name, lambda trial: 1)
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("ClientError: Training job 1 could not be created: ")


def _emptied(stage) -> str:
    s3, bucket = stage.training.s3, stage.aws.bucket
    for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
        s3.delete_object(Bucket=bucket, Key=one["Key"])
    return bucket
