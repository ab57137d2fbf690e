"""The checks really measure: reports in S3, training jobs, cards, bytes; and what they find blocks or lets pass."""

import pytest
from django.utils import timezone

from catalog.models import MetricPoint, Record
from registry import decisions
from registry import desk as ticking
from registry.approvals import CheckResult
from registry.errors import NotAllowed
from tests.registry.desk import fresh

CARD = {
    "model_overview": {"model_creator": "alice"}, "intended_uses": {
        "purpose_of_model": "churn", "intended_uses": "retention", "risk_rating": "Low",
        "explanations_for_risk_rating": "no person is refused anything"},
    "business_details": {"business_problem": "customers leave"},
    "training_details": {"training_job_details": {"training_arn": "arn:aws:sagemaker:us-east-1:1:training-job/t"}},
    "evaluation_details": [{"name": "held out", "metric_groups": [
        {"name": "m", "metric_data": [{"name": "auc", "type": "number", "value": 0.9}]}]}],
    "additional_information": {"ethical_considerations": "none", "caveats_and_recommendations": "retrain monthly"},
}  # fmt: skip


def report(desk, key: str, **metrics) -> dict:
    uri = desk.put(key, {"binary_classification_metrics": {name: {"value": value} for name, value in metrics.items()}})
    return {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": uri}}}


def metric(**settings) -> dict:
    return {"kind": "metric", "metric": "auc", **settings}


def test_a_required_check_blocks_until_it_passes(desk):
    desk.policy(checks=[metric(at_least=0.9)])
    request = desk.version(ModelMetrics=report(desk, "bad.json", auc=0.85))
    assert desk.vote(desk.cast.rosa, request).state == "Open"
    assert "the check auc (at least 0.9) has not been run yet" in desk.update(
        desk.cast.rosa, request, ModelApprovalStatus="Approved"
    )
    found = desk.measure(request)["metric"]
    assert (found.state, found.measured, found.limit) == ("Failed", "0.85", "at least 0.9")
    assert found.reason == "auc: 0.85 is less than 0.9."
    assert fresh(request).state == "Open"
    assert "the check auc (at least 0.9) failed" in desk.update(desk.cast.rosa, request, ModelApprovalStatus="Approved")


def test_the_last_check_lets_the_decision_through(desk):
    desk.policy(checks=[metric(at_least=0.9), {"kind": "artifact"}])
    request = desk.version(ModelMetrics=report(desk, "good.json", auc=0.95))
    desk.vote(desk.cast.rosa, request)
    found = desk.measure(request)
    assert {kind: result.state for kind, result in found.items()} == {"metric": "Passed", "artifact": "Passed"}
    assert (fresh(request).state, desk.status(request)) == ("Approved", "Approved")


def test_advisory_checks_only_show(desk):
    desk.policy(checks=[metric(at_least=0.9, required=False)])
    request = desk.version(ModelMetrics=report(desk, "meh.json", auc=0.5))
    assert desk.measure(request)["metric"].state == "Failed"
    assert desk.vote(desk.cast.rosa, request).state == "Approved"


def test_against_the_champion(desk):
    policy = desk.policy(checks=[metric(better="higher", tolerance=0.01)])
    first = desk.version(ModelMetrics=report(desk, "1.json", auc=0.90))
    found = desk.measure(first)["metric"]
    assert (found.state, found.reason) == ("Passed", "There is no champion yet to compare with.")
    waiting = desk.version(ModelMetrics=report(desk, "2.json", auc=0.88))
    assert desk.measure(waiting)["metric"].state == "Passed"
    desk.vote(desk.cast.rosa, first)
    again = waiting.results.get()
    assert again.state == "Waiting", "the champion is another now"
    found = desk.measure(waiting)["metric"]
    assert found.state == "Failed"
    assert found.reason == "auc: it is worse than the champion's 0.9 by 0.02."
    close = desk.version(ModelMetrics=report(desk, "3.json", auc=0.895))
    assert desk.measure(close)["metric"].state == "Passed"
    desk.change(policy, checks=[metric(better="higher", tolerance=0)])
    ticking.tick()
    assert close.results.get(key=close.results.last().key).state == "Waiting"
    assert desk.vote(desk.cast.rosa, close).state == "Open"


def test_metric_of_the_training_job(desk):
    desk.policy(checks=[metric(at_least=0.9), {"kind": "metric", "metric": "loss", "at_most": 0.5}])
    uri = desk.put("jobs/t-1/output/model.tar.gz", b"trained")
    job = Record.objects.create(
        connection_id=desk.connection.id, kind="TrainingJob", name="t-1", arn="arn:t-1", created=timezone.now(),
        modified=timezone.now(),
        document={"ModelArtifacts": {"S3ModelArtifacts": uri}, "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.93}]},
    )  # fmt: skip
    for step, value in enumerate((0.9, 0.4)):
        MetricPoint.objects.create(record=job, name="loss", step=step, time=timezone.now(), value=value)
    request = desk.version(uri=uri)
    desk.measure(request)
    assert {result.settings["metric"]: result.measured for result in request.results.all()} == {"auc": "0.93", "loss": "0.4"}


@pytest.mark.parametrize(("metrics", "reason"), [
    ({}, "neither ModelMetrics.ModelQuality.Statistics nor a known training job"),
    ({"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://nowhere-at-all/x.json"}}}, "can't be read"),
])  # fmt: skip
def test_what_cant_be_measured_fails_and_says_why(desk, metrics, reason):
    desk.policy(checks=[metric(at_least=0.9)])
    request = desk.version(**({"ModelMetrics": metrics} if metrics else {}))
    found = desk.measure(request)["metric"]
    assert found.state == "Failed"
    assert reason in found.reason


def test_bias_report(desk):
    desk.policy(checks=[{"kind": "bias_report"}])
    without = desk.version()
    assert desk.measure(without)["bias_report"].reason == "The version has no ModelMetrics.Bias report."
    uri = desk.put("bias.json", {"pre_training_bias_metrics": {"facets": {}}})
    request = desk.version(ModelMetrics={"Bias": {"Report": {"ContentType": "application/json", "S3Uri": uri}}})
    assert desk.measure(request)["bias_report"].state == "Passed"
    desk.put("bias.json", b"not json")
    request = desk.version(ModelMetrics={"Bias": {"Report": {"ContentType": "application/json", "S3Uri": uri}}})
    assert "is not JSON" in desk.measure(request)["bias_report"].reason


def test_model_card(desk):
    import json

    desk.policy(checks=[{"kind": "model_card"}])
    request = desk.version()
    assert desk.measure(request)["model_card"].reason == "The version has no model card."
    card = {"ModelCardContent": json.dumps({"model_overview": CARD["model_overview"]}), "ModelCardStatus": "Draft"}
    desk.update(desk.cast.alice, request, ModelCard=card)
    found = desk.measure(request)["model_card"]
    assert found.state == "Failed" and found.reason.startswith("Missing: Purpose of the model")
    card = {"ModelCardContent": json.dumps(CARD), "ModelCardStatus": "Approved"}
    desk.update(desk.cast.alice, request, ModelCard=card)
    assert desk.measure(request)["model_card"].state == "Passed"


def test_missing_artifact(desk):
    desk.policy(checks=[{"kind": "artifact"}])
    uri = desk.put("gone.tar.gz", b"here for now")
    request = desk.version(uri=uri)
    desk.s3.delete_object(Bucket=desk.aws.bucket, Key="gone.tar.gz")
    found = desk.measure(request)["artifact"]
    assert (found.state, found.reason) == ("Waiting", ""), "what the version is made of has changed: voided, and run again"
    found = desk.measure(request)["artifact"]
    assert found.state == "Failed" and "isn't there" in found.reason


def test_override(desk):
    policy = desk.policy(checks=[metric(at_least=0.9)])
    request = desk.version(ModelMetrics=report(desk, "b.json", auc=0.8))
    desk.measure(request)
    desk.vote(desk.cast.rosa, request)
    with pytest.raises(NotAllowed, match="No policy in force lets anybody override"):
        decisions.override_checks(actor=desk.cast.ada.user, request=request, reason="urgent")
    desk.change(policy, override_allowed=True)
    with pytest.raises(NotAllowed, match="Only who may manage"):
        decisions.override_checks(actor=desk.cast.rosa.user, request=request, reason="urgent")
    found = decisions.override_checks(actor=desk.cast.ada.user, request=request, reason="the old one is down")
    assert found.state == "Approved"
    assert "in spite of its checks: the old one is down" in found.reason


def test_a_worker_that_died_leaves_the_check_to_another(desk):
    desk.policy(checks=[metric(at_least=0.9)])
    request = desk.version(ModelMetrics=report(desk, "k.json", auc=0.95))
    request.results.update(state=CheckResult.RUNNING, claimed=timezone.now(), started=timezone.now())
    assert desk.measure(request)["metric"].state == "Running", "somebody else has it"
    request.results.update(claimed="2020-01-01T00:00:00Z")
    assert desk.measure(request)["metric"].state == "Passed"


def test_running_again(desk):
    desk.policy(checks=[metric(at_least=0.9)])
    request = desk.version(ModelMetrics=report(desk, "r.json", auc=0.95))
    desk.measure(request)
    with pytest.raises(NotAllowed):
        decisions.rerun_checks(actor=desk.cast.vera.user, request=request)
    assert decisions.rerun_checks(actor=desk.cast.alice.user, request=request) == 1
    assert request.results.get().state == "Waiting"
