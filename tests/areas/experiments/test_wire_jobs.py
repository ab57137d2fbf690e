"""ExperimentConfig: where the entry of a job ends up, and that a fault of experiments costs nobody their job."""

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.usefixtures("no_runner")

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


def make_job(aws, name: str, sagemaker=None, **config) -> str:
    key = "train/data.csv"
    aws.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=b"1,2\n0,1\n")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{aws.bucket}/train/"}}
    return (sagemaker or aws.client("sagemaker")).create_training_job(
        TrainingJobName=name, RoleArn=aws.role, HyperParameters={"num_round": "3"}, ExperimentConfig=config,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        InputDataConfig=[{"ChannelName": "train", "ContentType": "text/csv", "DataSource": source}],
        OutputDataConfig={"S3OutputPath": f"s3://{aws.bucket}/out"}, StoppingCondition={"MaxRuntimeInSeconds": 60},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
    )["TrainingJobArn"]  # fmt: skip


def end_job(aws, name: str) -> None:
    """As the runner would, at once."""
    from areas.training.engine import states
    from areas.training.resource import TRAINING_JOB
    from catalog.models import Record
    from engine import store

    record = Record.objects.get(connection=aws.connection, kind="TrainingJob", name=name)
    store.change(
        record.id, lambda document: states.end(document, "Completed", document["CreationTime"] + 5), TRAINING_JOB
    )


def components(sagemaker, **asked) -> list[str]:
    found = sagemaker.list_trial_components(**asked)["TrialComponentSummaries"]
    return [one["TrialComponentName"] for one in found]


def test_a_trial_is_made_where_only_the_experiment_is_named(aws, sagemaker):
    """Behaviour 18; the entry has parameters, artifacts and metrics, and is found as a run of the experiment."""
    from catalog import metrics
    from catalog.models import Record, RunParameter, RunRow

    sagemaker.create_experiment(ExperimentName="churn")
    arn = make_job(aws, "Fit", ExperimentName="churn", TrialComponentDisplayName="First-fit")
    config = sagemaker.describe_training_job(TrainingJobName="Fit")["ExperimentConfig"]
    assert config == {"ExperimentName": "churn", "TrialComponentDisplayName": "First-fit"}
    (trial,) = sagemaker.list_trials(ExperimentName="churn")["TrialSummaries"]
    assert trial["TrialSource"] == {"SourceArn": arn, "SourceType": "SageMakerTrainingJob"}
    assert components(sagemaker, TrialName=trial["TrialName"]) == ["Fit-aws-training-job"]
    assert components(sagemaker, SourceArn=arn) == components(sagemaker, ExperimentName="churn")
    assert components(sagemaker, SourceArn=arn.lower()) == ["Fit-aws-training-job"]  # as SDK v2 asks
    job = Record.objects.get(arn=arn)
    metrics.append(job, [metrics.Point("auc", value, 1000.0 + at, at) for at, value in enumerate((0.5, 0.75))])
    end_job(aws, "Fit")
    found = sagemaker.describe_trial_component(TrialComponentName="Fit-aws-training-job")
    assert found["DisplayName"] == "First-fit" and found["Status"]["PrimaryStatus"] == "Completed"
    assert found["Sources"] == [{"SourceArn": arn, "SourceType": "SageMakerTrainingJob"}]
    assert found["Parameters"]["num_round"] == {"NumberValue": 3.0}
    assert found["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"].startswith(f"s3://{aws.bucket}/out/Fit/")
    (auc,) = found["Metrics"]
    assert (auc["MetricName"], auc["SourceArn"], auc["Last"], auc["Count"]) == ("auc", arn, 0.75, 2)
    experiment = Record.objects.get(connection=aws.connection, kind="Experiment", name="churn")
    row = RunRow.objects.get(record__connection=aws.connection, record__name="Fit-aws-training-job")
    assert (row.experiment, row.source, row.title) == (experiment.id, job.id, "First-fit")
    assert RunParameter.objects.get(run=row.record, key="num_round").experiment == experiment.id
    assert list(job.series.values_list("run", "experiment")) == [(row.record_id, experiment.id)]


def test_a_trial_that_is_there_gets_the_entry(aws, sagemaker):
    sagemaker.create_experiment(ExperimentName="churn")
    sagemaker.create_trial(TrialName="deep", ExperimentName="churn")
    make_job(aws, "a", ExperimentName="churn", TrialName="deep")
    make_job(aws, "b", TrialName="deep")
    assert components(sagemaker, TrialName="deep") == ["b-aws-training-job", "a-aws-training-job"]


def test_without_names_the_entry_is_in_no_trial(aws, sagemaker):
    make_job(aws, "alone", TrialComponentDisplayName="Alone")
    assert sagemaker.list_trials()["TrialSummaries"] == []
    assert sagemaker.describe_trial_component(TrialComponentName="alone-aws-training-job")["DisplayName"] == "Alone"


def test_the_run_that_a_job_works_for_names_it_as_a_source(aws, sagemaker):
    sagemaker.create_experiment(ExperimentName="churn")
    sagemaker.create_trial(TrialName="deep", ExperimentName="churn")
    sagemaker.create_trial_component(TrialComponentName="churn-mine", DisplayName="mine")
    for number, run in enumerate(("churn-mine", "churn-new")):
        arn = make_job(aws, f"job{number}", ExperimentName="churn", TrialName="deep", RunName=run)
        found = sagemaker.describe_trial_component(TrialComponentName=run)
        assert found["Sources"] == [{"SourceArn": arn, "SourceType": "SageMakerTrainingJob"}]
    assert sagemaker.describe_trial_component(TrialComponentName="churn-mine")["DisplayName"] == "mine"
    assert {"churn-mine", "churn-new", "job0-aws-training-job"} < set(components(sagemaker, TrialName="deep"))
    assert sagemaker.describe_training_job(TrainingJobName="job1")["ExperimentConfig"]["RunName"] == "churn-new"


@pytest.mark.parametrize(
    "config, code",
    [
        ({"ExperimentName": "none"}, "ResourceNotFound"),
        ({"ExperimentName": "churn", "TrialName": "none"}, "ResourceNotFound"),
        ({"TrialName": "none"}, "ResourceNotFound"),
        ({"ExperimentName": "fraud", "TrialName": "deep"}, "ValidationException"),
    ],
)
def test_what_is_not_there_refuses_the_job(aws, sagemaker, config, code):
    for name in ("churn", "fraud"):
        sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_trial(TrialName="deep", ExperimentName="churn")
    with pytest.raises(ClientError) as raised:
        make_job(aws, "refused", **config)
    assert raised.value.response["Error"]["Code"] == code
    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
    assert components(sagemaker) == []


def test_a_fault_of_ours_costs_nobody_their_job(aws, sagemaker, monkeypatch):
    from areas.experiments.engine import jobs

    def broken(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(jobs, "join", broken)
    sagemaker.create_experiment(ExperimentName="churn")
    make_job(aws, "goes-on", ExperimentName="churn")
    assert sagemaker.describe_training_job(TrainingJobName="goes-on")["TrainingJobStatus"] == "InProgress"
    assert sagemaker.list_trials()["TrialSummaries"] == []


def test_who_may_not_change_an_experiment_puts_no_job_into_it(aws, cast, sagemaker):
    from catalog.models import Grant, Role

    sagemaker.create_experiment(ExperimentName="theirs")
    rules = [{"verbs": ["*"], "nouns": ["TrainingJob", "S3Object", "ExecutionRole"]}]
    role = Role.objects.create(name=f"trains {aws.number}", rules=rules)
    Grant.objects.create(role=role, connection_id=aws.connection.id, user=cast.charlie.user)
    charlie = cast.charlie.client("sagemaker")
    with pytest.raises(ClientError) as raised:
        make_job(aws, "sneaks", charlie, ExperimentName="theirs")
    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"
    make_job(aws, "plain", charlie)
