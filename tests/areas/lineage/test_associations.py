"""Associations over the wire: what is refused, how they are listed."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


@pytest.fixture
def things(sagemaker) -> dict[str, str]:
    """An artifact, an action, a context and a trial component: word → ARN."""
    uri = {"Source": {"SourceUri": "s3://bucket/x"}}
    return {
        "model": sagemaker.create_artifact(**uri, ArtifactName="m", ArtifactType="Model")["ArtifactArn"],
        "data": sagemaker.create_artifact(Source={"SourceUri": "s3://b/d"}, ArtifactType="DataSet")["ArtifactArn"],
        "action": sagemaker.create_action(ActionName="a", **uri, ActionType="ModelDeployment")["ActionArn"],
        "context": sagemaker.create_context(ContextName="c", **uri, ContextType="Endpoint")["ContextArn"],
        "run": sagemaker.create_trial_component(TrialComponentName="r")["TrialComponentArn"],
    }


def code(call, **request) -> str:
    with pytest.raises(ClientError) as raised:
        call(**request)
    return raised.value.response["Error"]["Code"]


def test_add_list_delete(sagemaker, things):
    ends = {"SourceArn": things["model"], "DestinationArn": things["action"]}
    answer = sagemaker.add_association(**ends, AssociationType="ContributedTo")
    assert {key: answer[key] for key in ends} == ends
    (found,) = sagemaker.list_associations(SourceArn=things["model"])["AssociationSummaries"]
    assert {key: found[key] for key in ends} == ends
    assert (found["SourceType"], found["DestinationType"]) == ("Model", "ModelDeployment")
    assert (found["SourceName"], found["DestinationName"]) == ("m", "a")
    assert found["AssociationType"] == "ContributedTo"
    assert found["CreatedBy"]["IamIdentity"]["Arn"].startswith("arn:aws:iam::")
    sagemaker.delete_association(**ends)
    assert sagemaker.list_associations(SourceArn=things["model"])["AssociationSummaries"] == []
    assert code(sagemaker.delete_association, **ends) == "ResourceNotFound"
    sagemaker.add_association(**ends)  # it may come back


def test_a_second_one_between_the_same_two_is_refused(sagemaker, things):
    ends = {"SourceArn": things["model"], "DestinationArn": things["action"]}
    sagemaker.add_association(**ends, AssociationType="ContributedTo")
    with pytest.raises(ClientError) as raised:
        sagemaker.add_association(**ends, AssociationType="SameAs")
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    assert "already exists" in raised.value.response["Error"]["Message"]
    sagemaker.add_association(SourceArn=ends["DestinationArn"], DestinationArn=ends["SourceArn"])  # a cycle may be


def test_ends_must_be_there_and_two(aws, sagemaker, things):
    unknown = f"arn:aws:sagemaker:us-east-1:{aws.number}:artifact/{'0' * 32}"
    elsewhere = things["model"].replace(aws.number, "999999999999")
    for wrong in (unknown, elsewhere):
        assert code(sagemaker.add_association, SourceArn=wrong, DestinationArn=things["run"]) == "ResourceNotFound"
        assert code(sagemaker.add_association, SourceArn=things["run"], DestinationArn=wrong) == "ResourceNotFound"
    assert code(
        sagemaker.add_association, SourceArn=things["run"], DestinationArn=things["run"]
    ) == "ValidationException"  # fmt: skip


def test_what_has_associations_can_not_be_deleted(sagemaker, things):
    ends = {"SourceArn": things["data"], "DestinationArn": things["run"]}
    sagemaker.add_association(**ends)
    assert code(sagemaker.delete_artifact, ArtifactArn=things["data"]) == "ValidationException"
    sagemaker.delete_association(**ends)
    sagemaker.delete_artifact(ArtifactArn=things["data"])


def test_a_trial_component_takes_its_associations_with_it_and_brings_them_back(sagemaker, things):
    """SDK v2's Experiment._delete_all deletes components that have associations."""
    from catalog import bin
    from catalog.models import Record

    sagemaker.add_association(SourceArn=things["data"], DestinationArn=things["run"])
    sagemaker.add_association(SourceArn=things["model"], DestinationArn=things["run"])
    sagemaker.delete_trial_component(TrialComponentName="r")
    assert sagemaker.list_associations(SourceArn=things["data"])["AssociationSummaries"] == []
    sagemaker.delete_artifact(ArtifactArn=things["model"])
    bin.restore(Record.objects.get(kind="DeletedTrialComponent", arn__endswith=things["run"]))
    (found,) = sagemaker.list_associations(DestinationArn=things["run"])["AssociationSummaries"]
    assert found["SourceArn"] == things["data"]


def test_types_are_asked_for_by_kind_too(sagemaker, things):
    for word in ("action", "context", "run"):
        sagemaker.add_association(SourceArn=things["model"], DestinationArn=things[word])

    def found(**asked) -> set[str]:
        answer = sagemaker.list_associations(SourceArn=things["model"], **asked)["AssociationSummaries"]
        return {one["DestinationArn"] for one in answer}

    assert found(DestinationType="ModelDeployment") == found(DestinationType="Action") == {things["action"]}
    assert found(DestinationType="Endpoint") == found(DestinationType="Context") == {things["context"]}
    assert found(DestinationType="SageMakerExperimentTrialComponent") == {things["run"]}
    assert found(DestinationType="Artifact") == set()
    assert found(SourceType="Model") == found(SourceType="Artifact") == found()


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("by", ["SourceArn", "DestinationArn", "SourceType", "DestinationType", "CreationTime"])
def test_every_sort_pages_without_gap_or_overlap(sagemaker, things, by, order):
    for word in ("action", "context", "run"):
        sagemaker.add_association(SourceArn=things["model"], DestinationArn=things[word], AssociationType="Produced")
        sagemaker.add_association(SourceArn=things["data"], DestinationArn=things[word])
    whole = sagemaker.list_associations(SortBy=by, SortOrder=order)["AssociationSummaries"]
    values = [one[by] for one in whole]
    assert values == sorted(values, reverse=order == "Descending")
    pages = sagemaker.get_paginator("list_associations").paginate(
        SortBy=by, SortOrder=order, PaginationConfig={"PageSize": 2}
    )
    assert [one for page in pages for one in page["AssociationSummaries"]] == whole and len(whole) == 6
    produced = sagemaker.list_associations(AssociationType="Produced")["AssociationSummaries"]
    assert {one["SourceArn"] for one in produced} == {things["model"]} and len(produced) == 3
    times = sorted(one["CreationTime"] for one in whole)
    assert len(sagemaker.list_associations(CreatedAfter=times[2])["AssociationSummaries"]) == 3
    assert len(sagemaker.list_associations(CreatedBefore=times[2])["AssociationSummaries"]) == 2


def test_another_account_sees_none_of_it(aws, sagemaker, things):
    from tests.stage import Account

    sagemaker.add_association(SourceArn=things["data"], DestinationArn=things["run"])
    other = Account(aws.engine, str(int(aws.number) + 300_000_000_000)).client("sagemaker")
    assert other.list_associations()["AssociationSummaries"] == []
    assert code(other.list_associations, SourceArn=things["data"]) in ("ResourceNotFound", "AccessDeniedException")
    assert code(other.query_lineage, StartArns=[things["data"]]) in ("ResourceNotFound", "AccessDeniedException")
