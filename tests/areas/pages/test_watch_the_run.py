"""Rules in the create form: the request holds them and what they need, a clone keeps them, and a met rule stops the job."""

import html
import json
import re

import numpy as np
import pytest

from areas.training import watch
from areas.training.chosen import Chosen
from tests.areas.pages.conftest import wait_for

XGBOOST = Chosen("sagemaker-xgboost")


def asked(walk, **given) -> dict:
    """The request that the form's preview shows."""
    page = walk.post("/training-jobs/create/preview/", walk.form(name="seen-7", **given), status=200).content.decode()
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    start = text.index('{\n  "TrainingJobName"')
    return json.JSONDecoder().raw_decode(text[start:])[0]


def test_nothing_is_asked_of_the_debugger_where_no_rule_is_ticked(walk):
    assert not set(watch.MEMBERS) & set(asked(walk, watch_Overfit_patience="3"))


def test_the_request_holds_the_rules_and_the_collections_that_they_need(walk):
    request = asked(
        walk, watch_Overfit="on", watch_Overfit_patience="3", watch_TreeDepth="on", watch_ClassImbalance="on",
        watch_ProfilerReport="on", watch_interval="2", watch_action="stoptraining",
    )  # fmt: skip
    rules = {one["RuleConfigurationName"]: one["RuleParameters"] for one in request["DebugRuleConfigurations"]}
    assert set(rules) == {"Overfit", "TreeDepth", "ClassImbalance"}
    assert rules["Overfit"]["patience"] == "3" and "patience" not in rules["TreeDepth"]
    assert json.loads(rules["TreeDepth"]["action_json"]) == [{"name": "stoptraining", "training_job_prefix": "seen-7"}]
    saved = {one["CollectionName"]: one["CollectionParameters"] for one in
             request["DebugHookConfig"]["CollectionConfigurations"]}  # fmt: skip
    assert set(saved) == {"losses", "trees", "labels", "predictions"}
    assert all(one == {"save_interval": "2"} for one in saved.values())
    assert request["ProfilerRuleConfigurations"][0]["RuleParameters"] == {"rule_to_invoke": "ProfilerReport"}


@pytest.mark.parametrize(("given", "words"), [
    ({"watch_Overfit": "on", "watch_Overfit_patience": "soon"}, "patience of the rule Overfit must be a whole number"),
    ({"watch_Overfit": "on", "watch_action": "email", "watch_email": ""}, "Give the e-mail address"),
    ({"watch_SimilarAcrossRuns": "on"}, "Say where the other job"),
    ({"watch_more": "[1]"}, "It must be a JSON object"),
    ({"watch_more": "{"}, "It is not JSON"),
    ({"watch_more": '{"RoleArn": "x"}'}, "RoleArn is none of DebugHookConfig"),
    ({"watch_more": '{"DebugRuleConfigurations": {}}'}, "DebugRuleConfigurations must be a JSON list"),
])  # fmt: skip
def test_what_can_not_be_stands_by_its_field(walk, given, words):
    page = walk.post("/training-jobs/create/", walk.form(name="seen-7", **given), status=422).content.decode()
    assert words in html.unescape(page)
    assert 'id="watch" open' in page


def test_only_rules_that_suit_the_algorithm_are_offered():
    names = {value: {rule.name for rule in watch.offered(Chosen(value))} for value in (
        "sagemaker-xgboost", "kmeans", "pytorch-training:script",
    )}  # fmt: skip
    assert {"TreeDepth", "CreateXgboostReport"} <= names["sagemaker-xgboost"]
    assert "DeadRelu" in names["pytorch-training:script"] and "DeadRelu" not in names["sagemaker-xgboost"]
    assert "LossNotDecreasing" in names["kmeans"] and "TreeDepth" not in names["kmeans"]


def test_a_clone_keeps_the_fields_and_what_no_field_can_say(walk):
    fields = {"watch_Overfit": True, "watch_Overfit_patience": "3", "watch_interval": 2, "watch_action": "email",
              "watch_email": "me@example.org"}  # fmt: skip
    document = {"TrainingJobName": "a", "OutputDataConfig": {"S3OutputPath": "s3://b/c"}}
    watch.complete(document, fields, "us-east-1")
    assert watch.values_of(document, XGBOOST) == fields
    document["DebugHookConfig"]["HookParameters"] = {"start_step": "4"}
    kept = json.loads(watch.values_of(document, XGBOOST)["watch_more"])
    assert kept == {name: document[name] for name in kept} and len(kept) == 2
    unwatched = {
        "TrainingJobName": "a",
        "ProfilerConfig": {"S3OutputPath": "s3://b", "ProfilingIntervalInMilliseconds": 500},
    }
    assert watch.values_of(unwatched, XGBOOST) == {}


@pytest.mark.slow
def test_an_overfitting_run_is_stopped_and_its_clone_watches_again(walk, runner):
    rng = np.random.default_rng(0)
    for name, rows in (("train", 10_000), ("validation", 1_000)):
        table = np.c_[rng.integers(0, 2, rows), rng.normal(size=(rows, 8))]
        body = "".join(",".join(f"{value:.5g}" for value in row) + "\n" for row in table)
        walk.aws.client("s3").put_object(Bucket=walk.aws.bucket, Key=f"noise/{name}/rows.csv", Body=body.encode())
    uri, name = f"s3://{walk.aws.bucket}/noise", "noise-watched"
    data = walk.form(
        name=name, source="s3", train_uri=f"{uri}/train/", validation_uri=f"{uri}/validation/", objective="binary:logistic",
        num_class="", eval_metric="", hp_num_round="3000", hp_max_depth="10", hp_eta="0.3", watch_Overfit="on",
        watch_interval="5", watch_action="stoptraining",
    )  # fmt: skip
    walk.post("/training-jobs/create/", data)
    assert not walk.submit("TrainingJob", name).error
    wait_for(lambda: walk.record("TrainingJob", name).status not in ("InProgress", "Stopping"), 150)
    job = walk.record("TrainingJob", name)
    assert job.status == "Stopped", job.document.get("FailureReason")
    verdict = job.document["DebugRuleEvaluationStatuses"][0]
    assert verdict["RuleEvaluationStatus"] == "IssuesFound"
    clone = walk.get(f"/training-jobs/create/?clone={name}")
    assert re.search(r'name="watch_Overfit" id="id_watch_Overfit" checked', clone)
    assert re.search(r'name="watch_interval" value="5"', clone)
