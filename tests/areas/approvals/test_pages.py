"""The desk's pages: who sees what, who may do what, and what the pages say."""

import html

import pytest

from registry.approvals import ApprovalPolicy
from tests.registry.desk import fresh


def text(response) -> str:
    return html.unescape(response.content.decode())


def test_list_by_tabs(desk):
    desk.policy(approvals=2)
    open_one, decided = desk.version(), desk.version()
    desk.vote(desk.cast.remi, decided, "reject", "no")
    rosa = desk.cast.rosa.browser
    waiting = text(rosa.get("/approvals/"))
    assert f"/approvals/{open_one.id}/" in waiting
    assert f"/approvals/{decided.id}/" not in waiting
    assert "1 for you" in waiting
    desk.vote(desk.cast.rosa, open_one)
    assert "Nothing waits for you" in text(rosa.get("/approvals/?tab=waiting"))
    assert f"/approvals/{open_one.id}/" in text(rosa.get("/approvals/?tab=open"))
    assert f"/approvals/{decided.id}/" in text(rosa.get("/approvals/?tab=decided"))
    assert "No version here has" in text(rosa.get("/approvals/?tab=open&q=nothing-like-it"))


def test_authors_dont_wait_for_themselves(desk):
    desk.policy()
    request = desk.version(by=desk.cast.ada)
    assert f"/approvals/{request.id}/" not in text(desk.cast.ada.browser.get("/approvals/?tab=waiting"))
    assert f"/approvals/{request.id}/" in text(desk.cast.rosa.browser.get("/approvals/?tab=waiting"))


def test_request_page_shows_the_evidence(desk):
    desk.policy(roles=["Reviewer"], checks=[{"kind": "metric", "metric": "auc", "at_least": 0.9}])
    report = desk.put("m.json", {"binary": {"auc": {"value": 0.91}, "log_loss": {"value": 0.3}}})
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": report}}}
    first = desk.version(ModelMetrics=metrics)
    desk.measure(first)
    desk.vote(desk.cast.rosa, first)
    better = desk.put("m2.json", {"binary": {"auc": {"value": 0.95}, "log_loss": {"value": 0.2}}})
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": better}}}
    second = desk.version(ModelMetrics=metrics)
    page = text(desk.cast.rosa.browser.get(f"/approvals/{second.id}/"))
    assert "champion is version 1" in page
    assert "+0.04" in page and "−0.1" in page
    assert page.count('class="num good"') == 2
    assert "Approve version 2" in page
    assert "the check auc (at least 0.9) has not been run yet" in page
    assert desk.model in page


@pytest.mark.parametrize(("who", "shown"), [("rosa", True), ("ada", False), ("alice", False), ("vera", False)])
def test_buttons_are_offered_to_who_may(desk, who, shown):
    desk.policy(roles=["Reviewer"])
    request = desk.version()
    response = getattr(desk.cast, who).browser.get(f"/approvals/{request.id}/")
    assert response.status_code == 200
    assert ("Approve version 1" in text(response)) == shown


def test_vote_on_the_page(desk):
    desk.policy(approvals=2)
    request = desk.version()
    rosa, remi = desk.cast.rosa.browser, desk.cast.remi.browser
    response = rosa.post(f"/approvals/{request.id}/vote/", {"choice": "approve"}, follow=True)
    assert "Your vote on" in text(response) and "1 of 2 approvals" in text(response)
    response = remi.post(f"/approvals/{request.id}/vote/", {"choice": "reject"}, follow=True)
    assert "Say why" in text(response)
    response = remi.post(f"/approvals/{request.id}/vote/", {"choice": "approve", "seen": "something else"}, follow=True)
    assert "no longer what you have looked at" in text(response)
    response = remi.post(f"/approvals/{request.id}/vote/", {"choice": "approve"}, follow=True)
    assert f"{request.name} is approved." in text(response)
    assert (fresh(request).state, desk.status(request)) == ("Approved", "Approved")


def test_the_author_and_outsiders_are_refused(desk):
    desk.policy()
    request = desk.version()
    vote = {"choice": "approve"}
    assert desk.cast.alice.browser.post(f"/approvals/{request.id}/vote/", vote).status_code == 403
    assert desk.cast.vera.browser.post(f"/approvals/{request.id}/vote/", vote).status_code == 403
    for address in ("", f"{request.id}/", "policies/"):
        assert desk.cast.charlie.browser.get(f"/approvals/{address}").status_code in (403, 404)
    for act in ("vote", "checks", "take-back", "override", "redeploy"):
        response = desk.cast.charlie.browser.post(f"/approvals/{request.id}/{act}/", {**vote, "comment": "x"})
        assert response.status_code in (403, 404), act
    assert not request.votes.exists()
    other = desk.version(by=desk.cast.ada)
    response = desk.cast.ada.browser.post(f"/approvals/{other.id}/vote/", vote, follow=True)
    assert "is an author of this version" in text(response)


def test_another_connections_request_is_not_found(desk):
    from tests.registry.desk import Desk
    from tests.stage import Account, Cast

    other = Desk(Cast(Account(desk.aws.engine, str(int(desk.aws.number) + 400_000_000_000))))
    request = other.version()
    assert desk.cast.rosa.browser.get(f"/approvals/{request.id}/").status_code == 404


def test_take_back_and_ask_again(desk):
    desk.policy()
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    rosa = desk.cast.rosa.browser
    rosa.post(f"/approvals/{request.id}/take-back/", {"comment": "it drifts"})
    assert desk.status(request) == "Rejected"
    response = desk.cast.alice.browser.post("/approvals/ask/", {"name": request.name}, follow=True)
    assert response.status_code == 200
    assert desk.status(request) == "PendingManualApproval"


def form(**values) -> dict:
    return {
        "name": "two eyes",
        "groups": "*",
        "approvals": "2",
        "one_rejection_rejects": "on",
        "enabled": "on",
        **values,
    }


def test_policy_made_changed_and_deleted(desk):
    ada = desk.cast.ada.browser
    name = f"eyes {desk.aws.number}"
    given = form(name=name, groups=f"{desk.group}", roles=["Reviewer"], where="here", **{
        "metric-0-metric": "auc", "metric-0-at_least": "0.9", "metric-0-better": "higher", "metric-0-tolerance": "0.01",
        "metric-0-weight": "required", "metric-1-metric": "", "model_card": "advisory", "card_percent": "80",
        "endpoint": "prod-{group}", "traffic": "canary", "percent": "10", "wait_seconds": "60", "max_error_percent": "1",
    })  # fmt: skip
    response = ada.post("/approvals/policies/create/", given)
    policy = ApprovalPolicy.objects.get(name=name)
    assert response["Location"] == f"/approvals/policies/{policy.id}/"
    assert (policy.connection_id, policy.roles, policy.modified_by) == (
        desk.connection.id,
        ["Reviewer"],
        desk.cast.ada.name,
    )
    assert policy.checks == [
        {"kind": "metric", "required": True, "metric": "auc", "at_least": 0.9, "better": "higher", "tolerance": 0.01},
        {"kind": "model_card", "required": False, "at_least_percent": 80},
    ]
    assert policy.on_approval == {
        "endpoint": "prod-{group}", "canary_percent": 10, "wait_seconds": 60, "max_error_rate": 0.01,
    }  # fmt: skip
    page = text(ada.get(f"/approvals/policies/{policy.id}/"))
    assert 'value="prod-{group}"' in page and 'value="auc"' in page
    ada.post(f"/approvals/policies/{policy.id}/", {**given, "approvals": "3", "version": "1"})
    assert ApprovalPolicy.objects.get(id=policy.id).approvals == 3
    stale = ada.post(f"/approvals/policies/{policy.id}/", {**given, "approvals": "1", "version": "1"})
    assert "was changed by" in text(stale)
    versions = text(ada.get(f"/approvals/policies/{policy.id}/versions/"))
    assert "2 → <b>3</b>" in versions
    ada.post(f"/approvals/policies/{policy.id}/delete/")
    assert not ApprovalPolicy.objects.filter(id=policy.id).exists()
    assert "The policy is deleted." in text(ada.get(f"/approvals/policies/{policy.id}/versions/"))


def test_policy_form_keeps_what_was_typed(desk):
    response = desk.cast.ada.browser.post(
        "/approvals/policies/create/", form(approvals="many", groups="my-group", **{"metric-0-metric": "auc"})
    )
    page = text(response)
    assert "approvals is a whole number, not many." in page
    assert 'value="my-group"' in page and 'value="auc"' in page


def test_preview_counts_the_votes_there_were(desk):
    desk.policy()
    request = desk.version()
    desk.vote(desk.cast.rosa, request)
    before = ApprovalPolicy.objects.count()
    page = text(desk.cast.ada.browser.post(
        "/approvals/policies/create/", form(name="", groups=desk.group, approvals="2", bias_report="required", preview="1")
    ))  # fmt: skip
    assert "1 of 2 approvals; Bias report: The version has no ModelMetrics.Bias report." in page
    page = text(desk.cast.ada.browser.post(
        "/approvals/policies/create/", form(name="", groups=desk.group, approvals="1", preview="1")
    ))  # fmt: skip
    assert "would have been approved" in page
    assert ApprovalPolicy.objects.count() == before


@pytest.mark.parametrize("who", ["alice", "rosa", "vera"])
def test_only_who_manages_changes_policies(desk, who):
    policy = desk.policy()
    browser = getattr(desk.cast, who).browser
    assert browser.get(f"/approvals/policies/{policy.id}/").status_code == 200
    assert browser.post(f"/approvals/policies/{policy.id}/", form()).status_code == 403
    assert browser.get("/approvals/policies/create/").status_code == 403
    assert browser.post(f"/approvals/policies/{policy.id}/delete/").status_code == 403


def test_count_in_the_sidebar(desk):
    desk.policy()
    desk.version()
    desk.version()
    assert 'aria-current="page"' in text(desk.cast.rosa.browser.get("/approvals/"))
    from areas.approvals.shell import count
    from catalog.actor import Actor, acting

    with acting(Actor(desk.cast.rosa.name, "page")):
        assert count(desk.connection) == 2
    with acting(Actor(desk.cast.alice.name, "page")):
        assert count(desk.connection) == 0


def test_no_query_per_row(desk, django_assert_max_num_queries):
    desk.policy(approvals=2)
    found = [desk.version() for _ in range(6)]
    for request in found:
        desk.vote(desk.cast.remi, request)
    browser = desk.cast.rosa.browser
    browser.get("/approvals/?tab=open")
    with django_assert_max_num_queries(45) as few:
        browser.get("/approvals/?tab=open&q=/1")
    with django_assert_max_num_queries(45) as many:
        browser.get("/approvals/?tab=open")
    assert len(many) <= len(few) + 2


def test_comments(desk):
    request = desk.version()
    desk.cast.alice.browser.post(f"/approvals/{request.id}/comment/", {"comment": "<b>trained</b> on more data"})
    page = desk.cast.vera.browser.get(f"/approvals/{request.id}/").content.decode()
    assert "&lt;b&gt;trained&lt;/b&gt; on more data" in page
    assert desk.cast.vera.browser.post(f"/approvals/{request.id}/comment/", {"comment": "x"}).status_code == 403
