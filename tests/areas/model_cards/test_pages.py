"""The pages of cards: read, compare, edit section by section or as JSON, fill from records, refuse who may not."""

import json
import re
from html import unescape

import pytest
from django.utils import timezone

from areas.model_cards import editing
from catalog.models import Record
from tests.areas.model_cards.content import CONTENT
from tests.areas.model_cards.test_editing import posted


def form_of(content: dict, **more) -> dict:
    return posted(editing.typed_of(content)) | {"do": "save", "view": "form"} | more


def described(desk, name="churn", **more) -> dict:
    return desk.aws.client("sagemaker").describe_model_card(ModelCardName=name, **more)


def test_a_card_reads_as_a_card(desk, card):
    page = desk.get("/model-cards/churn/")
    for words in ("Growth analytics", "Risk rating", "validation:auc", "0.9123", "True positive rate", "40,012",
                  "9 of 10", "Retrain when the tariffs change.", "Export PDF", "<polyline", "churn-3"):  # fmt: skip
        assert words in page, words
    assert "One in nine customers" not in page
    old = desk.get("/model-cards/churn/?version=1")
    assert "One in nine customers" in old and "version 2 is newer" in old
    assert "churn" in desk.get("/model-cards/")
    desk.get("/model-cards/churn/?version=9", 404)
    desk.get("/model-cards/nobody/", 404)


def test_only_what_differs_is_compared(desk, card):
    page = desk.get("/model-cards/churn/versions/")
    assert "<del>Medium</del>" in page and "<ins>High</ins>" in page and "One in nine customers" in page
    assert "Growth analytics" not in page
    assert "say the same" in desk.get("/model-cards/churn/versions/?old=2&new=2")


def test_a_card_is_made_section_by_section(desk):
    desk.post("/model-cards/create/", form_of(CONTENT, name="made", status="PendingReview", base="{}"))
    found = described(desk, "made")
    assert json.loads(found["Content"]) == CONTENT
    assert (found["ModelCardStatus"], found["ModelCardVersion"]) == ("PendingReview", 1)
    assert found["CreatedBy"]["UserProfileName"] == desk.person.username


def test_an_edit_makes_a_version_and_nothing_typed_is_lost(desk, card):
    typed = editing.typed_of(json.loads(described(desk)["Content"]))
    typed["fields"]["model_overview.model_owner"] = "Zoë"
    typed["fields"]["model_overview.model_version"] = "three"
    page = desk.post("/model-cards/churn/edit/", posted(typed) | {"view": "form", "seen": "2"}, 422)
    assert "three is not a number." in page and "Zoë" in page and "Nothing was saved" in page
    typed["fields"]["model_overview.model_version"] = "4"
    typed["fields"]["model_overview.model_description"] = "x" * 1025
    page = desk.post("/model-cards/churn/edit/", posted(typed) | {"view": "form", "seen": "2"}, 422)
    assert "may have 1024 characters at most, and has 1025" in page
    typed["fields"]["model_overview.model_description"] = "Short."
    desk.post("/model-cards/churn/edit/", posted(typed) | {"view": "form", "seen": "2"})
    found = described(desk)
    assert found["ModelCardVersion"] == 3
    assert json.loads(found["Content"])["model_overview"]["model_owner"] == "Zoë"


def test_two_who_edit_at_once_do_not_overwrite_each_other(desk, card):
    mine = form_of({"business_details": {"business_problem": "mine"}}, seen="1")
    page = desk.post("/model-cards/churn/edit/", mine, 422)
    assert "Version 2 of this card was saved while you were writing" in unescape(page)
    assert ">\nmine</textarea>" in page
    assert described(desk)["ModelCardVersion"] == 2


def test_the_form_grows_and_changes_to_json_and_back(desk, card):
    data = form_of({}, seen="2")
    page = desk.post("/model-cards/churn/edit/", data | {"do": "add-e"}, 200)
    assert 'name="e0-name"' in page
    data |= {"e0-name": "holdout", "do": "add-e0-g"}
    page = desk.post("/model-cards/churn/edit/", data, 200)
    assert 'name="e0-g0-metrics"' in page and 'value="holdout"' in page
    data |= {"e0-g0-name": "quality", "e0-g0-metrics": "auc = 0.9 # good", "do": "as-json"}
    page = unescape(desk.post("/model-cards/churn/edit/", data, 200))
    text = re.search(r"<textarea[^>]*name=\"text\"[^>]*>(.*?)</textarea>", page, re.DOTALL)[1]
    metric = {"name": "auc", "type": "number", "value": 0.9, "notes": "good"}
    content = json.loads(text)
    assert content["evaluation_details"] == [
        {"name": "holdout", "metric_groups": [{"name": "quality", "metric_data": [metric]}]}
    ]
    back = {"view": "json", "text": text, "seen": "2", "do": "as-form"}
    assert "auc = 0.9 # good" in desk.post("/model-cards/churn/edit/", back, 200)
    bad = desk.post("/model-cards/churn/edit/", back | {"text": "{", "do": "save"}, 422)
    assert "This is not a JSON object" in bad
    bad = desk.post("/model-cards/churn/edit/", back | {"text": '{"a": 1}', "do": "save"}, 422)
    assert "a is not known here" in bad
    desk.post("/model-cards/churn/edit/", back | {"do": "save"})
    assert json.loads(described(desk)["Content"]) == content


def test_the_services_own_refusal_is_shown(desk, card):
    page = desk.post("/model-cards/create/", form_of(CONTENT, name="churn", base="{}"), 422)
    assert "ConflictException: Model card churn already exists." in page
    page = desk.post("/model-cards/create/", form_of(CONTENT, name="a b", base="{}"), 422)
    assert "ValidationException" in page and "Growth analytics" in page


def record(desk, kind: str, name: str, document: dict) -> Record:
    now = timezone.now()
    path = {"TrainingJob": "training-job", "ModelPackage": "model-package"}[kind]
    return Record.objects.create(
        connection=desk.connection, kind=kind, name=name, created=now, modified=now, owner="ana", status="Completed",
        arn=f"arn:aws:sagemaker:us-east-1:{desk.aws.number}:{path}/{name}", document=document,
    )  # fmt: skip


JOB = {
    "AlgorithmSpecification": {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"},
    "HyperParameters": {"eta": "0.2", "num_round": "50"}, "ModelArtifacts": {"S3ModelArtifacts": "s3://b/j/model.tar.gz"},
    "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/train/"}}}],
    "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.87, "Timestamp": 1}],
}  # fmt: skip


def test_a_card_filled_from_a_training_job(desk):
    record(desk, "TrainingJob", "job-7", JOB)
    page = desk.get("/model-cards/create/?job=job-7")
    for words in ("Filled in from the training job job-7", "validation:auc = 0.87", "eta = 0.2", "s3://b/train/", "XGBoost",
                  "s3://b/j/model.tar.gz", "training-job/job-7"):  # fmt: skip
        assert words in page, words
    desk.get("/model-cards/create/?job=nobody", 404)


def test_a_card_filled_from_a_model_package(desk, card):
    """Its job, its quality report, and what the group's latest card says of uses and business."""
    s3, sagemaker = desk.aws.client("s3"), desk.aws.client("sagemaker")
    report = {"regression_metrics": {"mse": {"value": 4.5, "standard_deviation": 2.1}}}
    s3.put_object(Bucket=desk.aws.bucket, Key="report.json", Body=json.dumps(report))
    record(desk, "TrainingJob", "job-7", JOB)
    package = record(desk, "ModelPackage", "g/2", {
        "ModelPackageGroupName": "g", "ModelPackageVersion": 2, "ModelApprovalStatus": "PendingManualApproval",
        "ModelPackageStatus": "Completed",
        "InferenceSpecification": {"Containers": [{"Image": "repo/image:1", "ModelDataUrl": "s3://b/j/model.tar.gz"}]},
        "ModelMetrics": {"ModelQuality": {"Statistics": {
            "ContentType": "application/json", "S3Uri": f"s3://{desk.aws.bucket}/report.json"}}},
    })  # fmt: skip
    earlier = {**CONTENT, "model_package_details": {"model_package_group_name": "g"}}
    sagemaker.create_model_card(ModelCardName="g-1", Content=json.dumps(earlier), ModelCardStatus="Draft")
    page = unescape(desk.get("/model-cards/create/?package=g/2"))
    for words in ("mse = 4.5", "mse standard_deviation = 2.1", "eta = 0.2", "Decide whom the retention team calls first.",
                  "repo/image:1", 'value="g-v2"'):  # fmt: skip
        assert words in page, words
    raw = desk.get("/model-cards/create/?package=g/2")
    base = json.loads(unescape(re.search(r'name="base" value="(.*?)">', raw)[1]))
    assert base["model_package_details"]["model_package_arn"] == package.arn
    desk.post("/model-cards/create/", form_of(base, name="g-v2", base=json.dumps(base)))
    found = json.loads(described(desk, "g-v2")["Content"])
    assert found["model_package_details"]["model_package_version"] == 2
    assert found["training_details"]["training_job_details"]["training_metrics"] == [
        {"name": "validation:auc", "value": 0.87}
    ]


def test_status_changes_and_delete(desk, card):
    desk.post("/model-cards/churn/status/", {"status": "Archived"})
    assert described(desk)["ModelCardStatus"] == "Archived"
    assert "model-cards/churn/edit" not in desk.get("/model-cards/churn/")
    desk.post("/model-cards/churn/actions/DeleteModelCard/", {})
    desk.get("/model-cards/churn/", 404)


@pytest.mark.parametrize(("role", "reads", "writes"), [("Viewer", 200, 403), ("Reviewer", 200, 403), (None, 403, 403)])
def test_who_may_not_is_refused_and_not_offered(desk, card, role, reads, writes):
    person = desk.with_role(role)
    for path in ("", "versions/", "exports/", "code/", "?version=1"):
        answer = person.client.get(f"/model-cards/churn/{path}").status_code
        assert answer == reads or (role is None and answer in (302, 403, 404, 409)), (path, answer)
    for path in ("create/", "churn/edit/"):
        assert person.client.get(f"/model-cards/{path}").status_code in (writes, 302, 404, 409)
    before = described(desk)
    person.client.post("/model-cards/churn/edit/", form_of({}, seen="2"))
    person.client.post("/model-cards/churn/status/", {"status": "Approved"})
    person.client.post("/model-cards/churn/export/", {"version": "1"})
    person.client.post("/model-cards/create/", form_of({}, name="mine", base="{}"))
    person.client.post("/model-cards/churn/actions/DeleteModelCard/", {})
    after = described(desk)
    assert (after["Content"], after["ModelCardStatus"]) == (before["Content"], before["ModelCardStatus"])
    sagemaker = desk.aws.client("sagemaker")
    assert len(sagemaker.list_model_cards()["ModelCardSummaries"]) == 1
    assert sagemaker.list_model_card_export_jobs(ModelCardName="churn")["ModelCardExportJobSummaries"] == []
    if role:
        page = person.get("/model-cards/churn/")
        assert "Export PDF" not in page and "Change status" not in page and "/edit/" not in page


def test_hostile_words_stay_words(desk):
    words = "<script>alert(1)</script>"
    content = {
        "model_overview": {"model_name": words, "model_id": words}, "intended_uses": {"risk_rating": "Low"},
        "additional_information": {"custom_details": {words: words}},
        "evaluation_details": [{"name": words, "metric_groups": [{"name": words, "metric_data": [
            {"name": words, "type": "bar_chart", "value": [1], "x_axis_name": [words], "y_axis_name": words},
            {"name": words, "type": "matrix", "value": [[1]], "x_axis_name": [words], "y_axis_name": [words]}]}]}],
    }  # fmt: skip
    sagemaker = desk.aws.client("sagemaker")
    sagemaker.create_model_card(ModelCardName="x", Content=json.dumps(content), ModelCardStatus="Draft")
    sagemaker.update_model_card(ModelCardName="x", Content=json.dumps({"model_overview": {"model_name": words * 2}}))
    for path in ("x/?version=1", "x/edit/?version=1", "x/versions/", "x/code/", "x/", "create/?from=x"):
        page = desk.get(f"/model-cards/{path}")
        assert words not in page, path
