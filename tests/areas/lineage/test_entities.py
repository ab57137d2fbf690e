"""Artifacts, actions, contexts and trial components over the wire."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


def refused(call, **request) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**request)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def source(name: str, **more) -> dict:
    return {"Source": {"SourceUri": f"s3://bucket/{name}", **more}}


def test_an_artifact_from_its_making_to_its_end(aws, sagemaker):
    made = sagemaker.create_artifact(
        **source("a"), ArtifactName="first", ArtifactType="DataSet", Properties={"rows": "3", "old": "1"},
        MetadataProperties={"CommitId": "8be01d4"}, Tags=[{"Key": "team", "Value": "nlp"}],
    )["ArtifactArn"]  # fmt: skip
    assert made.startswith(f"arn:aws:sagemaker:us-east-1:{aws.number}:artifact/")
    assert len(made.rpartition("/")[2]) == 32
    found = sagemaker.describe_artifact(ArtifactArn=made)
    assert (found["ArtifactName"], found["ArtifactType"]) == ("first", "DataSet")
    assert found["Source"] == {"SourceUri": "s3://bucket/a"}
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == f"arn:aws:iam::{aws.number}:root"
    assert found["LineageGroupArn"].endswith(":lineage-group/sagemaker-default-lineage-group")
    assert sagemaker.list_tags(ResourceArn=made)["Tags"] == [{"Key": "team", "Value": "nlp"}]
    sagemaker.update_artifact(
        ArtifactArn=made, ArtifactName="second", Properties={"rows": "4", "x": "y"}, PropertiesToRemove=["x"]
    )
    found = sagemaker.describe_artifact(ArtifactArn=made)
    assert (found["ArtifactName"], found["Properties"]) == ("second", {"rows": "4"})
    assert found["LastModifiedTime"] > found["CreationTime"]
    assert sagemaker.delete_artifact(ArtifactArn=made)["ArtifactArn"] == made
    assert refused(sagemaker.describe_artifact, ArtifactArn=made)[0] == "ResourceNotFound"


def test_one_artifact_for_each_source(sagemaker):
    types = {"SourceTypes": [{"SourceIdType": "S3ETag", "Value": "abc"}]}
    first = sagemaker.create_artifact(**source("one"), ArtifactType="DataSet")["ArtifactArn"]
    code, message = refused(sagemaker.create_artifact, **source("one"), ArtifactType="Model")
    assert code == "ValidationException" and "already exists" in message
    other = sagemaker.create_artifact(**source("one", **types), ArtifactType="DataSet")["ArtifactArn"]
    assert other != first
    found = sagemaker.list_artifacts(SourceUri="s3://bucket/one")["ArtifactSummaries"]
    assert {one["ArtifactArn"] for one in found} == {first, other}


def test_an_artifact_without_a_name_has_none(sagemaker):
    arn = sagemaker.create_artifact(**source("nameless"), ArtifactType="DataSet")["ArtifactArn"]
    assert "ArtifactName" not in sagemaker.describe_artifact(ArtifactArn=arn)
    (found,) = sagemaker.list_artifacts(SourceUri="s3://bucket/nameless")["ArtifactSummaries"]
    assert "ArtifactName" not in found


def test_an_artifact_is_deleted_by_its_source_too(sagemaker):
    arn = sagemaker.create_artifact(**source("by-source"), ArtifactType="DataSet")["ArtifactArn"]
    assert refused(sagemaker.delete_artifact)[0] == "ValidationException"
    assert refused(sagemaker.delete_artifact, ArtifactArn=arn, **source("by-source"))[0] == "ValidationException"
    assert sagemaker.delete_artifact(**source("by-source"))["ArtifactArn"] == arn
    assert sagemaker.create_artifact(**source("by-source"), ArtifactType="DataSet")["ArtifactArn"] == arn


def test_artifacts_are_listed_by_type_and_time_in_pages(sagemaker):
    arns = [sagemaker.create_artifact(**source(f"p{n}"), ArtifactType="AB"[n % 2])["ArtifactArn"] for n in range(5)]
    listed = sagemaker.list_artifacts()["ArtifactSummaries"]
    assert [one["ArtifactArn"] for one in listed] == arns[::-1]
    pages = list(sagemaker.get_paginator("list_artifacts").paginate(
        ArtifactType="A", SortOrder="Ascending", PaginationConfig={"PageSize": 2}))  # fmt: skip
    assert [[one["ArtifactArn"] for one in page["ArtifactSummaries"]] for page in pages] == [arns[0:3:2], [arns[4]]]
    middle = listed[2]["CreationTime"]
    after = sagemaker.list_artifacts(CreatedAfter=middle, SortBy="CreationTime")["ArtifactSummaries"]
    assert [one["ArtifactArn"] for one in after] == arns[:2:-1]
    before = sagemaker.list_artifacts(CreatedBefore=middle)["ArtifactSummaries"]
    assert [one["ArtifactArn"] for one in before] == arns[1::-1]


@pytest.mark.parametrize("noun", ["action", "context"])
def test_actions_and_contexts(aws, sagemaker, noun):
    def ask(verb, **request):
        return getattr(sagemaker, f"{verb}_{noun}")(**request)

    word = noun.capitalize()
    name = {f"{word}Name": "deploy"}
    arn = ask("create", **name, **source("thing", SourceType="S3"), **{f"{word}Type": "Deployment"},
              Description="why", Properties={"a": "1"})[f"{word}Arn"]  # fmt: skip
    assert arn == f"arn:aws:sagemaker:us-east-1:{aws.number}:{noun}/deploy"
    code, message = refused(
        getattr(sagemaker, f"create_{noun}"), **name, **source("thing"), **{f"{word}Type": "Deployment"}
    )
    assert code == "ValidationException" and "already exists" in message
    for called in ("deploy", arn):
        found = ask("describe", **{f"{word}Name": called})
        assert (found[f"{word}Arn"], found[f"{word}Type"], found["Description"]) == (arn, "Deployment", "why")
    ask("update", **name, Description="because", Properties={"b": "2"})
    found = ask("describe", **name)
    assert (found["Description"], found["Properties"]) == ("because", {"b": "2"})
    lister = getattr(sagemaker, f"list_{noun}s")
    for asked, count in (({"SourceUri": "s3://bucket/thing"}, 1), ({"SourceUri": "s3://bucket/thin"}, 0),
                         ({f"{word}Type": "Deployment"}, 1), ({f"{word}Type": "Other"}, 0)):  # fmt: skip
        assert len(lister(**asked)[f"{word}Summaries"]) == count, asked
    ask("delete", **name)
    assert refused(getattr(sagemaker, f"describe_{noun}"), **name)[0] == "ResourceNotFound"
    assert refused(getattr(sagemaker, f"delete_{noun}"), **name)[0] == "ResourceNotFound"


def test_an_action_has_a_status(sagemaker):
    sagemaker.create_action(ActionName="step", **source("x"), ActionType="T")
    assert sagemaker.describe_action(ActionName="step")["Status"] == "Unknown"
    sagemaker.update_action(ActionName="step", Status="Completed")
    assert sagemaker.list_actions()["ActionSummaries"][0]["Status"] == "Completed"


def test_more_properties_than_may_be_are_refused(sagemaker):
    sagemaker.create_trial_component(
        TrialComponentName="full", InputArtifacts={str(n): {"Value": "v"} for n in range(60)}
    )
    code, message = refused(
        sagemaker.update_trial_component, TrialComponentName="full", InputArtifacts={"x": {"Value": "v"}}
    )
    assert code == "ValidationException" and "at most 60" in message
    assert len(sagemaker.describe_trial_component(TrialComponentName="full")["InputArtifacts"]) == 60


def test_a_trial_component_is_merged_by_updates(aws, sagemaker):
    made = sagemaker.create_trial_component(
        TrialComponentName="run", Parameters={"lr": {"NumberValue": 0.1}, "opt": {"StringValue": "adam"}},
        Status={"PrimaryStatus": "InProgress"}, Tags=[{"Key": "sagemaker:trial-component-source", "Value": "run"}],
    )["TrialComponentArn"]  # fmt: skip
    assert made == f"arn:aws:sagemaker:us-east-1:{aws.number}:experiment-trial-component/run"
    sagemaker.update_trial_component(
        TrialComponentName="run", DisplayName="My-run", Parameters={"lr": {"NumberValue": 0.2}},
        ParametersToRemove=["opt"], OutputArtifacts={"model": {"Value": "s3://b/m"}}, Status={"PrimaryStatus": "Completed"},
    )  # fmt: skip
    found = sagemaker.describe_trial_component(TrialComponentName=made)
    assert found["Parameters"] == {"lr": {"NumberValue": 0.2}}
    assert found["OutputArtifacts"] == {"model": {"Value": "s3://b/m"}}
    assert (found["DisplayName"], found["Status"]["PrimaryStatus"]) == ("My-run", "Completed")
    (summary,) = sagemaker.list_trial_components()["TrialComponentSummaries"]
    assert summary["DisplayName"] == "My-run"
    searched = sagemaker.search(
        Resource="ExperimentTrialComponent",
        SearchExpression={"Filters": [{"Name": "DisplayName", "Operator": "Equals", "Value": "My-run"}]},
    )["Results"]
    assert [one["TrialComponent"]["TrialComponentName"] for one in searched] == ["run"]
    assert searched[0]["TrialComponent"]["Tags"][0]["Value"] == "run"
    sagemaker.delete_trial_component(TrialComponentName="run")
    assert refused(sagemaker.describe_trial_component, TrialComponentName="run")[0] == "ResourceNotFound"


def test_the_one_lineage_group(aws, sagemaker):
    (group,) = sagemaker.list_lineage_groups()["LineageGroupSummaries"]
    assert group["LineageGroupArn"].startswith(f"arn:aws:sagemaker:us-east-1:{aws.number}:lineage-group/")
    found = sagemaker.describe_lineage_group(LineageGroupName=group["LineageGroupName"])
    assert found["LineageGroupArn"] == group["LineageGroupArn"]
    code, message = refused(sagemaker.get_lineage_group_policy, LineageGroupName=group["LineageGroupArn"])
    assert code == "ResourceNotFound" and "Cannot find resource policy" in message
    assert refused(sagemaker.describe_lineage_group, LineageGroupName="other")[0] == "ResourceNotFound"
