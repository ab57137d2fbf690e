"""REST tokens on their page: shown once, used, revoked, and nobody else's."""

import re

import pytest


def make(client, **form) -> str:
    page = client.post("/settings/tokens/", {"name": "laptop", "days": "90", **form}).content.decode()
    return re.search(r"atl_[\w-]{40,}", page)[0]


@pytest.mark.django_db
def test_a_token_is_shown_once_and_works_until_revoked(browser, client, connection, alice):
    text = make(browser)
    assert text not in browser.get("/settings/tokens/").content.decode()
    client.logout()
    bearer = {"Authorization": f"Bearer {text}"}
    assert client.get("/api/v1/me/", headers=bearer).status_code == 200
    client.force_login(alice)
    client.post(f"/settings/tokens/{alice.api_tokens.get().id}/revoke/")
    client.logout()
    assert client.get("/api/v1/me/", headers=bearer).status_code == 401


@pytest.mark.django_db
def test_a_token_reads_only_unless_asked(browser, alice):
    make(browser)
    make(browser, writes="on")
    assert sorted(alice.api_tokens.values_list("writes", flat=True)) == [False, True]
    assert not alice.api_tokens.filter(expires=None).exists()


@pytest.mark.django_db
def test_nobody_revokes_anothers(browser, client, alice, bob):
    make(browser)
    client.force_login(bob)
    token = alice.api_tokens.get()
    assert client.post(f"/settings/tokens/{token.id}/revoke/").status_code == 404
    assert "laptop" not in client.get("/settings/tokens/").content.decode()
    token.refresh_from_db()
    assert token.revoked is None


@pytest.mark.django_db
def test_a_token_needs_a_name(browser, alice):
    answer = browser.post("/settings/tokens/", {"name": " "})
    assert answer.status_code == 422
    assert "needs a name" in answer.content.decode()
    assert not alice.api_tokens.exists()
