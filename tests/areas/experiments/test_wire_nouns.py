"""Experiment, Trial and TrialComponent over the wire: made, found, changed, listed, refused, deleted."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


def refused(call, **request) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def stock(sagemaker) -> None:
    """Two experiments with three trials; component c1 in two of them, c2 in one, c3 in none."""
    for experiment, trials in (("churn", ("t1", "t2")), ("fraud", ("t3",))):
        sagemaker.create_experiment(ExperimentName=experiment)
        for trial in trials:
            sagemaker.create_trial(TrialName=trial, ExperimentName=experiment)
    for name in ("c1", "c2", "c3"):
        sagemaker.create_trial_component(TrialComponentName=name)
    for component, trial in (("c1", "t1"), ("c1", "t3"), ("c2", "t2")):
        sagemaker.associate_trial_component(TrialComponentName=component, TrialName=trial)


def test_an_experiment_is_made_described_and_updated(aws, sagemaker):
    arn = sagemaker.create_experiment(
        ExperimentName="churn", Description="why they leave", Tags=[{"Key": "team", "Value": "risk"}]
    )["ExperimentArn"]
    assert arn == f"arn:aws:sagemaker:us-east-1:{aws.number}:experiment/churn"
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "risk"}]
    found = sagemaker.describe_experiment(ExperimentName="churn")
    assert (found["DisplayName"], found["Description"]) == ("churn", "why they leave")
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == f"arn:aws:iam::{aws.number}:root"
    sagemaker.update_experiment(ExperimentName="churn", DisplayName="Churn-2026", Description="still")
    changed = sagemaker.describe_experiment(ExperimentName="churn")
    assert (changed["DisplayName"], changed["Description"]) == ("Churn-2026", "still")
    assert changed["LastModifiedTime"] > found["LastModifiedTime"] and changed["CreationTime"] == found["CreationTime"]


@pytest.mark.parametrize(
    "noun, more", [("experiment", {}), ("trial", {"ExperimentName": "e"}), ("trial_component", {})]
)
def test_a_name_is_given_once_and_what_is_missing_is_not_found(sagemaker, noun, more):
    sagemaker.create_experiment(ExperimentName="e")
    word = "".join(part.capitalize() for part in noun.split("_"))
    create, name = getattr(sagemaker, f"create_{noun}"), {f"{word}Name": "twice"}
    create(**name, **more)
    code, message = refused(create, **name, **more)
    assert code == "ValidationException" and "already exists" in message
    for verb in ("describe", "update", "delete"):
        code, message = refused(getattr(sagemaker, f"{verb}_{noun}"), **{f"{word}Name": "nowhere"})
        assert code == "ResourceNotFound" and "nowhere" in message


def test_a_trial_needs_its_experiment(aws, sagemaker):
    assert refused(sagemaker.create_trial, TrialName="t", ExperimentName="none")[0] == "ResourceNotFound"
    sagemaker.create_experiment(ExperimentName="e")
    arn = sagemaker.create_trial(TrialName="t", ExperimentName="e", DisplayName="First")["TrialArn"]
    assert arn == f"arn:aws:sagemaker:us-east-1:{aws.number}:experiment-trial/t"
    found = sagemaker.describe_trial(TrialName="t")
    assert (found["ExperimentName"], found["DisplayName"]) == ("e", "First")
    sagemaker.update_trial(TrialName="t", DisplayName="Second")
    assert sagemaker.describe_trial(TrialName="t")["DisplayName"] == "Second"


def test_trials_and_components_are_listed_by_what_they_belong_to(aws, sagemaker):
    stock(sagemaker)

    def trials(**asked):
        return [one["TrialName"] for one in sagemaker.list_trials(**asked)["TrialSummaries"]]

    def components(**asked):
        found = sagemaker.list_trial_components(**asked)["TrialComponentSummaries"]
        return [one["TrialComponentName"] for one in found]

    assert trials() == ["t3", "t2", "t1"]
    assert trials(ExperimentName="churn", SortBy="Name", SortOrder="Ascending") == ["t1", "t2"]
    assert trials(TrialComponentName="c1") == ["t3", "t1"]
    assert trials(TrialComponentName="c1", ExperimentName="fraud") == ["t3"]
    assert components(SortBy="Name") == ["c3", "c2", "c1"]
    assert components(ExperimentName="churn") == ["c2", "c1"]
    assert components(TrialName="t3") == ["c1"]
    assert components(SourceArn="arn:aws:sagemaker:us-east-1:1:training-job/none") == []
    experiments = sagemaker.list_experiments(SortBy="Name", SortOrder="Ascending")["ExperimentSummaries"]
    assert [one["ExperimentName"] for one in experiments] == ["churn", "fraud"]
    pages = sagemaker.get_paginator("list_trial_components").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["TrialComponentSummaries"]) for page in pages] == [2, 1]
    middle = sagemaker.describe_trial(TrialName="t2")["CreationTime"]
    assert (trials(CreatedAfter=middle), trials(CreatedBefore=middle)) == (["t3"], ["t1"])
    assert refused(sagemaker.list_trials, ExperimentName="none")[0] == "ResourceNotFound"
    assert refused(sagemaker.list_trial_components, TrialName="none")[0] == "ResourceNotFound"
    code, message = refused(sagemaker.list_trial_components, ExperimentName="churn", TrialName="t1")
    assert code == "ValidationException" and "one of" in message


def test_a_component_is_associated_and_disassociated(aws, sagemaker):
    stock(sagemaker)
    both = {"TrialComponentName": "c2", "TrialName": "t2"}
    answer = sagemaker.associate_trial_component(**both)
    assert answer["TrialArn"].endswith("experiment-trial/t2")
    assert answer["TrialComponentArn"].endswith("experiment-trial-component/c2")
    assert (
        refused(sagemaker.associate_trial_component, TrialComponentName="none", TrialName="t2")[0] == "ResourceNotFound"
    )
    assert (
        refused(sagemaker.associate_trial_component, TrialComponentName="c2", TrialName="none")[0] == "ResourceNotFound"
    )
    sagemaker.disassociate_trial_component(**both)
    assert sagemaker.list_trial_components(TrialName="t2")["TrialComponentSummaries"] == []
    code, message = refused(sagemaker.disassociate_trial_component, **both)
    assert code == "ResourceNotFound" and "not associated" in message


def test_only_what_is_empty_can_be_deleted(aws, sagemaker):
    stock(sagemaker)
    for call, request, word in (
        (sagemaker.delete_experiment, {"ExperimentName": "fraud"}, "trials"),
        (sagemaker.delete_trial, {"TrialName": "t3"}, "components"),
        (sagemaker.delete_trial_component, {"TrialComponentName": "c1"}, "associated"),
    ):
        code, message = refused(call, **request)
        assert code == "ValidationException" and word in message
    for trial in ("t1", "t3"):
        sagemaker.disassociate_trial_component(TrialComponentName="c1", TrialName=trial)
    assert sagemaker.delete_trial_component(TrialComponentName="c1")["TrialComponentArn"].endswith("/c1")
    sagemaker.delete_trial(TrialName="t3")
    sagemaker.delete_experiment(ExperimentName="fraud")
    assert refused(sagemaker.describe_experiment, ExperimentName="fraud")[0] == "ResourceNotFound"
    assert [one["ExperimentName"] for one in sagemaker.list_experiments()["ExperimentSummaries"]] == ["churn"]
    sagemaker.create_experiment(ExperimentName="fraud")


def test_the_wire_keeps_to_the_limits_of_aws(sagemaker):
    code, message = refused(
        sagemaker.create_trial_component, TrialComponentName="many",
        Parameters={str(n): {"NumberValue": n} for n in range(301)},
    )  # fmt: skip
    assert code == "ValidationException" and "300" in message
    sagemaker.create_trial_component(
        TrialComponentName="full", Parameters={str(n): {"NumberValue": n} for n in range(300)}
    )
    code, message = refused(
        sagemaker.update_trial_component, TrialComponentName="full", Parameters={"x": {"StringValue": "y"}}
    )
    assert code == "ValidationException" and "at most 300" in message
    sagemaker.update_trial_component(
        TrialComponentName="full", Parameters={"x": {"StringValue": "y"}}, ParametersToRemove=["0"]
    )
    found = sagemaker.describe_trial_component(TrialComponentName="full")
    assert len(found["Parameters"]) == 300 and found["Parameters"]["x"] == {"StringValue": "y"}
    code, message = refused(sagemaker.create_experiment, ExperimentName="no spaces")
    assert code == "ValidationException" and "pattern" in message


def test_describe_tells_the_sums_of_metrics(aws, sagemaker):
    """Behaviour 21: Count, Min, Max and Last after three puts, and infinities left out."""
    from catalog import metrics
    from catalog.models import Record

    arn = sagemaker.create_trial_component(TrialComponentName="run")["TrialComponentArn"]
    record = Record.objects.get(arn=arn)
    points = [metrics.Point("loss", value, 1000.0 + step, step) for step, value in enumerate((3.0, 1.0, 2.0))]
    metrics.append(record, [*points, metrics.Point("bad", float("inf"), 1000.0, 0)])
    found = {one["MetricName"]: one for one in sagemaker.describe_trial_component(TrialComponentName="run")["Metrics"]}
    loss = found["loss"]
    assert (loss["Count"], loss["Min"], loss["Max"], loss["Last"], loss["Avg"]) == (3, 1.0, 3.0, 2.0, 2.0)
    assert loss["StdDev"] == pytest.approx((2 / 3) ** 0.5) and loss["SourceArn"] == arn
    assert loss["TimeStamp"].timestamp() == 1002.0
    assert found["bad"]["Count"] == 1 and "Max" not in found["bad"]


def test_outsiders_are_refused(aws, cast):
    from catalog.models import Record

    cast.alice.client("sagemaker").create_experiment(ExperimentName="hers")
    charlie, vera = cast.charlie.client("sagemaker"), cast.vera.client("sagemaker")
    for call, request in (
        (charlie.describe_experiment, {"ExperimentName": "hers"}), (charlie.list_experiments, {}),
        (charlie.list_trials, {}), (charlie.list_trial_components, {}),
        (charlie.create_trial, {"TrialName": "t", "ExperimentName": "hers"}),
        (charlie.search, {"Resource": "Experiment"}),
        (vera.create_experiment, {"ExperimentName": "more"}), (vera.delete_experiment, {"ExperimentName": "hers"}),
        (vera.associate_trial_component, {"TrialName": "t", "TrialComponentName": "c"}),
    ):  # fmt: skip
        assert refused(call, **request)[0] == "AccessDeniedException", call
    assert vera.describe_experiment(ExperimentName="hers")["ExperimentName"] == "hers"
    assert Record.objects.filter(connection=aws.connection, kind="Experiment").count() == 1


def test_a_component_is_put_only_into_trials_that_one_may_change(aws, cast):
    from catalog.models import Grant, Role

    stock(aws.client("sagemaker"))
    rules = [
        {"verbs": ["*"], "nouns": ["TrialComponent"]},
        {"verbs": ["*"], "nouns": ["Trial", "Experiment"], "names": ["t*", "churn"]},
    ]
    role = Role.objects.create(name=f"churn only {aws.number}", rules=rules)
    Grant.objects.create(role=role, connection_id=aws.connection.id, user=cast.charlie.user)
    charlie = cast.charlie.client("sagemaker")
    charlie.associate_trial_component(TrialComponentName="c3", TrialName="t1")
    charlie.create_trial(TrialName="t9", ExperimentName="churn")
    for call, request in (
        (charlie.associate_trial_component, {"TrialComponentName": "c3", "TrialName": "t3-x"}),
        (charlie.disassociate_trial_component, {"TrialComponentName": "c1", "TrialName": "other"}),
        (charlie.create_trial, {"TrialName": "t8", "ExperimentName": "fraud"}),
        (charlie.delete_experiment, {"ExperimentName": "fraud"}),
    ):
        code, _ = refused(call, **request)
        assert code == ("ResourceNotFound" if request.get("TrialName") == "t3-x" else "AccessDeniedException"), request
