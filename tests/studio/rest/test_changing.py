"""Creating at once, updating, tagging and searching a noun; each is AWS's own call, seen on the wire afterwards."""

import pytest

from areas.index import resources
from catalog.models import Record
from studio.rest.examples import CREATE, UPDATE

SOURCE = {"SourceUri": "https://example.org/1"}


@pytest.fixture
def group(aws):
    aws.client("sagemaker").create_model_package_group(ModelPackageGroupName="churn")
    return aws.client("sagemaker").create_model_package(ModelPackageGroupName="churn")["ModelPackageArn"]


def test_what_is_there_at_once_is_answered_at_once(aws, alice):
    answer = alice.ask("post", "/contexts/", CREATE["Context"])
    assert (answer.status_code, answer["Location"]) == (201, "/api/v1/contexts/penguins-study/")
    assert answer.json()["document"]["ContextType"] == "Study" and answer.json()["owner"].startswith("alice")
    assert aws.client("sagemaker").describe_context(ContextName="penguins-study")["ContextType"] == "Study"
    status, problem = alice.post("/contexts/", CREATE["Context"])
    assert (status, problem["code"]) == (409, "ValidationException")


def test_an_update_is_awss_own(aws, alice):
    alice.post("/model-cards/", CREATE["ModelCard"])
    status, card = alice.call("patch", "/model-cards/penguins/", UPDATE["ModelCard"])
    assert (status, card["status"], card["document"]["ModelCardStatus"]) == (200, "PendingReview", "PendingReview")
    assert aws.client("sagemaker").describe_model_card(ModelCardName="penguins")["ModelCardStatus"] == "PendingReview"
    status, problem = alice.call("patch", "/model-cards/penguins/", {"ModelCardStatus": "Perfect"})
    assert (status, problem["code"]) == (400, "ValidationException")
    assert alice.call("patch", "/model-cards/none/", UPDATE["ModelCard"])[0] == 404


def test_what_is_numbered_is_updated_by_its_name(aws, alice, group):
    status, version = alice.call("patch", "/model-packages/churn/1/", UPDATE["ModelPackage"])
    assert (status, version["document"]["CustomerMetadataProperties"]) == (200, {"owner": "birds"})
    told = aws.client("sagemaker").describe_model_package(ModelPackageName=group)
    assert told["CustomerMetadataProperties"] == {"owner": "birds"}
    status, problem = alice.call("patch", "/model-packages/churn/1/", {"ModelPackageArn": f"{group}0"})
    assert (status, problem["errors"][0]["at"]) == (422, "ModelPackageArn")


@pytest.mark.parametrize("member", ["service", "connection", "operation", "self", "Name; drop", ""])
@pytest.mark.parametrize("method", ["post", "patch"])
def test_only_members_of_requests_reach_the_call(alice, member, method):
    alice.post("/contexts/", CREATE["Context"])
    path = "/contexts/" if method == "post" else "/contexts/penguins-study/"
    status, problem = alice.call(method, path, {"ContextName": "penguins-study", member: "iam"})
    assert (status, problem["errors"][0]["at"]) == (422, member)


def test_a_model_has_no_update(alice):
    answer = alice.ask("patch", "/models/m/", {})
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert "GET" in answer["Allow"] and answer.json()["title"] == "Method not allowed"


def test_every_noun_with_an_update_at_aws_has_a_patch(aws):
    model = aws.client("sagemaker").meta.service_model
    for noun, resource in resources().items():
        assert (noun in UPDATE) == (f"Update{noun}" in model.operation_names), noun
        if noun in UPDATE:
            members = set(model.operation_model(f"Update{noun}").input_shape.members)
            named = resource.arn_field if resource.parent_field else resource.name_field
            assert named in members and set(UPDATE[noun]) <= members - {named}


def test_tags_are_replaced_and_taken_away(aws, alice):
    alice.post("/contexts/", CREATE["Context"])
    path = "/contexts/penguins-study/tags/"
    assert alice.call("put", path, {"team": "birds", "a/b": "c"}) == (200, {"a/b": "c", "team": "birds"})
    assert alice.call("put", path, {"team": "fish", "x": ""}) == (200, {"team": "fish", "x": ""})
    arn = alice.get("/contexts/penguins-study/")[1]["arn"]
    assert {"Key": "team", "Value": "fish"} in aws.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    assert alice.delete(f"{path}?key=x&key=none")[0] == 204
    assert alice.get(path) == (200, {"team": "fish"})
    assert alice.delete(path)[0] == 422
    assert alice.call("put", path, {"team": 7})[0] == 422


def test_a_list_takes_the_query_language(aws, alice):
    for number in range(3):
        body = {
            "ActionName": f"a{number}",
            "ActionType": "x",
            "Source": SOURCE,
            "Status": ["Failed", "Completed"][number % 2],
        }
        alice.post("/actions/", body)
    alice.call("put", "/actions/a2/tags/", {"team": "birds"})

    def names(query):
        status, page = alice.get(f"/actions/?sort=name&query={query}")
        assert status == 200, page
        return [one["name"] for one in page["items"]]

    assert names("status = Failed") == ["a0", "a2"]
    assert names("status = Failed and tags.team = birds") == ["a2"]
    assert names("Source.SourceUri ~ example.org and not a1") == ["a0", "a2"]
    status, problem = alice.get("/actions/?query=status =")
    assert (status, problem["code"], problem["errors"][0]["at"]) == (422, "BadQuery", "query")


def test_a_page_names_the_next_one(aws, alice):
    for number in range(3):
        alice.post("/actions/", {"ActionName": f"a{number}", "ActionType": "x", "Source": SOURCE})
    first = alice.ask("get", "/actions/?sort=name&limit=2")
    link = first["Link"]
    assert link.startswith("</api/v1/actions/?") and link.endswith('>; rel="next"')
    second = alice.ask("get", link.removeprefix("</api/v1").partition(">")[0])
    assert [one["name"] for one in second.json()["items"]] == ["a2"] and "Link" not in second


def test_a_patch_needs_the_role(cast, aws, alice):
    alice.post("/contexts/", CREATE["Context"])
    answer = cast.vera.rest.patch(
        "/api/v1/contexts/penguins-study/", {"Description": "mine"}, content_type="application/json"
    )
    assert answer.status_code == 403
    assert "Description" not in Record.objects.get(connection_id=aws.connection.id, kind="Context").document
