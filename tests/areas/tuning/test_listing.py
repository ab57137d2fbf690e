"""Lists of tuning jobs and of their training jobs, and warm starts."""

import pytest
from botocore.exceptions import ClientError

from tests.areas.tuning.conftest import continuous, integer


def values(jobs: list[dict]) -> list[float]:
    return [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in jobs]


def test_training_jobs_are_sorted_and_paged(stage):
    scores = [3, None, 1, 2]
    name = stage.start(most=4, parallel=1)
    stage.play(name, lambda trial: {} if scores[trial.number - 1] is None else scores[trial.number - 1])
    assert values(stage.jobs(name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")) == [3, 2, 1]
    assert values(stage.jobs(name, SortBy="FinalObjectiveMetricValue")) == [1, 2, 3]
    by_name = [one["TrainingJobName"] for one in stage.jobs(name)]
    assert by_name == sorted(by_name)
    asked, found = {"HyperParameterTuningJobName": name, "MaxResults": 3, "SortBy": "FinalObjectiveMetricValue"}, []
    while True:
        page = stage.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(**asked)
        found += page["TrainingJobSummaries"]
        if "NextToken" not in page:
            break
        asked["NextToken"] = page["NextToken"]
    assert values(found) == [1, 2, 3]
    with pytest.raises(ClientError) as gone:
        stage.jobs("nobody")
    assert gone.value.response["Error"]["Code"] == "ResourceNotFound"


def test_tuning_jobs_are_listed_by_name_and_searched_for(stage):
    for name in ("b-tune", "a-tune"):
        stage.start(HyperParameterTuningJobName=name, most=1, Tags=[{"Key": "team", "Value": name[0]}])
    listed = stage.sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    assert [one["HyperParameterTuningJobName"] for one in listed] == ["a-tune", "b-tune"]
    assert listed[0]["Strategy"] == "Random"
    assert listed[0]["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 2}
    assert listed[0]["TrainingJobStatusCounters"]["Completed"] == 0
    criteria = {"Filters": [{"Name": "Tags.team", "Operator": "Equals", "Value": "b"}]}
    found = stage.sagemaker.search(Resource="HyperParameterTuningJob", SearchExpression=criteria)["Results"]
    assert [one["HyperParameterTuningJob"]["HyperParameterTuningJobName"] for one in found] == ["b-tune"]


def warm(name: str, kind: str = "IdenticalDataAndAlgorithm") -> dict:
    return {"WarmStartType": kind, "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": name}]}


def test_a_warm_start_learns_from_its_parent_and_shows_the_best_of_both(stage):
    parent = stage.start(strategy="Bayesian", most=12, parallel=1, config={"RandomSeed": 1})
    with pytest.raises(ClientError, match="has not ended: its status is InProgress"):
        stage.start(WarmStartConfig=warm(parent))
    best = stage.play(parent, lambda trial: 1 - abs(float(trial.parameters["rate"]) - 0.8))["BestTrainingJob"]
    name = stage.start(strategy="Bayesian", most=4, parallel=1, WarmStartConfig=warm(parent), config={"RandomSeed": 2})
    done = stage.play(name, lambda trial: float(trial.parameters["rate"]) - 2)  # all worse than the parent's
    assert done["OverallBestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    assert done["OverallBestTrainingJob"]["TuningJobName"] == parent
    assert done["BestTrainingJob"]["TrainingJobName"].startswith(f"{name}-")
    first = float(stage.jobs(name)[0]["TunedHyperParameters"]["rate"])
    assert abs(first - 0.8) < 0.25  # not by chance: it knows its parent's results
    moved = stage.start(most=1, ranges=continuous(high="2"), WarmStartConfig=warm(parent, "TransferLearning"))
    assert "OverallBestTrainingJob" not in stage.play(moved, lambda trial: 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ranges": integer()}, "is integer here and continuous in the parent"),
        ({"ranges": {**continuous(), **integer("depth")}}, "The number of static and tuned hyperparameters"),
        ({"aim": "Minimize"}, "The objective must be that of the parent"),
    ],
)
def test_a_parent_must_fit(stage, changes, words):
    parent = stage.start(most=1, parallel=1)
    stage.play(parent, lambda trial: 1)
    with pytest.raises(ClientError, match=words):
        stage.start(WarmStartConfig=warm(parent), **changes)


def test_identical_means_the_same_inputs(stage):
    parent = stage.start(most=1, parallel=1)
    stage.play(parent, lambda trial: 1)
    uri = stage.training.put("data/rows.csv").rpartition("/")[0]
    source = {"S3DataType": "S3Prefix", "S3Uri": f"{uri}/"}
    definition = stage.definition(InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": source}}])
    with pytest.raises(ClientError, match="InputDataConfig must be that of the parent"):
        stage.start(WarmStartConfig=warm(parent), definition=definition)
    stage.start(WarmStartConfig=warm(parent, "TransferLearning"), definition=definition)


def test_who_may_make_no_training_jobs_may_make_no_tuning_jobs(stage, cast):
    """A tuning job runs code: it asks for what its training jobs ask for."""
    request = stage.request(most=1)
    with pytest.raises(ClientError) as refused:
        cast.vera.client("sagemaker").create_hyper_parameter_tuning_job(**request)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    from catalog.models import Role

    role = Role.objects.get(id=cast.vera.grant.role_id)
    own = Role.objects.create(
        name=f"tunes-{stage.aws.number}",
        rules=[*role.rules, {"verbs": ["create", "view"], "nouns": ["HyperParameterTuningJob", "S3Object"]}],
    )
    type(cast.vera.grant).objects.create(role=own, connection_id=stage.aws.connection.id, user=cast.vera.user)
    with pytest.raises(ClientError, match="create_training_job"):
        cast.vera.client("sagemaker").create_hyper_parameter_tuning_job(**request)
