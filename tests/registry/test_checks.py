"""The checks really measure: reports in S3, training jobs, cards, bytes; and what they find blocks or lets pass."""

import pytest
from django.utils import timezone

from catalog.metrics import Point, append
from catalog.models import Record
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


def report(group, key: str, **metrics) -> dict:
    uri = group.put(key, {"binary_classification_metrics": {name: {"value": value} for name, value in metrics.items()}})
    return {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": uri}}}


def metric(**settings) -> dict:
    return {"kind": "metric", "metric": "auc", **settings}


def test_a_required_check_blocks_until_it_passes(group):
    group.policy(checks=[metric(at_least=0.9)])
    request = group.version(ModelMetrics=report(group, "bad.json", auc=0.85))
    assert group.vote(group.cast.rosa, request).state == "Open"
    assert "the check auc (at least 0.9) has not been run yet" in group.update(
        group.cast.rosa, request, ModelApprovalStatus="Approved"
    )
    found = group.measure(request)["metric"]
    assert (found.state, found.measured, found.limit) == ("Failed", "0.85", "at least 0.9")
    assert found.reason == "auc: 0.85 is less than 0.9."
    assert fresh(request).state == "Open"
    assert "the check auc (at least 0.9) failed" in group.update(
        group.cast.rosa, request, ModelApprovalStatus="Approved"
    )


def test_the_last_check_lets_the_decision_through(group):
    group.policy(checks=[metric(at_least=0.9), {"kind": "artifact"}])
    request = group.version(ModelMetrics=report(group, "good.json", auc=0.95))
    group.vote(group.cast.rosa, request)
    found = group.measure(request)
    assert {kind: result.state for kind, result in found.items()} == {"metric": "Passed", "artifact": "Passed"}
    assert (fresh(request).state, group.status(request)) == ("Approved", "Approved")


def test_advisory_checks_only_show(group):
    group.policy(checks=[metric(at_least=0.9, required=False)])
    request = group.version(ModelMetrics=report(group, "meh.json", auc=0.5))
    assert group.measure(request)["metric"].state == "Failed"
    assert group.vote(group.cast.rosa, request).state == "Approved"


def test_against_the_champion(group):
    policy = group.policy(checks=[metric(better="higher", tolerance=0.01)])
    first = group.version(ModelMetrics=report(group, "1.json", auc=0.90))
    found = group.measure(first)["metric"]
    assert (found.state, found.reason) == ("Passed", "There is no champion yet to compare with.")
    waiting = group.version(ModelMetrics=report(group, "2.json", auc=0.88))
    assert group.measure(waiting)["metric"].state == "Passed"
    group.vote(group.cast.rosa, first)
    again = waiting.results.get()
    assert again.state == "Waiting", "the champion is another now"
    found = group.measure(waiting)["metric"]
    assert found.state == "Failed"
    assert found.reason == "auc: it is worse than the champion's 0.9 by 0.02."
    close = group.version(ModelMetrics=report(group, "3.json", auc=0.895))
    assert group.measure(close)["metric"].state == "Passed"
    group.change(policy, checks=[metric(better="higher", tolerance=0)])
    ticking.tick()
    assert close.results.get(key=close.results.last().key).state == "Waiting"
    assert group.vote(group.cast.rosa, close).state == "Open"


def test_metric_of_the_training_job(group):
    group.policy(checks=[metric(at_least=0.9), {"kind": "metric", "metric": "loss", "at_most": 0.5}])
    uri = group.put(f"{group.group}/t-1/output/model.tar.gz", b"trained")
    job = Record.objects.create(
        connection_id=group.connection.id, kind="TrainingJob", name="t-1", arn="arn:t-1", created=timezone.now(),
        modified=timezone.now(),
        document={"ModelArtifacts": {"S3ModelArtifacts": uri}, "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.93}]},
    )  # fmt: skip
    append(job, [Point("loss", value, job.created.timestamp(), step) for step, value in enumerate((0.9, 0.4))])
    request = group.version(uri=uri)
    group.measure(request)
    assert {result.settings["metric"]: result.measured for result in request.results.all()} == {
        "auc": "0.93",
        "loss": "0.4",
    }


@pytest.mark.parametrize(("metrics", "reason"), [
    ({}, "neither ModelMetrics.ModelQuality.Statistics nor a known training job"),
    ({"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://nowhere-at-all/x.json"}}}, "can't be read"),
])  # fmt: skip
def test_what_cant_be_measured_fails_and_says_why(group, metrics, reason):
    group.policy(checks=[metric(at_least=0.9)])
    request = group.version(**({"ModelMetrics": metrics} if metrics else {}))
    found = group.measure(request)["metric"]
    assert found.state == "Failed"
    assert reason in found.reason


def test_bias_report(group):
    group.policy(checks=[{"kind": "bias_report"}])
    without = group.version()
    assert group.measure(without)["bias_report"].reason == "The version has no ModelMetrics.Bias report."
    uri = group.put("bias.json", {"pre_training_bias_metrics": {"facets": {}}})
    request = group.version(ModelMetrics={"Bias": {"Report": {"ContentType": "application/json", "S3Uri": uri}}})
    assert group.measure(request)["bias_report"].state == "Passed"
    group.put("bias.json", b"not json")
    request = group.version(ModelMetrics={"Bias": {"Report": {"ContentType": "application/json", "S3Uri": uri}}})
    assert "is not JSON" in group.measure(request)["bias_report"].reason


def test_model_card(group):
    import json

    group.policy(checks=[{"kind": "model_card"}])
    request = group.version()
    assert group.measure(request)["model_card"].reason == "The version has no model card."
    card = {"ModelCardContent": json.dumps({"model_overview": CARD["model_overview"]}), "ModelCardStatus": "Draft"}
    group.update(group.cast.alice, request, ModelCard=card)
    found = group.measure(request)["model_card"]
    assert found.state == "Failed" and found.reason.startswith("Missing: Purpose of the model")
    card = {"ModelCardContent": json.dumps(CARD), "ModelCardStatus": "Approved"}
    group.update(group.cast.alice, request, ModelCard=card)
    assert group.measure(request)["model_card"].state == "Passed"


def test_a_card_of_its_own_speaks_for_a_version(group):
    import json

    group.policy(checks=[{"kind": "model_card"}])
    request = group.version()
    assert group.measure(request)["model_card"].reason == "The version has no model card."
    content = {**CARD, "model_overview": {**CARD["model_overview"], "model_id": request.arn}}
    group.sagemaker.create_model_card(
        ModelCardName=f"card-{group.group}", Content=json.dumps(content), ModelCardStatus="Draft"
    )
    assert request.results.get().state == "Waiting", "there is something to measure now"
    assert group.measure(request)["model_card"].state == "Passed"
    group.sagemaker.update_model_card(ModelCardName=f"card-{group.group}", ModelCardStatus="Archived")
    assert group.measure(request)["model_card"].state == "Failed"


def test_missing_artifact(group):
    group.policy(checks=[{"kind": "artifact"}])
    uri = group.put("gone.tar.gz", b"here for now")
    request = group.version(uri=uri)
    group.s3.delete_object(Bucket=group.aws.bucket, Key="gone.tar.gz")
    found = group.measure(request)["artifact"]
    assert (found.state, found.reason) == ("Waiting", ""), (
        "what the version is made of has changed: voided, and run again"
    )
    found = group.measure(request)["artifact"]
    assert found.state == "Failed" and "isn't there" in found.reason


def test_override(group):
    policy = group.policy(checks=[metric(at_least=0.9)])
    request = group.version(ModelMetrics=report(group, "b.json", auc=0.8))
    group.measure(request)
    group.vote(group.cast.rosa, request)
    with pytest.raises(NotAllowed, match="No policy in force lets anybody override"):
        decisions.override_checks(actor=group.cast.ada.user, request=request, reason="urgent")
    group.change(policy, override_allowed=True)
    with pytest.raises(NotAllowed, match="Only who may manage"):
        decisions.override_checks(actor=group.cast.rosa.user, request=request, reason="urgent")
    found = decisions.override_checks(actor=group.cast.ada.user, request=request, reason="the old one is down")
    assert found.state == "Approved"
    assert "in spite of its checks: the old one is down" in found.reason


def test_a_worker_that_died_leaves_the_check_to_another(group):
    group.policy(checks=[metric(at_least=0.9)])
    request = group.version(ModelMetrics=report(group, "k.json", auc=0.95))
    request.results.update(state=CheckResult.RUNNING, claimed=timezone.now(), started=timezone.now())
    assert group.measure(request)["metric"].state == "Running", "somebody else has it"
    request.results.update(claimed="2020-01-01T00:00:00Z")
    assert group.measure(request)["metric"].state == "Passed"


def test_running_again(group):
    group.policy(checks=[metric(at_least=0.9)])
    request = group.version(ModelMetrics=report(group, "r.json", auc=0.95))
    group.measure(request)
    with pytest.raises(NotAllowed):
        decisions.rerun_checks(actor=group.cast.vera.user, request=request)
    assert decisions.rerun_checks(actor=group.cast.alice.user, request=request) == 1
    assert request.results.get().state == "Waiting"
