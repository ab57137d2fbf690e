"""What a job runs on, in the form: instances, spot, warm pool. The request follows; the service's rules stand by the fields."""

import html
import re

import pytest


def preview(walk, **given) -> str:
    page = walk.post("/training-jobs/create/preview/", walk.form(name="seen-9", **given), status=200).content.decode()
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def test_the_request_follows_the_fields(walk):
    page = preview(walk, instance_count="3", keep_alive="600")
    assert '"InstanceCount": 3' in page
    assert '"KeepAlivePeriodInSeconds": 600' in page
    assert "EnableManagedSpotTraining" not in page


def test_spot_waits_at_least_as_long_as_it_may_run(walk):
    page = preview(walk, spot="on", max_runtime="3600")
    assert '"EnableManagedSpotTraining": true' in page
    assert '"MaxWaitTimeInSeconds": 3600' in page
    assert "enable_managed_spot_training=True" in page


@pytest.mark.parametrize(("given", "words"), [
    ({"spot": "on", "max_runtime": "3600", "max_wait": "60"}, "at least the longest runtime, 3600 s"),
    ({"max_wait": "60"}, "with managed spot training only"),
    ({"spot": "on", "keep_alive": "60"}, "can&#x27;t be used with managed spot training"),
    ({"instance_count": "21"}, "less than or equal to 20"),
])  # fmt: skip
def test_what_does_not_go_together_is_said(walk, given, words):
    page = walk.post("/training-jobs/create/", walk.form(name="seen-9", **given), status=422).content.decode()
    assert words in page


def test_the_form_offers_the_estimate_and_a_clone_keeps_the_fields(walk):
    from areas.training.compute import values_of

    assert "/costs/estimate/TrainingJob/" in walk.get("/training-jobs/create/")
    document = {"ResourceConfig": {"InstanceCount": 2}, "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxWaitTimeInSeconds": 9}}  # fmt: skip
    assert values_of(document) == {"instance_count": 2, "spot": True, "max_wait": 9, "keep_alive": ""}
