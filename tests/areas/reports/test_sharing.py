"""Links for people who don't sign in: what they show, what they never show, and when they work no longer."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from areas.reports.models import Report, ReportLink
from catalog.models import AuditEntry, Grant, Role
from tests.areas.reports.conftest import CURVES, NUMBER, TABLE, make, post


@pytest.fixture
def stranger():
    return Client(headers={"Accept": "text/html"})


def share(person, number: int, **form) -> str:
    """The path of a new link."""
    answer = post(person.browser, f"/reports/{number}/share/links/", days="30", **form)
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    return re.search(r"(/shared-reports/[\w-]{32}/)", answer.content.decode())[1]


def feed_of(html: str) -> str:
    return html.partition('data-feed="')[2].partition('"')[0]


def test_a_link_shows_the_report_and_nothing_else(cast, runs, stranger):
    number = make(cast.alice.browser, CURVES, TABLE, NUMBER)
    make(cast.alice.browser, {"kind": "text", "text": "other"}, title="Another report")
    path = share(cast.alice, number)
    answer = stranger.get(path)
    html = answer.content.decode()
    assert answer.status_code == 200 and "churn-3 &lt;b&gt;" in html and "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "no-referrer" and answer["Cache-Control"] == "private, no-store"
    for word in (
        cast.alice.name,
        cast.aws.connection.name,
        cast.aws.number,
        "secret-1",
        "/trial-components/",
        "Another",
    ):
        assert word not in html, word
    found = stranger.get(feed_of(html)).json()
    assert set(found["series"]) == {"churn-1", "churn-2", "churn-3"} and not any(
        r["url"] for r in found["runs"].values()
    )
    assert stranger.get(f"/reports/{number}/").status_code == 302
    assert not stranger.cookies.get("sessionid")


@pytest.mark.parametrize("more", ["runs=secret-1", "experiment=secret", "metrics=loss", "q=name~secret", "group=params.seed",
                                  "against=loss", "most=500", "archived=1", "baseline=secret-1", "sort=name"])  # fmt: skip
def test_the_feed_of_a_link_takes_no_other_runs(cast, runs, stranger, more):
    feed = feed_of(stranger.get(share(cast.alice, make(cast.alice.browser, CURVES))).content.decode())
    answer = stranger.get(f"{feed}?{more}")
    assert answer.status_code == 400 and b"secret-1" not in answer.content


def test_a_link_gives_no_block_or_file_of_another_report(cast, aws, runs, stranger):
    aws.client("s3").put_object(Bucket=aws.bucket, Key="x.png", Body=b"\x89PNG\r\n\x1a\n")
    other = make(cast.alice.browser, CURVES, {"kind": "file", "uri": f"s3://{aws.bucket}/x.png"})
    blocks = Report.objects.get(pk=other).blocks
    html = cast.alice.browser.get(f"/reports/{other}/").content.decode()
    digest = re.search(r"/files/(\w+)/", html)[1]
    path = share(cast.alice, make(cast.alice.browser, TABLE))
    assert stranger.get(f"{path}blocks/{blocks[0]['id']}/series/").status_code == 404
    assert stranger.get(f"{path}files/{digest}/").status_code == 404
    assert stranger.get(f"{share(cast.alice, other)}files/{digest}/")["Content-Type"] == "image/png"


def test_the_token_is_kept_as_a_digest_only(cast, runs):
    path = share(cast.alice, number := make(cast.alice.browser, TABLE))
    token = path.split("/")[2]
    link = ReportLink.objects.get(report=number)
    assert token not in str(vars(link)) and link.prefix == token[:6] and len(link.digest) == 64
    told = AuditEntry.objects.filter(target__startswith=f"Report {number} ")
    assert token not in "".join(entry.after + entry.detail for entry in told)


def test_a_link_ends_when_it_is_revoked_expires_or_its_owner_goes(cast, runs, stranger):
    number = make(cast.alice.browser, TABLE)
    revoked, expired, orphan = (share(cast.alice, number) for _ in range(3))
    links = list(ReportLink.objects.filter(report=number).order_by("id"))
    assert stranger.get(revoked).status_code == 200
    post(cast.alice.browser, f"/reports/{number}/share/links/{links[0].pk}/revoke/")
    ReportLink.objects.filter(pk=links[1].pk).update(expires=timezone.now() - timedelta(seconds=1))
    answers = [stranger.get(path) for path in (revoked, expired, "/shared-reports/" + "a" * 32 + "/")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.content for answer in answers}) == 1  # they don't tell apart what was from what never was
    type(cast.alice.user).objects.filter(pk=cast.alice.user.pk).update(is_active=False)
    assert stranger.get(orphan).status_code == 404
    actions = list(
        AuditEntry.objects.filter(target__startswith=f"Report {number} ")
        .order_by("number")
        .values_list("action", flat=True)
    )
    assert actions[-5:] == ["ShareReport", "ShareReport", "ShareReport", "OpenSharedReport", "RevokeReportLink"]


def test_only_the_first_opening_is_in_the_audit_log(cast, runs, stranger):
    path = share(cast.alice, number := make(cast.alice.browser, TABLE))
    for _ in range(3):
        stranger.get(path)
    assert AuditEntry.objects.filter(action="OpenSharedReport", target__startswith=f"Report {number} ").count() == 1
    assert ReportLink.objects.get(report=number).times == 3


def test_what_the_owner_may_no_longer_see_nobody_sees_by_the_link(cast, runs, stranger):
    number = make(cast.alice.browser, {"kind": "text", "text": "Words stay"}, TABLE, CURVES)
    path = share(cast.alice, number)
    feed = feed_of(stranger.get(path).content.decode())
    cast.alice.grant.delete()
    html = stranger.get(path).content.decode()
    assert "Words stay" in html and html.count("the report&#x27;s owner may not see it") == 2 and "churn-1" not in html
    assert stranger.get(feed).status_code == 404


def test_an_editor_does_not_see_by_the_owners_rights(cast, runs, stranger):
    """Dan may change Alice's report, not view the secret run: her link doesn't show it to him either."""
    Grant.objects.filter(pk=cast.dan.grant.pk).delete()
    rules = [{"verbs": ["view", "update"], "nouns": ["Report", "Experiment"]},
             {"verbs": ["view"], "nouns": ["TrialComponent"], "names": ["churn-*"]}]  # fmt: skip
    role = Role.objects.create(name=f"narrow-{cast.aws.number}", rules=rules)
    Grant.objects.create(role=role, connection_id=cast.aws.connection.id, user=cast.dan.user)
    number = make(cast.alice.browser, {**TABLE, "experiment": "", "runs": ["churn-1"]}, visible="connection")
    path = share(cast.alice, number)
    mine = Report.objects.get(pk=number).blocks
    spying = [*mine, {**TABLE, "experiment": "secret"}, {**CURVES, "experiment": "", "runs": ["secret-1", "churn-2"]}]
    assert (
        post(cast.dan.browser, f"/reports/{number}/edit/save/", {"title": "x", "blocks": spying, "base": 2}).status_code
        == 200
    )
    html = stranger.get(path).content.decode()
    assert "churn-1 &lt;b&gt;" in html and "secret-1" not in html
    assert set(stranger.get(feed_of(html)).json()["series"]) == {"churn-2"}
    forged = [{**block, "by": cast.alice.name} for block in spying]
    post(cast.dan.browser, f"/reports/{number}/edit/save/", {"title": "x", "blocks": forged, "base": 3})
    assert "secret-1" not in stranger.get(path).content.decode()
    assert "secret-1 &lt;b&gt;" in cast.alice.browser.get(f"/reports/{number}/").content.decode()


def test_only_the_owner_shares(cast, runs):
    number = make(cast.alice.browser, TABLE, visible="connection")
    for person in (cast.dan, cast.vera, cast.charlie):
        assert post(person.browser, f"/reports/{number}/share/links/", days="7").status_code == 403
    rules = [{"verbs": ["view", "create", "update"], "nouns": ["Report"]}]
    role = Role.objects.create(name=f"no-links-{cast.aws.number}", rules=rules)
    Grant.objects.create(role=role, connection_id=cast.aws.connection.id, user=cast.charlie.user)
    own = make(cast.charlie.browser)
    assert post(cast.charlie.browser, f"/reports/{own}/share/links/", days="7").status_code == 403


def test_a_frozen_report_stays_as_it_was(cast, runs, stranger):
    number = make(cast.alice.browser, TABLE, CURVES, {**CURVES, "figure": "bar"})
    path = share(cast.alice, number, snapshot="new")
    before = stranger.get(path).content.decode()
    cast.aws.client("sagemaker").disassociate_trial_component(TrialComponentName="churn-2", TrialName="churn-trial")
    post(cast.alice.browser, f"/reports/{number}/edit/save/", {"title": "New", "blocks": [], "base": 2})
    after = stranger.get(path).content.decode()
    assert before == after and "churn-2 &lt;b&gt;" in after
    found = stranger.get(feed_of(after)).json()
    assert len(found["series"]) == 3 and found["ended"] and len(found["series"]["churn-2"]["auc"]["value"]) == 5


def test_guessing_is_slowed_down(cast, runs, stranger, monkeypatch):
    from areas.reports import pace

    monkeypatch.setattr(pace, "WRONG_A_MINUTE", 3)
    stranger.defaults["REMOTE_ADDR"] = "203.0.113.77"
    codes = [stranger.get(f"/shared-reports/{'b' * 31}{place}/").status_code for place in range(5)]
    assert codes[0] == 404 and codes[-1] == 429
