"""The model is the judge: what breaks it is refused in AWS's own constraint texts."""

import re

import pytest
from botocore.exceptions import ClientError

from engine.errors import AwsError
from engine.wire import services
from engine.wire.validate import compiled, epoch, validate


def check(operation: str, **request) -> dict:
    return validate(services.service("sagemaker").operation(operation), request)


def complaint(operation: str, **request) -> str:
    with pytest.raises(AwsError) as raised:
        check(operation, **request)
    assert raised.value.code == "ValidationException"
    return raised.value.message


JOB = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::123456789012:role/Role",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}


def test_a_right_request_passes_unchanged():
    assert check("CreateTrainingJob", **JOB) == JOB


def test_a_name_that_is_too_long(aws):
    name = "a" * 64
    with pytest.raises(ClientError) as raised:
        aws.client("sagemaker").create_training_job(**{**JOB, "TrainingJobName": name})
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    message = raised.value.response["Error"]["Message"]
    first = f"Value '{name}' at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63"
    assert message.startswith(
        f"2 validation errors detected: {first}; Value '{name}' at 'trainingJobName' failed to satisfy"
    )


def test_a_name_that_breaks_its_pattern():
    assert re.fullmatch(
        r"1 validation error detected: Value 'a_b' at 'trainingJobName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: \S+",
        complaint("CreateTrainingJob", **{**JOB, "TrainingJobName": "a_b"}),
    )


def test_a_word_that_is_not_in_the_enum():
    specification = {"TrainingImage": "image", "TrainingInputMode": "Carrier pigeon"}
    assert complaint("CreateTrainingJob", **{**JOB, "AlgorithmSpecification": specification}) == (
        "1 validation error detected: Value 'Carrier pigeon' at 'algorithmSpecification.trainingInputMode' failed to "
        "satisfy constraint: Member must satisfy enum value set: [Pipe, File, FastFile]"
    )


def test_several_breaches_are_all_told_with_their_paths():
    broken = {**JOB, "Tags": [{"Key": "ok", "Value": "v"}, {"Key": "", "Value": "v"}], "RoleArn": None}
    message = complaint("CreateTrainingJob", **broken)
    assert message.startswith("2 validation errors detected: ")
    assert "Value null at 'roleArn' failed to satisfy constraint: Member must not be null; " in message
    assert (
        "Value '' at 'tags.2.member.key' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1" in message
    )


def test_numbers_beyond_their_range():
    resources = {**JOB["ResourceConfig"], "InstanceCount": -1}
    assert complaint("CreateTrainingJob", **{**JOB, "ResourceConfig": resources}) == (
        "1 validation error detected: Value '-1' at 'resourceConfig.instanceCount' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0"
    )
    assert "Member must have value less than or equal to 100" in complaint("ListTrainingJobs", MaxResults=101)


def test_a_map_tells_what_its_values_must_be():
    message = complaint("CreateTrainingJob", **{**JOB, "HyperParameters": {"depth": "x" * 2501}})
    assert "at 'hyperParameters' failed to satisfy constraint: Map value must satisfy constraint: [" in message
    assert "Member must have length less than or equal to 2500" in message


def test_what_the_model_does_not_know_is_left_out():
    assert check("ListTrainingJobs", MaxResults=5, Colour="red") == {"MaxResults": 5}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(1700000000, 1700000000.0), (1700000000.123, 1700000000.123), ("2023-11-14T22:13:20Z", 1700000000.0),
     ("2023-11-14T22:13:20", 1700000000.0), ("2023-11-14T23:13:20+01:00", 1700000000.0), ("1700000000.5", 1700000000.5)],
)  # fmt: skip
def test_times_come_in_every_form(value, seconds):
    assert check("ListTrainingJobs", CreationTimeAfter=value) == {"CreationTimeAfter": seconds}
    assert epoch(str(value)) == seconds


@pytest.mark.parametrize(
    "request_", [{"CreationTimeAfter": "noon"}, {"MaxResults": True}, {"MaxResults": 1.5}, {"NameContains": 7}]
)
def test_a_value_of_another_type_cannot_be_read(request_):
    with pytest.raises(AwsError) as raised:
        check("ListTrainingJobs", **request_)
    assert raised.value.code == "SerializationException"


def test_every_shape_and_pattern_of_the_model_compiles():
    service = services.service("sagemaker")
    for name in service.operations:
        for shape in (service.operation(name).input_shape, service.operation(name).output_shape):
            assert shape is None or callable(compiled(shape))


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 10**30, 1e300, float("inf"), float("nan")])
def test_an_integer_that_has_no_32_bits_cannot_be_read(number):
    with pytest.raises(AwsError, match="can not be converted to an Integer") as raised:
        check("CreateTrainingJob", **{**JOB, "StoppingCondition": {"MaxRuntimeInSeconds": number}})
    assert raised.value.code == "SerializationException"
