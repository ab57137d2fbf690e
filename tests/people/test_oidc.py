"""Signing in by a real OpenID provider, a server process: who comes in, as whom, in which groups, and who doesn't."""

import json
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.contrib.auth.models import Group
from django.test import Client

from catalog.models import AuditEntry, Grant
from studio.people import oidc
from studio.people.models import Identity
from tests.stage import free_port

pytestmark = pytest.mark.django_db

PEOPLE = [
    {"sub": "u-1", "preferred_username": "olga", "email": "olga@example.com", "email_verified": True, "given_name": "Olga",
     "family_name": "Ohm", "roles": ["scientists", "unknown here"]},
    {"sub": "u-2", "preferred_username": "carl", "email": "carl@example.com", "email_verified": True},
    {"sub": "u-3", "preferred_username": "mallory", "email": "m@example.com", "email_verified": False},
    {"sub": "u-4", "email": "peter.o'hara@example.org", "email_verified": True},
]  # fmt: skip


@pytest.fixture(scope="module")
def issuer():
    port = free_port()
    command = [sys.executable, "-m", "tests.people.provider", str(port), *map(json.dumps, PEOPLE)]
    process = subprocess.Popen(command)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 30
    while True:
        try:
            httpx.get(f"{url}/.well-known/openid-configuration").raise_for_status()
            break
        except httpx.TransportError:
            assert process.poll() is None and time.monotonic() < deadline, "the provider did not start"
            time.sleep(0.1)
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture(autouse=True)
def provider(settings, issuer, workbench):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, "atelier", "a secret"
    settings.OIDC_GROUPS_CLAIM = "roles"
    return issuer


def authorise(url: str, subject: str) -> str:
    """What a person does at the provider: sign in as ``subject``. Returns the address that it sends the browser to."""
    answer = httpx.post(url, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_in(client: Client, subject: str, target: str = ""):
    begun = client.get("/sign-in/oidc/", {"next": target})
    assert begun.status_code == 302, begun.content.decode()
    back = authorise(begun["Location"], subject)
    return client.get(back.removeprefix("http://testserver"))


def test_the_sign_in_page_offers_it(client, settings):
    assert 'href="/sign-in/oidc/"' in client.get("/sign-in/").content.decode()
    settings.OIDC_ISSUER = ""
    assert "/sign-in/oidc/" not in client.get("/sign-in/").content.decode()
    assert client.get("/sign-in/oidc/").status_code == client.get("/sign-in/oidc/callback/").status_code == 404


def test_the_request_has_state_nonce_and_a_challenge(client):
    asked = parse_qs(urlsplit(client.get("/sign-in/oidc/")["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert "openid" in asked["scope"][0].split()


def test_a_user_is_made_at_the_first_sign_in_without_a_role(client, django_user_model):
    assert come_in(client, "u-1", "/settings/sessions/")["Location"] == "/settings/sessions/"
    olga = django_user_model.objects.get(username="olga")
    assert (olga.first_name, olga.email, olga.is_superuser) == ("Olga", "olga@example.com", False)
    assert not olga.has_usable_password() and not Grant.objects.filter(user=olga).exists()
    assert client.get("/settings/sessions/").status_code == 200
    assert client.get("/settings/users/").status_code == 403
    assert [row.action for row in AuditEntry.objects.filter(target="User olga")] == ["CreateUser", "SignIn"]
    again = Client()
    assert come_in(again, "u-1").status_code == 302
    assert django_user_model.objects.filter(username__startswith="olga").count() == 1
    assert olga.sign_ins.count() == 2 and {row.by for row in olga.sign_ins.all()} == {"oidc"}


def test_a_name_is_no_way_into_a_local_account(client, carl, django_user_model):
    django_user_model.objects.filter(pk=carl.pk).update(email="carl@example.com", is_superuser=True)
    come_in(client, "u-2")
    assert int(client.session["_auth_user_id"]) != carl.pk
    made = Identity.objects.get(subject="u-2").user
    assert made.username == "carl-2" and not made.is_superuser


def test_odd_names_become_user_names(client):
    come_in(client, "u-4")
    assert Identity.objects.get(subject="u-4").user.username == "peter.o-hara"


def test_the_claim_gives_and_takes_groups_but_not_those_given_here(client, roles, workbench, settings):
    scientists, others = Group.objects.create(name="scientists"), Group.objects.create(name="others")
    Grant.objects.create(role=roles["Viewer"], group=scientists, connection=workbench)
    come_in(client, "u-1")
    olga = Identity.objects.get(subject="u-1").user
    assert {group.name for group in olga.groups.all()} == {"scientists"}
    assert client.get("/training-jobs/").status_code == 200
    olga.groups.add(others)
    settings.OIDC_GROUPS_CLAIM = "no such claim"
    come_in(Client(), "u-1")
    assert {group.name for group in olga.groups.all()} == {"others"}
    assert client.get("/training-jobs/").status_code == 403
    told = AuditEntry.objects.filter(target="Group scientists").values_list("action", flat=True)
    assert list(told) == ["AddGroupMember", "RemoveGroupMember"]


def test_only_verified_addresses_of_allowed_domains_come_in(client, settings, django_user_model):
    settings.OIDC_ALLOWED_DOMAINS = ["example.com"]
    for subject in ("u-3", "u-4"):
        answer = come_in(client, subject)
        assert answer.status_code == 403
        assert "Only verified addresses of example.com" in answer.content.decode()
    assert not Identity.objects.exists() and not django_user_model.objects.filter(username="mallory").exists()
    assert AuditEntry.objects.filter(action="SignIn", outcome="Refused").count() == 2
    assert come_in(client, "u-1").status_code == 302


def test_a_deactivated_account_stays_out(client, django_user_model):
    come_in(client, "u-1")
    django_user_model.objects.filter(username="olga").update(is_active=False)
    answer = come_in(Client(), "u-1")
    assert answer.status_code == 403 and "deactivated" in answer.content.decode()


def test_a_callback_that_was_not_begun_here_is_refused(client):
    back = authorise(client.get("/sign-in/oidc/")["Location"], "u-1").removeprefix("http://testserver")
    stranger = Client()
    answer = stranger.get(back)
    assert answer.status_code == 403 and "begun in another browser" in answer.content.decode()
    assert stranger.get("/sign-in/oidc/callback/").status_code == 403
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 403, "a state is good once"


def test_a_nonce_of_another_sign_in_is_refused(client):
    """An ID token that was made for another request is not this one's."""
    begun = client.get("/sign-in/oidc/")["Location"]
    session = client.session
    [key] = [name for name, _ in session.items() if name.startswith("_state_")]
    session[key]["data"]["nonce"] = "another one"
    session.modified = True
    session.save()
    answer = client.get(authorise(begun, "u-1").removeprefix("http://testserver"))
    assert answer.status_code == 403 and "nonce" in answer.content.decode()


def test_a_wrong_verifier_is_refused_by_the_provider(client):
    begun = client.get("/sign-in/oidc/")["Location"]
    session = client.session
    [key] = [name for name, _ in session.items() if name.startswith("_state_")]
    session[key]["data"]["code_verifier"] = "x" * 48
    session.save()
    answer = client.get(authorise(begun, "u-1").removeprefix("http://testserver"))
    assert answer.status_code == 403 and "refused the sign-in" in answer.content.decode()


def test_what_the_provider_refuses_is_told(client):
    back = httpx.post(client.get("/sign-in/oidc/")["Location"], data={"action": "deny"}).headers["Location"]
    answer = client.get(back.removeprefix("http://testserver"))
    assert answer.status_code == 403 and "access_denied" in answer.content.decode()


def test_a_provider_that_is_away_is_told(client, settings):
    settings.OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    answer = client.get("/sign-in/oidc/")
    assert answer.status_code == 403
    assert "can&#x27;t be reached" in answer.content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_back_only_to_us(client, target):
    assert come_in(client, "u-1", target)["Location"] == "/"


def test_signing_out_offers_the_provider_s_too(client, issuer):
    come_in(client, "u-1")
    page = client.post("/sign-out/").content.decode()
    assert f'href="{issuer}/oauth2/end_session?id_token_hint=' in page
    assert client.get("/settings/sessions/").status_code == 302


def test_an_issuer_that_is_not_the_one_named_is_refused(client, settings, issuer):
    """The same server by another name: its tokens are the other issuer's."""
    settings.OIDC_ISSUER = issuer.replace("127.0.0.1", "localhost")
    oidc._provider().load_server_metadata()["issuer"] = settings.OIDC_ISSUER
    begun = client.get("/sign-in/oidc/")["Location"].replace("localhost", "127.0.0.1")
    back = authorise(begun, "u-1").removeprefix("http://testserver")
    oidc._provider().server_metadata["token_endpoint"] = f"{issuer}/oauth2/token"
    answer = client.get(back)
    assert answer.status_code == 403
    assert not Identity.objects.exists()
