"""What CreateTrainingJob refuses, and in which words. Nothing is stored then."""

import pytest
from botocore.exceptions import ClientError


def refusal(training, **changes) -> str:
    request = training.request(**changes)
    with pytest.raises(ClientError) as caught:
        training.sagemaker.create_training_job(**request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError):
        training.describe(request["TrainingJobName"])
    return caught.value.response["Error"]["Message"]


def channel(uri: str, kind: str = "S3Prefix", name: str = "train", **more) -> dict:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}, **more}


def test_a_name_is_unique(training):
    name = training.start("print(1)")
    arn = training.describe(name)["TrainingJobArn"]
    with pytest.raises(training.sagemaker.exceptions.ResourceInUse) as caught:
        training.start("print(1)", TrainingJobName=name)
    assert arn in caught.value.response["Error"]["Message"]


def test_an_unknown_job_is_not_found(training):
    for call in (training.describe, lambda name: training.sagemaker.stop_training_job(TrainingJobName=name)):
        with pytest.raises(ClientError) as caught:
            call("nobody")
        assert caught.value.response["Error"] == {
            "Code": "ValidationException", "Message": "Requested resource not found.",
        }  # fmt: skip


def test_an_unknown_image_names_those_that_exist(training):
    said = refusal(training, algorithm={"TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"})
    assert "sagemaker-xgboost" in said
    assert "sagemaker-scikit-learn" in said


def test_without_an_algorithm_it_says_what_is_missing(training):
    request = training.request()
    del request["AlgorithmSpecification"]
    with pytest.raises(ClientError, match="Exactly one of AlgorithmSpecification"):
        training.sagemaker.create_training_job(**request)


def test_image_and_algorithm_name_exclude_each_other(training):
    assert "Exactly one" in refusal(training, algorithm={"AlgorithmName": "mine"})


def test_inputs_must_exist(training):
    uri = f"s3://{training.aws.bucket}/nothing/here"
    said = refusal(training, InputDataConfig=[channel(uri)])
    assert said.startswith(f'No S3 objects found under S3 URL "{uri}" given in input data source.')
    assert training.aws.role in said
    assert "No S3 objects" in refusal(training, InputDataConfig=[channel("s3://no-such-bucket-at-all/x")])


def test_another_accounts_data_does_not_exist(training, engine):
    from tests.stage import Account

    theirs = Account(engine, "998000000001")
    theirs.client("s3").put_object(Bucket=theirs.bucket, Key="a", Body=b"1")
    assert "No S3 objects" in refusal(training, InputDataConfig=[channel(f"s3://{theirs.bucket}/a")])


def test_the_output_bucket_must_exist(training):
    said = refusal(training, OutputDataConfig={"S3OutputPath": "s3://no-such-bucket-at-all/x"})
    assert 'The bucket "no-such-bucket-at-all"' in said


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}, "VpcConfig"),
        ({"OutputDataConfig": {"S3OutputPath": "s3://x/y", "KmsKeyId": "k"}}, "OutputDataConfig.KmsKeyId"),
        ({"RemoteDebugConfig": {"EnableRemoteDebug": True}}, "RemoteDebugConfig.EnableRemoteDebug"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1,
                                "InstancePreferences": [{"InstanceType": "ml.m5.large"}]}},
            "ResourceConfig.InstancePreferences",
        ),
    ],
)  # fmt: skip
def test_what_is_not_built_says_so(training, changes, word):
    said = refusal(training, **changes)
    assert word in said
    assert said.endswith("is not supported by the embedded engine yet.")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda uri: channel(uri, "AugmentedManifestFile"), "Pipe input mode only"),
        (lambda uri: channel(uri, "ManifestFile", InputMode="FastFile"), "FastFile input mode"),
        (lambda uri: channel(uri, CompressionType="Gzip"), "Pipe input mode only"),
        (lambda uri: channel(uri, RecordWrapperType="RecordIO"), "Pipe input mode only"),
        (
            lambda uri: {
                "ChannelName": "train",
                "DataSource": {
                    "FileSystemDataSource": {
                        "FileSystemId": "fs-0123456789abcdef0", "FileSystemAccessMode": "ro", "FileSystemType": "EFS",
                        "DirectoryPath": "/",
                    }
                },
            },
            "FileSystemDataSource is not supported",
        ),
    ],
)  # fmt: skip
def test_modes_that_do_not_go_together(training, made, words):
    assert words in refusal(training, InputDataConfig=[made(training.put("data/a.csv"))])


def test_checkpoints_lie_below_opt_ml(training):
    for path in ("/tmp/x", "/opt/ml", "/opt/ml/model", "/opt/ml/../etc"):
        config = {"S3Uri": f"s3://{training.aws.bucket}/c", "LocalPath": path}
        assert path in refusal(training, CheckpointConfig=config)


def test_a_channel_name_is_given_once(training):
    uri = training.put("data/a.csv")
    assert "given twice" in refusal(training, InputDataConfig=[channel(uri), channel(uri)])


def test_describe_shows_the_defaults(training):
    uri = training.put("data/a.csv")
    request = training.request("print(1)", InputDataConfig=[channel(uri)])
    del request["StoppingCondition"]
    request["StoppingCondition"] = {}
    training.sagemaker.create_training_job(**request)
    found = training.describe(request["TrainingJobName"])
    assert found["StoppingCondition"]["MaxRuntimeInSeconds"] == 86400
    assert found["OutputDataConfig"]["CompressionType"] == "GZIP"
    assert found["EnableManagedSpotTraining"] is False
    assert found["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "FullyReplicated"
    assert found["TrainingJobStatus"] == "InProgress"
