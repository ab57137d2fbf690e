"""Ways around rules about S3: what a request names is what it touches, and the engine reads and writes for nobody who may not."""

import json

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from catalog.models import Grant, Role

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
EVERYTHING_ELSE = {
    "verbs": ["*"],
    "nouns": ["TrainingJob", "Model", "EndpointConfig", "Endpoint", "ModelPackage", "ModelPackageGroup"],
}


@pytest.fixture
def mallory(cast, aws):
    """Alice, who may do everything with SageMaker's things, and with S3 below ``bucket/mine/`` and with ``bucket/one`` only."""
    cast.alice.grant.delete()
    names = [f"{aws.bucket}/mine/*", f"{aws.bucket}/one"]
    rules = [EVERYTHING_ELSE, {"verbs": ["*"], "nouns": ["S3Object"], "names": names}]
    role = Role.objects.create(name=f"mallory-{aws.number}", rules=rules)
    Grant.objects.create(role=role, user=cast.alice.user, connection_id=aws.connection.id)
    for key in ("mine/a.csv", "secret/a.csv", "one", "one?more", "one-more"):
        aws.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=b"1,2\n")
    return cast.alice


def send(person, method: str, path: str, body: bytes = b"", **headers) -> int:
    """Send a request to S3 with a person's signature; the status."""
    client = person.client("s3")
    request = AWSRequest(method, f"{person.aws.engine.url}{path}", headers=headers, data=body)
    from botocore.auth import S3SigV4Auth
    from botocore.httpsession import URLLib3Session

    S3SigV4Auth(client._request_signer._credentials, "s3", "us-east-1").add_auth(request)
    return URLLib3Session().send(request.prepare()).status_code


def test_a_prefix_in_the_address_doesnt_let_others_objects_be_deleted(mallory, aws):
    body = b"<Delete><Object><Key>secret/a.csv</Key></Object></Delete>"
    assert send(mallory, "POST", f"/{aws.bucket}?delete=&prefix=mine%2F", body) == 403
    assert aws.client("s3").head_object(Bucket=aws.bucket, Key="secret/a.csv")


def test_a_rule_for_a_folder_lets_its_objects_be_deleted_one_by_one(mallory, aws):
    mallory.client("s3").delete_object(Bucket=aws.bucket, Key="mine/a.csv")


def test_a_list_shows_only_what_every_key_of_may_be_seen(mallory, aws):
    s3 = mallory.client("s3")
    assert s3.list_objects_v2(Bucket=aws.bucket, Prefix="mine/")["KeyCount"] == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket=aws.bucket, Prefix="one")  # one-more begins so, too


def test_a_copy_reads_the_object_that_was_asked_about(mallory, aws):
    assert send(mallory, "PUT", f"/{aws.bucket}/mine/x", **{"x-amz-copy-source": f"/{aws.bucket}/one%3Fmore"}) == 403
    assert send(mallory, "PUT", f"/{aws.bucket}/mine/x", **{"x-amz-copy-source": f"/{aws.bucket}/secret/a.csv"}) == 403
    assert send(mallory, "PUT", f"/{aws.bucket}/mine/x", **{"x-amz-copy-source": f"/{aws.bucket}/one"}) == 200


def training(aws, *, data: str = "mine/", output: str = "mine/out", name: str = "t", **more) -> dict:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{aws.bucket}/{data}"}
    return {
        "TrainingJobName": name, "RoleArn": aws.role,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"num_round": "1"},
        "InputDataConfig": [{"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{aws.bucket}/{output}"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {"data": "secret/"},
        {"data": ""},
        {"output": "secret/out"},
        {"output": "mine/../secret"},
        {"CheckpointConfig": {"S3Uri": "s3://{bucket}/secret/"}},
        {
            "HyperParameters": {
                "sagemaker_program": "t.py",
                "sagemaker_submit_directory": '"s3://{bucket}/secret/a.csv"',
            }
        },
    ],
)
def test_a_job_reads_and_writes_only_where_who_makes_it_may(mallory, aws, given):
    given = json.loads(json.dumps(given).replace("{bucket}", aws.bucket))
    if given.get("output") == "mine/../secret":  # a key like any other: it lies below mine/
        mallory.client("sagemaker").create_training_job(**training(aws, **given))
        return
    with pytest.raises(ClientError) as refused:
        mallory.client("sagemaker").create_training_job(**training(aws, **given))
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "s3_object" in str(refused.value)


def test_a_job_in_ones_own_folder_is_made(mallory, aws):
    mallory.client("sagemaker").create_training_job(**training(aws))
    mallory.client("sagemaker").create_training_job(**training(aws, data="mine/a", name="t2"))


def test_a_model_or_package_of_data_that_one_may_not_see(mallory, aws):
    sagemaker, container = (
        mallory.client("sagemaker"),
        {"Image": IMAGE, "ModelDataUrl": f"s3://{aws.bucket}/secret/a.csv"},
    )
    with pytest.raises(ClientError, match="s3_object"):
        sagemaker.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=aws.role)
    with pytest.raises(ClientError, match="s3_object"):
        sagemaker.create_model(
            ModelName="m", ExecutionRoleArn=aws.role,
            PrimaryContainer={"Image": IMAGE, "Environment": {"SAGEMAKER_SUBMIT_DIRECTORY": container["ModelDataUrl"]}},
        )  # fmt: skip
    sagemaker.create_model_package_group(ModelPackageGroupName="g")
    contents = {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    with pytest.raises(ClientError, match="s3_object"):
        sagemaker.create_model_package(ModelPackageGroupName="g", InferenceSpecification=contents)


def test_captured_data_goes_only_where_who_asks_may_write(mallory, aws):
    sagemaker = mallory.client("sagemaker")
    aws.client("sagemaker").create_model(
        ModelName="m",
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{aws.bucket}/one"},
        ExecutionRoleArn=aws.role,
    )
    variant = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    capture = {
        "EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": f"s3://{aws.bucket}/secret",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }  # fmt: skip
    with pytest.raises(ClientError, match="s3_object"):
        sagemaker.create_endpoint_config(
            EndpointConfigName="c", ProductionVariants=[variant], DataCaptureConfig=capture
        )


def test_a_manifest_brings_nothing_that_who_made_the_job_may_not_see(mallory, aws):
    from areas.training.engine import channels
    from areas.training.engine.groups import groups_of
    from catalog.models import Record
    from engine.runtime.drivers import JobFailed

    for name, of in (("ok", "mine"), ("bad", "secret")):
        listed = json.dumps([{"prefix": f"s3://{aws.bucket}/{of}/"}, "a.csv"])
        aws.client("s3").put_object(Bucket=aws.bucket, Key=f"mine/{name}.manifest", Body=listed.encode())
        request = training(aws, name=name)
        source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
        source |= {"S3DataType": "ManifestFile", "S3Uri": f"s3://{aws.bucket}/mine/{name}.manifest"}
        mallory.client("sagemaker").create_training_job(**request)
    record = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob", name="ok")
    assert channels.inputs(record, groups_of(record.document["ResourceConfig"]), "algo-1")
    record = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob", name="bad")
    with pytest.raises(JobFailed, match="may not view"):
        channels.inputs(record, groups_of(record.document["ResourceConfig"]), "algo-1")
