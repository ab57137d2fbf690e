"""A job from Create to its end, as boto3 sees it."""

SCRIPT = """
import os, sys, json
print("args", sys.argv[1:])
for step in range(3):
    print(f"loss={1 / (step + 1)}")
open("/opt/ml/model/weights", "w").write("w")
os.makedirs("/opt/ml/model/sub"); open("/opt/ml/model/sub/more", "w").write("m")
open(os.environ["SM_OUTPUT_DATA_DIR"] + "/report.txt", "w").write("fine")
"""


def test_a_job_completes_with_its_model_metrics_and_transitions(training):
    done = training.run(SCRIPT, metrics=[("loss", r"loss=([0-9.]+)")], hyperparameters={"epochs": "3"})
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert [step["Status"] for step in done["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    for step in done["SecondaryStatusTransitions"]:
        assert step["StatusMessage"]
        assert step["StartTime"] <= step["EndTime"]
    assert done["SecondaryStatus"] == "Completed"
    (metric,) = done["FinalMetricDataList"]
    assert metric["MetricName"] == "loss"
    assert abs(metric["Value"] - 1 / 3) < 1e-6
    assert done["CreationTime"] <= done["TrainingStartTime"] <= done["TrainingEndTime"]
    assert done["BillableTimeInSeconds"] >= 1
    assert "Tags" not in done
    name = done["TrainingJobName"]
    assert done["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{training.aws.bucket}/out/{name}/output/model.tar.gz"
    assert training.model(done) == {"weights": b"w", "sub/more": b"m"}
    output = f"s3://{training.aws.bucket}/out/{name}/output/output.tar.gz"
    assert training.tar(output) == {"report.txt": b"fine"}


def test_hyperparameters_reach_the_script_and_the_toolkits_own_do_not(training):
    name = training.start(SCRIPT, hyperparameters={"epochs": '"3"'})
    training.wait(name)
    assert "args ['--epochs', '3']" in training.lines(name)


def test_metrics_are_kept_as_points_with_their_steps(training, django_db_blocker):
    done = training.run(SCRIPT, metrics=[("loss", r"loss=([0-9.]+)")])
    with django_db_blocker.unblock():
        from catalog.measures import MetricSeries
        from catalog.metrics import read

        series = MetricSeries.objects.filter(record__arn=done["TrainingJobArn"])
        loss = series.get(name="loss")
        assert read([loss])[loss.id].step.tolist() == [0, 1, 2]
        assert series.filter(name="MemoryUtilization", last__gt=0).exists()


def test_uncompressed_output_goes_file_by_file(training):
    output = {"S3OutputPath": f"s3://{training.aws.bucket}/plain/", "CompressionType": "NONE"}
    done = training.run(SCRIPT, OutputDataConfig=output)
    folder = f"plain/{done['TrainingJobName']}/output/model"
    assert done["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{training.aws.bucket}/{folder}"
    found = training.s3.list_objects_v2(Bucket=training.aws.bucket, Prefix=f"{folder}/")["Contents"]
    assert [item["Key"] for item in found] == [f"{folder}/sub/more", f"{folder}/weights"]


def test_nothing_is_left_of_an_ended_job(training, django_db_blocker):
    from django.conf import settings

    from tests.areas.training.conftest import wait_for

    training.run(SCRIPT)
    with django_db_blocker.unblock():
        from catalog.models import AccessKey
        from engine.models import Work

        account = training.aws.number
        wait_for(lambda: not Work.objects.filter(record__connection__account=account).exists())
        assert not AccessKey.objects.filter(account=account, key_id__startswith="ASIA").exists()
    assert not list((settings.STUDIO_HOME / "work").glob("job-*"))


def test_a_deleted_jobs_name_is_free_again(training):
    name = training.run(SCRIPT)["TrainingJobName"]
    training.sagemaker.delete_training_job(TrainingJobName=name)
    assert training.run(SCRIPT, TrainingJobName=name)["TrainingJobStatus"] == "Completed"
