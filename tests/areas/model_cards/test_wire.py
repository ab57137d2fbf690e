"""Cards over the wire, as boto3 sees them."""

import json

import pytest
from botocore.exceptions import ClientError
from django.contrib.auth import get_user_model

from catalog.models import AccessKey, Grant, Record, Role
from tests.areas.model_cards.content import CONTENT


@pytest.fixture
def cards(aws):
    return aws.client("sagemaker")


def make(cards, name="churn", content=CONTENT, status="Draft", **more):
    return cards.create_model_card(
        ModelCardName=name, Content=json.dumps(content), ModelCardStatus=status, **more
    )["ModelCardArn"]  # fmt: skip


def refused(call, **request) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_change_of_content_makes_a_version_and_the_old_one_stays(aws, cards):
    arn = make(cards, Tags=[{"Key": "team", "Value": "growth"}])
    assert arn == f"arn:aws:sagemaker:us-east-1:{aws.number}:model-card/churn"
    newer = {**CONTENT, "business_details": {"business_problem": "Ünïcode 顧客 🙂"}}
    cards.update_model_card(ModelCardName="churn", Content=json.dumps(newer))
    latest, first = (
        cards.describe_model_card(ModelCardName=arn),
        cards.describe_model_card(ModelCardName="churn", ModelCardVersion=1),
    )
    assert (latest["ModelCardVersion"], json.loads(latest["Content"])) == (2, newer)
    assert (first["ModelCardVersion"], json.loads(first["Content"])) == (1, CONTENT)
    assert first["CreationTime"] == latest["CreationTime"] and first["LastModifiedTime"] < latest["LastModifiedTime"]
    assert latest["CreatedBy"]["IamIdentity"]["Arn"].endswith(":root")
    assert cards.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "growth"}]


def test_a_change_of_status_alone_keeps_the_version(cards):
    make(cards)
    cards.update_model_card(ModelCardName="churn", ModelCardStatus="PendingReview")
    cards.update_model_card(ModelCardName="churn", ModelCardStatus="Approved", Content=json.dumps(CONTENT, indent=None))
    found = cards.describe_model_card(ModelCardName="churn")
    assert (found["ModelCardVersion"], found["ModelCardStatus"]) == (1, "Approved")
    cards.update_model_card(ModelCardName="churn", Content="{}")
    listed = cards.list_model_card_versions(ModelCardName="churn")["ModelCardVersionSummaryList"]
    assert [(one["ModelCardVersion"], one["ModelCardStatus"]) for one in listed] == [(2, "Approved"), (1, "Approved")]
    cards.update_model_card(ModelCardName="churn", ModelCardStatus="Draft")
    drafts = cards.list_model_card_versions(ModelCardName="churn", ModelCardStatus="Draft")[
        "ModelCardVersionSummaryList"
    ]
    assert [one["ModelCardVersion"] for one in drafts] == [2]


def test_an_archived_card_takes_no_content(cards):
    make(cards, status="Archived")
    said = refused(cards.update_model_card, ModelCardName="churn", Content="{}")
    assert said == ("ConflictException", "Model Card is in Archived state.")
    cards.update_model_card(ModelCardName="churn", ModelCardStatus="Draft")
    cards.update_model_card(ModelCardName="churn", Content="{}")
    assert cards.describe_model_card(ModelCardName="churn")["ModelCardVersion"] == 2


def test_what_is_refused(cards):
    make(cards)
    again = refused(cards.create_model_card, ModelCardName="churn", Content="{}", ModelCardStatus="Draft")
    assert again[0] == "ConflictException"
    assert refused(cards.describe_model_card, ModelCardName="nobody")[0] == "ResourceNotFound"
    assert refused(cards.describe_model_card, ModelCardName="churn", ModelCardVersion=9)[0] == "ResourceNotFound"
    assert refused(cards.update_model_card, ModelCardName="nobody", Content="{}")[0] == "ResourceNotFound"
    assert refused(cards.list_model_card_versions, ModelCardName="nobody")[0] == "ResourceNotFound"
    assert refused(cards.delete_model_card, ModelCardName="nobody")[0] == "ResourceNotFound"
    assert refused(cards.update_model_card, ModelCardName="churn")[0] == "ValidationException"
    elsewhere = "arn:aws:sagemaker:us-east-1:999999999999:model-card/churn"
    assert refused(cards.describe_model_card, ModelCardName=elsewhere)[0] in (
        "ResourceNotFound",
        "AccessDeniedException",
    )
    bad = json.dumps({"intended_uses": {"risk_rating": "none"}})
    code, words = refused(cards.create_model_card, ModelCardName="b", Content=bad, ModelCardStatus="Draft")
    assert code == "ValidationException" and "intended_uses.risk_rating: must be one of High" in words
    sealed = {"ModelCardName": "b", "Content": "{}", "SecurityConfig": {"KmsKeyId": "key"}}
    assert "not supported" in refused(cards.create_model_card, ModelCardStatus="Draft", **sealed)[1]


def test_versions_page_in_both_directions(cards):
    make(cards)
    for number in range(2, 13):
        cards.update_model_card(
            ModelCardName="churn", Content=json.dumps({"model_overview": {"model_version": number}})
        )
    for order, expected in (("Ascending", list(range(1, 13))), ("Descending", list(range(12, 0, -1)))):
        numbers, token = [], {}
        while True:
            page = cards.list_model_card_versions(ModelCardName="churn", SortOrder=order, MaxResults=5, **token)
            numbers += [one["ModelCardVersion"] for one in page["ModelCardVersionSummaryList"]]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        assert numbers == expected


def test_search_finds_a_card_by_its_model_risk_and_group(cards):
    make(cards)
    grouped = {"model_package_details": {"model_package_group_name": "g"}, "intended_uses": {"risk_rating": "High"}}
    make(cards, "other", grouped)
    for name, value, found in (("ModelId", "churn-model", ["churn"]), ("RiskRating", "High", ["other"]),
                               ("ModelPackageGroupName", "g", ["other"])):  # fmt: skip
        answer = cards.search(Resource="ModelCard", SearchExpression={"Filters": [{"Name": name, "Value": value}]})
        assert [one["ModelCard"]["ModelCardName"] for one in answer["Results"]] == found
    cards.update_model_card(ModelCardName="other", Content="{}")
    gone = cards.search(Resource="ModelCard", SearchExpression={"Filters": [{"Name": "RiskRating", "Value": "High"}]})
    assert gone["Results"] == []
    assert "RiskRating" not in cards.describe_model_card(ModelCardName="churn")


def test_delete_takes_the_versions_and_frees_the_name(aws, cards):
    make(cards)
    cards.update_model_card(ModelCardName="churn", Content="{}")
    cards.delete_model_card(ModelCardName="churn")
    assert not Record.objects.filter(connection=aws.connection, name__startswith="churn").exists()
    make(cards)
    assert cards.describe_model_card(ModelCardName="churn")["ModelCardVersion"] == 1


def test_metadata_only_leaves_the_content_out(cards):
    make(cards)
    found = cards.describe_model_card(ModelCardName="churn", IncludedData="MetadataOnly")
    assert (found["Content"], found["ModelCardVersion"]) == ("", 1)


def test_who_may_see_some_cards_sees_no_others(aws, cards):
    """A person whose role names churn-* can't reach another card: not by Describe, List, versions or an export."""
    import boto3

    make(cards, "churn-card")
    make(cards, "secret-card")
    person = get_user_model().objects.create_user(f"eve-{aws.number}")
    nouns = ["ModelCard", "ModelCardExportJob", "S3Object"]
    rules = [
        {"verbs": ["view", "create", "update", "delete"], "nouns": nouns, "names": ["churn-*", f"{aws.bucket}/churn/*"]}
    ]
    role = Role.objects.create(name=f"cards-{aws.number}", rules=rules)
    Grant.objects.create(role=role, user=person, connection=aws.connection)
    key = AccessKey.objects.create(
        key_id=f"AKIAEVE{aws.number}", secret="s" * 40, account=aws.number, user=person.username,
        principal=f"arn:aws:iam::{aws.number}:user/{person.username}",
    )  # fmt: skip
    eve = boto3.client("sagemaker", region_name=aws.region, endpoint_url=aws.engine.url,
                       aws_access_key_id=key.key_id, aws_secret_access_key=key.secret)  # fmt: skip
    assert [one["ModelCardName"] for one in eve.list_model_cards()["ModelCardSummaries"]] == ["churn-card"]
    assert eve.describe_model_card(ModelCardName="churn-card")["CreatedBy"]
    out = {"OutputConfig": {"S3OutputPath": f"s3://{aws.bucket}/churn/"}}
    for call, request in (
        (eve.describe_model_card, {}), (eve.list_model_card_versions, {}), (eve.list_model_card_export_jobs, {}),
        (eve.update_model_card, {"Content": "{}"}), (eve.delete_model_card, {}),
        (eve.create_model_card_export_job, {"ModelCardExportJobName": "churn-x", **out}),
    ):  # fmt: skip
        assert refused(call, ModelCardName="secret-card", **request)[0] == "AccessDeniedException", call
    arn = eve.create_model_card_export_job(
        ModelCardName="churn-card", ModelCardExportJobName="churn-x", **out
    )["ModelCardExportJobArn"]  # fmt: skip
    assert eve.describe_model_card_export_job(ModelCardExportJobArn=arn)["Status"] in ("InProgress", "Completed")
    elsewhere = {"S3OutputPath": f"s3://{aws.bucket}/other/"}
    said = refused(eve.create_model_card_export_job, ModelCardName="churn-card", ModelCardExportJobName="churn-y",
                   OutputConfig=elsewhere)  # fmt: skip
    assert said[0] == "AccessDeniedException"
