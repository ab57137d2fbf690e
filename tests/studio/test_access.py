"""Nobody sees anything without signing in, and what is for administrators is for nobody else."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

# What answers strangers: sign-in and out, the theme, health, the predict gateway's own keys, REST's own tokens, the admin's, and
# reports that were shared by a secret link (tests/areas/reports).
OPEN = ("sign-in/", "sign-out/", "theme/", "healthz", "predict/", "api/", "admin/", "shared-reports/")


def addresses(patterns=None, before=""):
    for pattern in patterns or get_resolver().url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path


def filled(path: str) -> str:
    import re

    path = re.sub(r"<int:[^>]+>", "1", path)
    return "/" + re.sub(r"<[^>]+>", "thing", path).lstrip("^").rstrip("$")


PAGES = sorted({filled(path) for path in addresses() if not path.startswith(OPEN)})


def test_the_walk_finds_pages():
    assert len(PAGES) > 30
    assert "/training-jobs/" in PAGES


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_are_sent_to_sign_in(client, page, method):
    answer = getattr(client, method)(page)
    assert answer.status_code in (302, 401, 403), f"{method} {page} answered {answer.status_code}"
    if answer.status_code == 302:
        assert answer["Location"].startswith("/sign-in/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page",
    ["credentials/", "workers/", "users/", "connections/new/", "connections/workbench/"],
)
def test_settings_of_everybody_are_for_administrators(client, bob, connection, page):
    client.force_login(bob)
    answer = client.get(f"/settings/{page}")
    assert answer.status_code == 403
    assert "an administrator" in answer.content.decode().lower()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["connections/workbench/test/", "connections/workbench/delete/", "workers/requeue/"])
def test_bob_changes_no_connection(client, bob, connection, page):
    client.force_login(bob)
    assert client.post(f"/settings/{page}").status_code == 403
    connection.refresh_from_db()


@pytest.mark.django_db
def test_credentials_are_told_only_until_somebody_signed_in(client, alice):
    assert "credentials.json" in client.get("/sign-in/").content.decode()
    client.post("/sign-in/", {"username": "alice", "password": "open sesame"})
    client.logout()
    assert "credentials.json" not in client.get("/sign-in/").content.decode()


@pytest.mark.django_db
def test_a_wrong_password_is_said(client, alice):
    answer = client.post("/sign-in/", {"username": "alice", "password": "wrong"})
    assert answer.status_code == 200
    assert "correct username and password" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize("form", ["/theme/", "/seen/", "/tour/", "/settings/connections/choose/"])
def test_forms_lead_back_only_to_us(browser, form, target):
    answer = browser.post(form, {"next": target})
    assert answer["Location"] == "/"
