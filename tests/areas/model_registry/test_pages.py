"""The registry's pages: what they show, what they do, and to whom."""

import html

import pytest

from areas.model_registry import aliases
from areas.model_registry.models import Alias, Comment, Note
from catalog.models import Record


def text(response) -> str:
    return html.unescape(response.content.decode())


@pytest.fixture
def two(registry):
    """A group with two versions whose reports say different things; the first is approved."""
    registry.group()
    for number, auc in ((1, 0.91), (2, 0.95)):
        uri = registry.put(
            f"report-{number}.json", b'{"auc": {"value": %f}, "log_loss": {"value": %f}}' % (auc, 1 - auc)
        )
        metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": uri}}}
        registry.version(ModelMetrics=metrics, CustomerMetadataProperties={"team": f"team-{number}", "same": "x"})
    registry.update(registry.arn("model-package/g/1"), ModelApprovalStatus="Approved")
    return registry


def test_version_page_at_a_glance(two, cast):
    page = text(cast.vera.browser.get("/model-packages/g/2/"))
    assert "Waiting for approval" in page and "Champion is" in page
    assert "0.95" in page and "team-2" in page and "Request approval" not in page
    assert two.url in text(cast.vera.browser.get("/model-packages/g/2/files/"))
    assert "as registered" in text(cast.vera.browser.get("/model-packages/g/2/files/"))
    for tab in ("discussion", "history", "configuration", "tags", "code"):
        assert cast.vera.browser.get(f"/model-packages/g/2/?tab={tab}").status_code == 200, tab
    assert "Registered" in text(cast.vera.browser.get("/model-packages/g/2/?tab=history"))
    assert "Deploy version 1" in text(cast.alice.browser.get("/model-packages/g/1/"))
    assert "Deploy version 2" not in text(cast.alice.browser.get("/model-packages/g/2/"))


def test_outsiders_are_refused(two, cast):
    for path in (
        "/model-packages/g/1/",
        "/model-package-groups/g/",
        "/model-registry/compare/",
        "/model-packages/g/1/files/",
    ):
        assert cast.charlie.browser.get(path).status_code == 403, path


def test_a_version_that_is_not_there(two, cast):
    assert cast.vera.browser.get("/model-packages/g/77/").status_code == 404
    assert cast.vera.browser.get("/model-package-groups/nope/").status_code == 404


def test_group_page_shows_metrics_sorted(two, cast):
    page = text(cast.vera.browser.get("/model-package-groups/g/?sort=-metrics.auc"))
    assert page.index('href="/model-packages/g/2/">2') < page.index('href="/model-packages/g/1/">1')
    page = text(cast.vera.browser.get("/model-package-groups/g/?sort=metrics.auc"))
    assert page.index('href="/model-packages/g/1/">1') < page.index('href="/model-packages/g/2/">2')
    assert "auc from version 1 to 2, between 0.9100 and 0.9500" in page
    page = text(cast.vera.browser.get("/model-package-groups/g/?q=approval = Approved"))
    assert "1–1 of 1" in page
    assert "The list below shows everything" in text(cast.vera.browser.get("/model-package-groups/g/?q=approval = ("))
    assert '<span class="mono">log_loss</span>' not in text(cast.vera.browser.get("/model-package-groups/g/?m=auc"))


def test_compare_shows_only_differences(two, cast):
    page = text(cast.vera.browser.get("/model-registry/compare/?old=g/1&new=g/2"))
    assert "+0.0400" in page and 'class="num good"' in page and "-0.0400" in page
    assert "team-1" in page and "team-2" in page and two.url not in page
    assert two.url in text(cast.vera.browser.get("/model-registry/compare/?old=g/1&new=g/2&all=1"))
    assert "?old=g%2F2&new=g%2F1" in text(cast.vera.browser.get("/model-registry/compare/?old=g/1&new=g/2"))
    assert "has no alias best" in text(cast.vera.browser.get("/model-registry/compare/?old=g@best&new=g/2"))


def test_aliases_on_the_page(two, cast):
    alice = cast.alice.browser
    page = text(alice.post("/model-package-groups/g/aliases/", {"alias": "candidate", "version": "2"}, follow=True))
    assert "g@candidate is version 2." in page
    page = text(
        alice.post(
            "/model-package-groups/g/aliases/", {"alias": "champion", "version": "1", "protected": "on"}, follow=True
        )
    )
    assert "allows approve_model_package" in page
    assert "g@candidate points to it" in text(alice.get("/model-packages/g/2/"))
    assert alice.get("/model-registry/version/?version=g@candidate")["Location"] == "/model-packages/g/2/"
    then = alice.get("/model-registry/version/?version=g@candidate&then=deploy")
    assert then["Location"] == "/model-packages/g/2/deploy/"
    assert alice.get("/model-registry/version/?version=g@nobody").status_code == 404
    assert text(alice.get("/model-registry/compare/?old=g/1&new=g@candidate")).count("team-2") == 1
    alice.post("/model-package-groups/g/aliases/remove/", {"alias": "candidate"})
    assert not Alias.objects.filter(connection=two.aws.connection).exists()
    assert cast.vera.browser.post("/model-package-groups/g/aliases/", {"alias": "a", "version": "1"}).status_code == 403


def test_stage_and_metadata(two, cast):
    alice = cast.alice.browser
    given = {"stage": "Staging", "stage_status": "InProgress", "description": "tried out"}
    page = text(alice.post("/model-packages/g/2/stage/", given, follow=True))
    assert "in stage <b>Staging</b>" in page
    alice.post("/model-packages/g/2/properties/", {"properties": "team = risk\nnew = a = b"})
    assert two.read("g/2")["CustomerMetadataProperties"] == {"team": "risk", "new": "a = b"}
    assert "Line 1 is not name = value" in text(
        alice.post("/model-packages/g/2/properties/", {"properties": "x"}, follow=True)
    )
    assert "Stage Staging" in text(alice.get("/model-packages/g/2/?tab=history"))
    assert cast.rosa.browser.post("/model-packages/g/2/stage/", given).status_code == 403


def test_notes_are_rendered_without_html(two, cast):
    alice = cast.alice.browser
    note = "# For *churn*\n\n<script>alert(1)</script> [bad](javascript:alert(1)) [good](https://example.org) ![x](https://e.org/x.png)"
    page = alice.post("/model-registry/note/ModelPackage/g/1/", {"text": note}, follow=True).content.decode()
    assert "<h1>For <em>churn</em></h1>" in page and "&lt;script&gt;" in page
    assert "<script>alert" not in page and 'href="javascript' not in page and "<img" not in page
    assert 'href="https://example.org"' in page
    alice.post("/model-registry/note/ModelPackage/g/1/", {"text": "Second"})
    assert Note.objects.filter(connection=two.aws.connection).count() == 2
    page = text(alice.post("/model-registry/note/ModelPackage/g/1/", {"text": "Third", "seen": "0"}, follow=True))
    assert "has saved another note meanwhile" in page
    for person in (cast.vera, cast.rosa):
        assert person.browser.post("/model-registry/note/ModelPackage/g/1/", {"text": "x"}).status_code == 403


def test_comments_mention_edit_and_go(two, cast):
    from registry.notices.models import Notification

    alice, rosa = cast.alice, cast.rosa
    cast.charlie  # noqa: B018 - he is there, and may not look
    body = {"text": f"Look @{rosa.name}, and @{cast.charlie.name}. mail@{rosa.name}"}
    alice.browser.post("/model-registry/comment/ModelPackage/g/2/", body)
    comment = Comment.objects.get(connection=two.aws.connection)
    told = list(Notification.objects.filter(kind="mentioned", user__in=[rosa.user, cast.charlie.user]))
    assert [(one.user_id, "mentions you on g/2" in one.text) for one in told] == [(rosa.user.id, True)]
    assert rosa.browser.get(told[0].url).status_code == 200
    assert rosa.browser.post(f"/model-registry/comments/{comment.id}/", {"text": "mine now"}).status_code == 403
    alice.browser.post(f"/model-registry/comments/{comment.id}/", {"text": f"Again @{rosa.name}"})
    assert Notification.objects.filter(kind="mentioned", user=rosa.user).count() == 1
    assert "as it was" in text(rosa.browser.get("/model-packages/g/2/?tab=discussion"))
    assert cast.vera.browser.post("/model-registry/comment/ModelPackage/g/2/", {"text": "x"}).status_code == 403
    alice.browser.post(f"/model-registry/comments/{comment.id}/", {"do": "delete"})
    page = text(rosa.browser.get("/model-packages/g/2/?tab=discussion"))
    assert "Taken back" in page and "Again" not in page
    names = alice.browser.get("/model-registry/people/ModelPackage/g/2/?q=ro").json()["names"]
    assert rosa.name in names and cast.charlie.name not in names


def test_share_with_the_plain_form(two, cast, other):
    alice = cast.alice.browser
    account = other.aws.number
    page = text(alice.post("/model-package-groups/g/sharing/", {"as": "form", "accounts": "12"}))
    assert "12 is not an account's number" in page
    alice.post("/model-package-groups/g/sharing/", {"as": "form", "accounts": account})
    assert (
        other.sagemaker.describe_model_package(ModelPackageName=two.arn("model-package/g/1"))["ModelPackageVersion"]
        == 1
    )
    assert account in text(alice.get("/model-package-groups/g/?tab=sharing"))
    page = text(alice.post("/model-package-groups/g/sharing/", {"as": "json", "policy": "{"}))
    assert "The resource policy is not JSON." in page
    alice.post("/model-package-groups/g/sharing/", {"as": "none"})
    assert "not shared" in text(alice.get("/model-package-groups/g/?tab=sharing"))


def test_create_and_delete_a_group(registry, cast):
    alice = cast.alice.browser
    assert "letters, digits and hyphens" in text(alice.post("/model-package-groups/create/", {"name": "a b"}))
    page = text(
        alice.post("/model-package-groups/create/", {"name": "fresh", "description": "For trying"}, follow=True)
    )
    assert "For trying" in page and "No version yet" in page
    assert "already exists" in text(alice.post("/model-package-groups/create/", {"name": "fresh"}))
    alice.post("/model-package-groups/fresh/actions/DeleteModelPackageGroup/")
    assert not Record.objects.filter(
        connection=registry.aws.connection, kind="ModelPackageGroup", name="fresh"
    ).exists()


def test_clone_into_another_group(two, cast):
    alice = cast.alice.browser
    response = alice.post("/model-registry/register/?package=g/1", {"group": "copies", "description": "Again"})
    assert response["Location"].startswith("/model-packages/copies/1/")
    made = two.read("copies/1")
    assert made["ModelApprovalStatus"] == "PendingManualApproval"
    assert made["InferenceSpecification"] == two.read("g/1")["InferenceSpecification"]
    assert cast.rosa.browser.get("/model-registry/register/?package=g/1").status_code == 403


def test_a_page_says_that_its_alias_was_rejected(two, cast):
    from catalog.actor import REST, Actor, acting

    with acting(Actor(cast.alice.name, REST)):
        aliases.set_alias(two.aws.connection, "g", "stable", 2)
    two.update(two.arn("model-package/g/2"), ModelApprovalStatus="Rejected")
    assert "stable still points to it" in text(cast.vera.browser.get("/model-packages/g/2/"))
