"""A version onto an endpoint from its page, and what the pages then tell of where it runs and ran."""

import html

from jobs import submission
from jobs.models import Run


def text(response) -> str:
    return html.unescape(response.content.decode())


def test_only_approved_versions_are_deployed(registry, cast):
    registry.group()
    registry.version()
    page = text(cast.alice.browser.post("/model-packages/g/1/deploy/", {"name": "e"}))
    assert "only an Approved version can be deployed" in page
    assert not Run.objects.filter(connection=registry.aws.connection).exists()
    for person in (cast.vera, cast.rosa, cast.charlie):
        assert person.browser.get("/model-packages/g/1/deploy/").status_code == 403


def test_where_it_runs_and_ran(registry, endpoints, cast, runner):
    endpoints(registry)
    registry.group()
    for _ in range(2):
        registry.update(registry.version(), ModelApprovalStatus="Approved")
    alice = cast.alice.browser
    assert "A new endpoint needs a name." in text(alice.post("/model-packages/g/1/deploy/", {"name": ""}))
    assert alice.post("/model-packages/g/1/deploy/", {"name": "serves"})["Location"] == "/endpoints/serves/"
    _carry_out(registry, "serves")
    page = text(cast.vera.browser.get("/model-packages/g/1/"))
    assert "version 1 on serves" in page and ">serves</a>" in page
    assert ">serves</a>" in text(cast.vera.browser.get("/model-package-groups/g/"))
    moved = alice.post("/model-packages/g/2/deploy/", {"endpoint": "serves", "how": "all", "wait": "0", "errors": ""})
    assert moved["Location"] == "/endpoints/serves/"
    _carry_out(registry, "serves")
    page = text(cast.vera.browser.get("/model-packages/g/1/"))
    assert "version 1 on serves" in page and "version 2 on serves" in page and "Replaced" in page
    story = text(cast.vera.browser.get("/model-packages/g/1/?tab=history"))
    assert "Deployed to serves" in story and "Replaced: serves" in story


def _carry_out(registry, endpoint: str) -> None:
    run = Run.objects.filter(connection=registry.aws.connection, name=endpoint).order_by("-id").first()
    submission.submit(run.id)
    run.refresh_from_db()
    assert not run.error, run.error
    registry.wait(endpoint, "InService")
