"""Rollouts on an endpoint's pages: how far one is, what watches it, how to take it back, what ran when, and who may."""

import pytest

from areas.endpoints.progress import progress
from tests.areas.endpoints.test_rollouts import pending, shares


def url(name: str, *rest: str) -> str:
    return "/".join(["/endpoints", name, *rest, ""])


def submit(host, name: str):
    """Do what the worker does with the newest Run of an endpoint."""
    from jobs import runs, submission

    run = runs.for_target(host.aws.connection, "Endpoint", name)
    submission.submit(run.id)
    run.refresh_from_db()
    assert not run.error, run.error
    return run


@pytest.fixture
def served(host):
    host.model("m")
    host.config("c")
    host.config("d")
    host.deploy("e", "c")
    return host


def test_from_the_form_to_a_canary_and_back(served, cast):
    browser = cast.alice.browser
    assert "endpoint-roll-back" not in browser.get(url("e")).content.decode()
    form = {"config": "d", "how": "canary", "percent": 10, "wait": 600, "errors": 1, "latency": 250}
    assert browser.post(url("e", "update"), form).status_code == 302
    run = submit(served, "e")
    assert [step["call"] for step in run.plan] == ["PutMetricAlarm", "PutMetricAlarm", "AddTags", "UpdateEndpoint"]
    served.until(lambda: "10 % of the traffic" in pending(served).get("StatusMessage", ""))
    page = browser.get(url("e")).content.decode()
    assert "Step 1 of 2: 10 % of the traffic for 600 seconds." in page
    assert "atelier-e-AllTraffic-errors-" in page and "atelier-e-AllTraffic-latency-" in page
    live = browser.get(url("e", "live"), {"seen": "Updating/c/Following", "tab": "overview"}).content.decode()
    assert 'id="moving" hx-swap-oob="true"' in live and "10 %" in live
    assert browser.post(url("e", "roll-back")).status_code == 302
    assert [step["call"] for step in submit(served, "e").plan] == ["SetAlarmState"]
    found = served.wait("e", "InService")
    assert f"Rolled back by hand by {cast.alice.name}." in found["FailureReason"]
    page = browser.get(url("e", "events")).content.decode()
    assert "Rolled back" in page and "Serving" in page and cast.alice.name in page


def test_back_to_the_configuration_before(served, cast):
    served.sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    served.wait("e", "InService")
    browser = cast.alice.browser
    assert 'back to the configuration <span class="mono">c</span>' in browser.get(url("e")).content.decode()
    browser.post(url("e", "roll-back"))
    submit(served, "e")
    assert served.wait("e", "InService")["EndpointConfigName"] == "c"
    assert shares(served) == [1.0]


def test_limits_that_can_not_be_kept_are_refused(served, cast):
    browser = cast.alice.browser
    answer = browser.post(url("e", "update"), {"config": "d", "how": "canary", "errors": 1, "wait": 5}, follow=True)
    assert "Alarms need 10 seconds to see anything" in answer.content.decode()


def test_who_may_not(served, cast):
    for person in (cast.vera, cast.charlie):
        assert person.browser.post(url("e", "roll-back")).status_code == 403
        assert person.browser.post(url("e", "update"), {"config": "d"}).status_code == 403
    assert cast.vera.browser.get(url("e", "events")).status_code == 200
    assert cast.charlie.browser.get(url("e", "events")).status_code == 403


def test_progress_of_documents():
    assert progress({"EndpointStatus": "InService"}) is None
    summary = {"EndpointConfigName": "d", "StartTime": 5.0}
    found = progress({"EndpointStatus": "Updating", "PendingDeploymentSummary": summary})
    assert (found["stage"], found["share"], found["left"], found["alarms"]) == ("Updating", None, None, [])
    state = {
        "Status": "Baking",
        "StartTime": 5.0,
        "StatusMessage": "Step 2 of 3: 33.3 % of the traffic for 60 seconds.",
    }
    summary |= {"ProductionVariants": [{"VariantName": "v", "VariantStatus": [state]}]}
    found = progress({"EndpointStatus": "RollingBack", "PendingDeploymentSummary": summary})
    assert (found["share"], found["left"], found["reverting"]) == (33.3, 0, True)
