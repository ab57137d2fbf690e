"""Names with a slash in addresses: pages, REST routes and Runs of a group's version."""

import json

import pytest

from catalog.models import Record
from jobs import follow, submission
from jobs.models import Run


@pytest.fixture
def filled(registry):
    registry.group("g")
    registry.version("g")
    return registry


def test_pages_of_a_version(filled, cast):
    browser = cast.alice.browser
    shown = browser.get("/model-packages/")
    assert b'href="/model-packages/g/1/"' in shown.content
    shown = browser.get("/model-packages/g/1/")
    assert shown.status_code == 200 and b"g/1" in shown.content and b"Waiting for approval" in shown.content
    assert browser.get("/model-package-groups/g/").status_code == 200
    assert browser.get("/model-packages/g/9/").status_code == 404
    browser.post("/model-packages/g/1/tags/", {"key": "a", "value": "b"})
    arn = filled.arn("model-package/g/1")
    assert filled.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    gone = browser.post("/model-packages/g/1/actions/DeleteModelPackage/")
    assert (gone.status_code, gone.headers["Location"]) == (302, "/model-packages/")
    assert filled.listed(ModelPackageType="Both") == []


def test_the_page_of_a_model_links_to_its_package(filled, cast):
    arn = filled.arn("model-package/g/1")
    filled.update(arn, ModelApprovalStatus="Approved")
    filled.sagemaker.create_model(
        ModelName="m", ExecutionRoleArn=filled.role, PrimaryContainer={"ModelPackageName": arn}
    )
    assert f'<a href="/model-packages/g/1/">{arn}</a>' in cast.alice.browser.get("/models/m/").content.decode()


def test_rest_routes_of_a_version(filled, cast):
    rest = cast.alice.rest
    found = rest.get("/api/v1/model-packages/g/1/").json()
    assert (found["name"], found["document"]["ModelPackageVersion"]) == ("g/1", 1)
    assert rest.get("/api/v1/model-packages/g%2F1/").json()["name"] == "g/1"
    assert [one["name"] for one in rest.get("/api/v1/model-packages/?name=g").json()["items"]] == ["g/1"]
    assert rest.delete("/api/v1/model-packages/g/1/").status_code == 204
    assert rest.get("/api/v1/model-packages/g/1/").status_code == 404


def test_an_outsider_is_refused(filled, cast):
    assert cast.charlie.browser.get("/model-packages/g/1/").status_code in (403, 404)
    assert cast.charlie.rest.get("/api/v1/model-packages/g/1/").status_code in (403, 404)
    assert cast.charlie.rest.delete("/api/v1/model-packages/g/1/").status_code in (403, 404)
    assert filled.listed(ModelPackageGroupName="g") == ["g/1"]


def test_a_run_registers_one_version_and_takes_its_name(filled, cast, redis):
    body = {"ModelPackageGroupName": "g", "InferenceSpecification": filled.specification()}
    asked = cast.alice.rest.post("/api/v1/model-packages/", data=json.dumps(body), content_type="application/json")
    assert asked.status_code == 202, asked.content
    run = Run.objects.get(id=asked.json()["id"])
    submission.submit(run.id)
    run.refresh_from_db()
    assert (run.name, run.state) == ("g/2", Run.FOLLOWING)
    # The worker died before it wrote down that the call was made.
    Run.objects.filter(id=run.id).update(state=Run.QUEUED, position=0, name="g")
    submission.submit(run.id)
    run.refresh_from_db()
    assert run.name == "g/2"
    assert filled.listed(ModelPackageGroupName="g") == ["g/1", "g/2"]
    follow.poll_due()
    run.refresh_from_db()
    assert run.state == Run.COMPLETED
    assert Record.objects.get(connection_id=filled.aws.connection.id, name="g/2").owner == cast.alice.name
