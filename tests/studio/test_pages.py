"""Every page as it is served: the policy against injected script, the scheme without a flash, honest errors."""

import re
from html.parser import HTMLParser

import pytest

from areas import icons
from areas.index import resources
from catalog.models import Record
from jobs.models import Run
from tests.studio.conftest import make_jobs

PAGES = [
    "/", "/training-jobs/", "/training-jobs/?q=status+%3D", "/training-jobs/?q=nothing-is-called-so", "/models/",
    "/endpoint-configs/", "/endpoints/", "/search/", "/search/?q=job", "/settings/connections/",
    "/settings/connections/new/", "/settings/tokens/",
    "/settings/connections/workbench/", "/settings/credentials/", "/settings/workers/",
    "/settings/users/", "/settings/password/", "/no-such-page/",
]  # fmt: skip


class Inline(HTMLParser):
    """Collects what a strict policy forbids, ids that stand twice, and fields and buttons without a name."""

    def __init__(self):
        super().__init__()
        self.forbidden, self.ids, self.headings = [], [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.forbidden += [f"{tag} {name}" for name in found if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and not found.get("src")):
            self.forbidden.append(tag)
        if (found.get("href") or "").startswith("javascript:"):
            self.forbidden.append(f"{tag} href")
        for name in ("src", "href"):
            if (found.get(name) or "").startswith(("http:", "https:", "//")) and tag in ("script", "link", "img"):
                self.forbidden.append(f"{tag} {found[name]}")
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "h1":
            self.headings.append(tag)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_nothing_inline_and_nothing_from_elsewhere(browser, connection, page):
    make_jobs(connection, 3)
    answer = browser.get(page)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.replace("style-src-attr 'unsafe-inline'", "")
    found = Inline()
    found.feed(answer.content.decode())
    assert found.forbidden == []
    assert len(found.ids) == len(set(found.ids)), [one for one in found.ids if found.ids.count(one) > 1]
    assert len(found.headings) == 1


@pytest.mark.django_db
def test_names_and_words_are_escaped(browser, connection):
    bad = "<script>alert(1)</script>\"'&"
    make_jobs(connection, 1, status="Failed")
    record = Record.objects.get(connection=connection)
    record.owner = record.document["FailureReason"] = record.document["HyperParameters"]["max_depth"] = bad
    record.save()
    for page in ("/", "/training-jobs/?columns=name,owner,FailureReason,HyperParameters.max_depth",
                 f"/search/?q={bad}", f"/training-jobs/?q={bad}", "/training-jobs/?sort=<script>"):  # fmt: skip
        assert "<script>" not in re.sub(r"<script (type|src)", "", browser.get(page).content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_server_writes_the_scheme(browser, theme):
    answer = browser.post("/theme/", {"theme": theme, "next": "/models/"})
    assert answer["Location"] == "/models/"
    assert f'data-theme="{theme}"' in browser.get("/").content.decode()
    browser.post("/theme/", {"theme": "system"})
    assert "data-theme=" not in browser.get("/").content.decode().replace("data-theme-form", "")


@pytest.mark.django_db
def test_a_made_up_scheme_is_ignored(browser):
    browser.cookies["theme"] = '"><script>'
    assert "data-theme=" not in browser.get("/").content.decode().replace("data-theme-form", "")


@pytest.mark.django_db
@pytest.mark.parametrize("slug", [resource.slug for resource in resources().values()])
def test_what_is_missing_is_said(browser, slug):
    answer = browser.get(f"/{slug}/gone/")
    assert answer.status_code == 404
    assert "gone" in answer.content.decode()


def test_every_declared_icon_exists():
    for resource in resources().values():
        if resource.icon:
            icons.draw(resource.icon)


@pytest.mark.django_db
def test_every_link_of_the_shell_leads_somewhere(browser, connection):
    make_jobs(connection, 2)
    page = browser.get("/").content.decode()
    links = {link for link in re.findall(r'href="(/[^"#]*)"', page) if not link.startswith("/static/")}
    assert len(links) > 8
    for link in links:
        assert browser.get(link.replace("&amp;", "&")).status_code in (200, 302), link


@pytest.mark.django_db
def test_home_tells_what_failed_until_it_is_seen(browser, connection, alice):
    make_jobs(connection, 1, status="Failed")
    Record.objects.update(document={"FailureReason": "AlgorithmError: no such label"})
    page = browser.get("/").content.decode()
    assert "AlgorithmError: no such label" in page
    assert "data-due" in page
    browser.post("/seen/")
    page = browser.get("/").content.decode()
    assert "AlgorithmError" not in page
    assert "data-due" not in page


@pytest.mark.django_db
def test_home_shows_a_refused_run_in_the_services_words(browser, connection, alice):
    from django.utils import timezone

    Run.objects.create(
        connection=connection, kind="TrainingJob", name="refused", state=Run.FAILED, due=timezone.now(),
        ended=timezone.now(), error="ValidationException: 1 validation error detected", user=alice,
    )  # fmt: skip
    assert "ValidationException: 1 validation error detected" in browser.get("/").content.decode()


@pytest.mark.django_db
def test_the_tour_walks_and_ends(client, alice, connection):
    client.force_login(alice)
    assert "Pick a dataset" in client.get("/").content.decode()
    client.post("/tour/", {"go": "next"})
    assert "Train a model" in client.get("/").content.decode()
    client.post("/tour/", {"go": "done"})
    assert 'id="coach"' not in client.get("/").content.decode()
    client.post("/tour/", {"go": "restart"})
    for _ in range(5):
        client.post("/tour/", {"go": "next"})
    assert 'id="coach"' not in client.get("/").content.decode()


@pytest.mark.django_db
def test_workers_are_said_to_be_unknown_when_redis_is_away(browser, settings):
    settings.RQ_QUEUES = {"default": {"URL": "unix:///nowhere/redis.sock"}}
    assert "Redis can't be reached" in browser.get("/").content.decode()
    assert "Redis can't be reached" in browser.get("/settings/workers/").content.decode()


@pytest.mark.django_db
def test_plotly_is_served_for_long(client):
    from django.contrib.staticfiles import finders

    from studio.ui.finders import PLOTLY

    assert finders.find(PLOTLY).endswith("plotly.min.js")
    answer = client.get(f"/static/{PLOTLY}")
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.django_db
def test_an_old_form_is_refused_on_a_page_of_ours(alice, connection):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    answer = strict.post("/seen/")
    assert answer.status_code == 403
    assert "nothing was done" in answer.content.decode()
    assert "<style" not in answer.content.decode()


@pytest.mark.django_db
def test_polling_an_unchanged_part_costs_no_bytes(browser, connection):
    make_jobs(connection, 2, status="InProgress")
    ids = ",".join(str(one) for one in Record.objects.values_list("id", flat=True))
    page = f"/training-jobs/?part=live&since=2030-01-01T00:00:00Z&ids={ids}"
    etag = browser.get(page)["ETag"]
    assert browser.get(page, headers={"If-None-Match": etag}).status_code == 304
    Record.objects.update(status="Completed")
    assert browser.get(page, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.django_db
def test_what_waits_for_a_worker_is_on_home_and_on_its_page(browser, connection, alice):
    from django.utils import timezone

    Run.objects.create(
        connection=connection, kind="TrainingJob", name="soon", due=timezone.now(), user=alice,
        plan=[{"call": "CreateTrainingJob", "request": {}}],
    )  # fmt: skip
    page = browser.get("/").content.decode()
    assert 'href="/training-jobs/soon/"' in page
    assert "Waiting for a worker" in page
    assert browser.get("/training-jobs/soon/").status_code == 200


@pytest.mark.django_db
def test_an_address_may_name_its_connection(browser, connection):
    from catalog.models import Connection

    Connection.objects.create(name="prod", backend="aws", account="111111111111", region="eu-west-1", colour="crimson")
    assert 'data-connection="crimson"' in browser.get("/models/?connection=prod").content.decode().partition("<body")[0]
    assert "prod" in browser.get("/models/").content.decode().partition("</title>")[0]
    assert browser.get("/models/?connection=nowhere").status_code == 200


@pytest.mark.django_db
def test_the_bell_rings_without_a_new_page(browser, connection):
    assert "data-due" not in browser.get("/shell/live/").content.decode()
    make_jobs(connection, 1, status="Failed")
    part = browser.get("/shell/live/").content.decode()
    assert "data-due" in part
    assert 'href="/training-jobs/job-0000/"' in part
    assert 'id="tally-training-jobs"' in part
