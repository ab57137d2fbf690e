"""What CreateHyperParameterTuningJob refuses, each in a sentence."""

import pytest
from botocore.exceptions import ClientError

from areas import images
from tests.areas.tuning.conftest import categorical, continuous, integer

AIM = {"Type": "Maximize", "MetricName": "score"}


def refused(stage, code: str = "ValidationException", **given) -> str:
    with pytest.raises(ClientError) as error:
        stage.start(**given)
    assert error.value.response["Error"]["Code"] == code
    return error.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"HyperParameterTuningJobName": "a" * 33}, "length less than or equal to 32"),
        ({"ranges": continuous(low="0", scaling="Logarithmic")}, "needs a MinValue greater than 0"),
        ({"ranges": continuous(high="1", scaling="ReverseLogarithmic")}, "within 0 <= x < 1"),
        ({"ranges": integer(scaling="ReverseLogarithmic")}, "continuous ranges only"),
        ({"ranges": continuous(low="2", high="1")}, "greater than its MaxValue"),
        ({"ranges": continuous(low="nan")}, "is no number"),
        ({"ranges": integer(low="1.5")}, "is no integer"),
        ({"ranges": categorical(kind=["a", "a"])}, "must differ"),
        ({"ranges": {**continuous("one"), **integer("one")}}, "more than one range"),
        ({"ranges": categorical(sagemaker_requirements=["s3://other/code"])}, "SageMaker's own"),
        ({"ranges": {}, "config": {"ParameterRanges": {}}}, "must have a range"),
        ({"strategy": "Grid", "most": None}, "categorical ranges only"),
        ({"strategy": "Grid", "most": 5, "ranges": categorical(a=list("123"), b=list("12"))}, "combinations of the grid, 6"),
        ({"strategy": "Hyperband"}, "needs HyperbandStrategyConfig.MaxResource"),
        (
            {"strategy": "Hyperband", "config": {"TrainingJobEarlyStoppingType": "Auto"}},
            "must be Off with the strategy Hyperband",
        ),
        (
            {"strategy": "Hyperband",
             "config": {"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 9, "MaxResource": 3}}}},
            "greater than MaxResource",
        ),
        ({"config": {"StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 3}}}}, "with the strategy Hyperband only"),
        ({"most": None}, "MaxNumberOfTrainingJobs or MaxRuntimeInSeconds"),
        ({"config": {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "f1"}}}, "not among"),
        ({"config": {"ParameterRanges": {**continuous(), "AutoParameters": [{"Name": "a", "ValueHint": "1"}]}}}, "Autotune"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(stage, given, words):
    assert words in refused(stage, **given)


def test_a_hyperparameter_is_static_or_tuned(stage):
    assert "both static and tuned" in refused(stage, definition=stage.definition(static={"rate": "1"}))


def test_exactly_one_of_the_two_ways_to_define_training_jobs(stage):
    several = [{**stage.definition(), "DefinitionName": "a", "TuningObjective": AIM}]
    assert "Exactly one of" in refused(stage, TrainingJobDefinitions=several)
    request = stage.request()
    del request["TrainingJobDefinition"]
    with pytest.raises(ClientError, match="Exactly one of"):
        stage.sagemaker.create_hyper_parameter_tuning_job(**request)
    with pytest.raises(ClientError, match="each has its own"):
        stage.sagemaker.create_hyper_parameter_tuning_job(**request, TrainingJobDefinitions=several)


def test_what_refuses_the_training_jobs_refuses_the_tuning_job_and_leaves_nothing(stage):
    definition = stage.definition()
    definition["OutputDataConfig"] = {"S3OutputPath": "s3://nobody-has-this/out"}
    assert "nobody-has-this" in refused(stage, definition=definition)
    channel = {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{stage.aws.bucket}/nothing/"}},
    }
    assert "No S3 objects found under S3 URL" in refused(stage, definition=stage.definition(InputDataConfig=[channel]))
    assert stage.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
    name = stage.start()
    assert stage.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []  # the rehearsal left nothing either
    assert refused(stage, "ResourceInUse", HyperParameterTuningJobName=name).startswith(
        "Hyperparameter tuning job names"
    )


def test_a_built_in_algorithm_tells_its_own_metrics_only(stage):
    definition = stage.definition()
    definition["AlgorithmSpecification"] = {
        "TrainingImage": images.images()["sagemaker-xgboost"].uri(), "TrainingInputMode": "File",
    }  # fmt: skip
    definition["StaticHyperParameters"] = {"num_round": "3"}
    words = refused(stage, definition=definition)
    assert "[score], isn't valid for the [sagemaker-xgboost] algorithm" in words
    assert "validation:auc" in words


def test_quotas_are_aws_s(stage):
    limits = {"MaxNumberOfTrainingJobs": 751, "MaxParallelTrainingJobs": 1}
    assert "751" in refused(stage, "ResourceLimitExceeded", config={"ResourceLimits": limits})


def test_instances_by_either_member(stage):
    definition = stage.definition()
    instances = {**definition["ResourceConfig"]}
    definition["HyperParameterTuningResourceConfig"] = {
        "InstanceConfigs": [instances],
        "AllocationStrategy": "Prioritized",
    }
    assert "Exactly one of ResourceConfig" in refused(stage, definition=definition)
    del definition["ResourceConfig"]
    name = stage.start(definition=definition)
    assert stage.describe(name)["TrainingJobDefinition"]["ResourceConfig"] == instances
    stage.tick()
    child = stage.training.describe(stage.jobs(name)[0]["TrainingJobName"])
    assert {member: child["ResourceConfig"][member] for member in instances} == instances
