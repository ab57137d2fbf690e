"""What a training job leaves in the lineage by itself."""

import io

import pytest

pytestmark = pytest.mark.usefixtures("no_runner")

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


def make_job(aws, name: str, *uris: str, **more) -> str:
    for uri in uris:
        key = uri.removeprefix(f"s3://{aws.bucket}/") + "data.csv"
        aws.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=io.BytesIO(b"1,2\n0,1\n"))
    channels = [
        {"ChannelName": f"channel{n}", "ContentType": "text/csv",
         "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}
        for n, uri in enumerate(uris)
    ]  # fmt: skip
    return aws.client("sagemaker").create_training_job(
        TrainingJobName=name, RoleArn=aws.role, HyperParameters={"num_round": "3", "objective": "binary:logistic"},
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"}, InputDataConfig=channels,
        OutputDataConfig={"S3OutputPath": f"s3://{aws.bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        StoppingCondition={"MaxRuntimeInSeconds": 60}, **more,
    )["TrainingJobArn"]  # fmt: skip


def end_job(aws, name: str, status: str = "Completed") -> None:
    """As the runner would, at once."""
    from areas.training.engine import states
    from areas.training.resource import TRAINING_JOB
    from catalog.models import Record
    from engine import store

    record = Record.objects.get(connection=aws.connection, kind="TrainingJob", name=name)

    def edit(document):
        document["FinalMetricDataList"] = [{"MetricName": "auc", "Value": 0.9, "Timestamp": 1.7e9}]
        states.end(document, status, document["CreationTime"] + 5)

    store.change(record.id, edit, TRAINING_JOB)


def component(aws, name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:{aws.number}:experiment-trial-component/{name}-aws-training-job"


def associations(sagemaker, **asked) -> set[tuple[str, str, str]]:
    found = sagemaker.list_associations(**asked)["AssociationSummaries"]
    return {(one["SourceArn"], one["AssociationType"], one["DestinationArn"]) for one in found}


def artifact(sagemaker, uri: str) -> str:
    (found,) = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
    return found["ArtifactArn"]


def measure(arn: str, name: str, value: float) -> None:
    from catalog import metrics
    from catalog.models import Record

    metrics.append(Record.objects.get(arn=arn), [metrics.Point(name, value, 1000.0)])


def test_a_job_has_its_component_with_data_and_image_from_the_start(aws, sagemaker):
    uri = f"s3://{aws.bucket}/train/"
    arn = make_job(aws, "first", uri)
    found = sagemaker.describe_trial_component(TrialComponentName="first-aws-training-job")
    assert found["Source"] == {"SourceArn": arn, "SourceType": "SageMakerTrainingJob"}
    assert found["Status"]["PrimaryStatus"] == "InProgress"
    assert found["Parameters"]["num_round"] == {"NumberValue": 3.0}
    assert found["Parameters"]["objective"] == {"StringValue": "binary:logistic"}
    assert found["Parameters"]["SageMaker.InstanceType"] == {"StringValue": "ml.m5.large"}
    assert found["InputArtifacts"]["channel0"] == {"MediaType": "text/csv", "Value": uri}
    assert found["InputArtifacts"]["SageMaker.ImageUri"]["Value"] == IMAGE
    assert associations(sagemaker, DestinationArn=component(aws, "first")) == {
        (artifact(sagemaker, uri), "ContributedTo", component(aws, "first")),
        (artifact(sagemaker, IMAGE), "ContributedTo", component(aws, "first")),
    }


def test_the_model_is_there_when_the_job_has_ended(aws, sagemaker):
    arn = make_job(
        aws, "ends", f"s3://{aws.bucket}/train/", CheckpointConfig={"S3Uri": f"s3://{aws.bucket}/checkpoints/"}
    )
    assert associations(sagemaker, SourceArn=component(aws, "ends")) == set()
    measure(arn, "auc", 0.9)
    end_job(aws, "ends")
    model = f"s3://{aws.bucket}/out/ends/output/model.tar.gz"
    assert associations(sagemaker, SourceArn=component(aws, "ends")) == {
        (component(aws, "ends"), "Produced", artifact(sagemaker, model)),
        (component(aws, "ends"), "Produced", artifact(sagemaker, f"s3://{aws.bucket}/checkpoints/")),
    }
    types = {one["ArtifactType"] for one in sagemaker.list_artifacts()["ArtifactSummaries"]}
    assert types == {"DataSet", "Image", "Model", "Checkpoint"}
    found = sagemaker.describe_trial_component(TrialComponentName="ends-aws-training-job")
    assert found["Status"] == {"PrimaryStatus": "Completed"}
    assert found["OutputArtifacts"] == {"SageMaker.ModelArtifact": {"Value": model}}
    assert [(one["MetricName"], one["Last"]) for one in found["Metrics"]] == [("auc", 0.9)]
    assert found["EndTime"] > found["CreationTime"]


def test_a_job_that_failed_leaves_no_model(aws, sagemaker):
    make_job(aws, "fails", f"s3://{aws.bucket}/train/")
    end_job(aws, "fails", "Failed")
    assert associations(sagemaker, SourceArn=component(aws, "fails")) == set()
    found = sagemaker.describe_trial_component(TrialComponentName="fails-aws-training-job")
    assert found["Status"]["PrimaryStatus"] == "Failed"


def test_two_jobs_on_the_same_data_share_its_artifact(aws, sagemaker):
    uri = f"s3://{aws.bucket}/shared/"
    make_job(aws, "one", uri)
    make_job(aws, "two", uri, f"s3://{aws.bucket}/more/")
    found = associations(sagemaker, SourceArn=artifact(sagemaker, uri))
    assert {destination for _, _, destination in found} == {component(aws, "one"), component(aws, "two")}


def test_two_channels_of_the_same_data_are_one_input(aws, sagemaker):
    uri = f"s3://{aws.bucket}/same/"
    make_job(aws, "twice", uri, uri)
    assert len(associations(sagemaker, DestinationArn=component(aws, "twice"))) == 2  # the data and the image


def test_a_deleted_job_keeps_its_component_and_the_time_of_its_end(aws, sagemaker):
    from areas.lineage.models import Node
    from catalog.models import Record
    from engine import store

    make_job(aws, "gone", f"s3://{aws.bucket}/train/")
    store.remove(Record.objects.get(connection=aws.connection, kind="TrainingJob", name="gone"))
    assert associations(sagemaker, DestinationArn=component(aws, "gone"))
    node = Node.objects.get(connection=aws.connection, arn=component(aws, "gone"))
    assert node.ended is not None and node.removed is None


def test_recording_takes_few_statements_and_ten_channels_no_more_than_one(aws, sagemaker, django_db_blocker):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from areas.lineage.recording.training_job import record_training_job
    from catalog.models import Record
    from engine.changes import Change

    counts = []
    for number, many in enumerate((1, 9)):
        uris = [f"s3://{aws.bucket}/{number}/{n}/" for n in range(many)]
        make_job(aws, f"counted{number}", *uris)
        made = Record.objects.get(connection=aws.connection, kind="TrainingJob", name=f"counted{number}")
        document = {**made.document}
        for channel in document["InputDataConfig"]:
            channel["DataSource"]["S3DataSource"]["S3Uri"] += "new/"
        job = Record(connection_id=aws.connection.id, kind="TrainingJob", name=f"uncounted{number}", document=document,
                     arn=made.arn.replace("counted", "uncounted"), created=made.created)  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            record_training_job(Change(job, None))
        counts.append(sum(1 for one in captured if one["sql"].startswith(("SELECT", "INSERT", "UPDATE"))))
    assert counts == [10, 10]


def test_lineage_that_can_not_be_written_loses_no_job(aws, sagemaker, monkeypatch):
    from areas.lineage.recording import jobs

    def crash(*_, **__):
        raise RuntimeError("no lineage today")

    monkeypatch.setattr(jobs.writing, "write", crash)
    make_job(aws, "survives", f"s3://{aws.bucket}/train/")
    assert sagemaker.describe_training_job(TrainingJobName="survives")["TrainingJobStatus"] == "InProgress"
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_trial_component(TrialComponentName="survives-aws-training-job")
