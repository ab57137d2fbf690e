"""The lock of the door: failed passwords, lock-out, unlocking, sessions that end, and what the audit log says."""

import io
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from catalog.models import AuditEntry
from studio.people.models import SignedIn
from tests.people.conftest import PASSWORD, signed_in

pytestmark = pytest.mark.django_db


def try_to(client, password, name="carl", path="/sign-in/", **extra):
    return client.post(path, {"username": name, "password": password}, **extra)


def lock(client, name="carl", **extra):
    for _ in range(5):
        answer = try_to(client, "wrong", name, **extra)
    return answer


def told(name):
    rows = AuditEntry.objects.filter(target=f"User {name}").order_by("number")
    return [(row.action, row.outcome, row.user) for row in rows]


def test_signing_in_and_out_is_written_down(client, carl):
    assert try_to(client, PASSWORD, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140").status_code == 302
    session = SignedIn.objects.get(user=carl)
    assert (session.by, session.source) == ("password", "127.0.0.1")
    client.post("/sign-out/")
    assert told("carl") == [("SignIn", "Done", "carl"), ("SignOut", "Done", "carl")]
    assert not SignedIn.objects.exists()
    assert client.get("/settings/sessions/").status_code == 302


def test_five_wrong_passwords_lock_and_the_right_one_opens_nothing(client, carl):
    answer = lock(client)
    assert answer.status_code == 429
    assert "Too many failed sign-ins" in answer.content.decode()
    assert "in 15 minutes" in answer.content.decode()
    assert 0 < int(answer["Retry-After"]) <= 900
    assert try_to(client, PASSWORD).status_code == 429
    assert "_auth_user_id" not in client.session
    assert [one[:2] for one in told("carl")] == [("SignIn", "Refused")] * 5 + [("LockOut", "Refused")]


def test_four_wrong_ones_are_forgiven_by_the_right_one(client, carl):
    for _ in range(2):
        for _ in range(4):
            assert try_to(client, "wrong").status_code == 200
        assert try_to(client, PASSWORD).status_code == 302
        client.post("/sign-out/")


def test_a_name_that_nobody_has_locks_as_well_and_is_not_kept(client, carl):
    """A lock must not tell who exists, and what was typed as a name may be a password."""
    assert lock(client, "hunter2-my-password").status_code == 429
    assert not AuditEntry.objects.filter(target__contains="hunter2").exists()
    assert told("(unknown)")[-1][:2] == ("LockOut", "Refused")


def test_a_stranger_locks_out_only_their_own_address(client, carl):
    assert lock(client, REMOTE_ADDR="203.0.113.9").status_code == 429
    assert try_to(client, PASSWORD, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_another_browser_is_no_way_around(carl):
    for number in range(5):
        answer = try_to(Client(headers={"User-Agent": f"browser {number}"}), "wrong")
    assert answer.status_code == 429
    assert try_to(Client(headers={"User-Agent": "new"}), PASSWORD).status_code == 429


def test_the_admin_site_has_the_same_door(client, ada):
    assert client.get("/admin/").status_code == 302
    answer = client.get("/admin/login/?next=/admin/")
    assert answer["Location"] == "/sign-in/?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" not in client.session
    lock(client, "ada")
    assert try_to(client, PASSWORD, "ada").status_code == 429


def test_rest_takes_no_password(client, carl):
    import base64

    basic = base64.b64encode(f"carl:{PASSWORD}".encode()).decode()
    assert client.get("/api/v1/me/", headers={"Authorization": f"Basic {basic}"}).status_code == 401


def test_a_lock_ends_by_itself(client, carl, settings):
    lock(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)
    assert try_to(client, PASSWORD).status_code == 302


def test_an_administrator_unlocks(client, carl, as_ada):
    lock(client)
    page = as_ada.get(f"/settings/users/{carl.pk}/").content.decode()
    assert "Locked after failed sign-ins from 127.0.0.1" in page
    as_ada.post(f"/settings/users/{carl.pk}/unlock/")
    assert try_to(client, PASSWORD).status_code == 302
    assert ("UnlockUser", "Done", "ada") in told("carl")


def test_the_host_unlocks(client, carl):
    lock(client)
    call_command("studio_user", "unlock", "carl", stdout=io.StringIO())
    assert try_to(client, PASSWORD).status_code == 302


def test_the_host_lets_its_owner_back_in(client, ada):
    """The only administrator forgot the password."""
    out = io.StringIO()
    call_command("studio_user", "link", "ada", stdout=out)
    path = out.getvalue().split()[-1].removeprefix("http://localhost:8000")
    page = client.get(path, follow=True)
    assert "Choose a password" in page.content.decode()
    done = client.post(
        page.request["PATH_INFO"], {"new_password1": "a brand new one", "new_password2": "a brand new one"}
    )
    assert done["Location"] == "/sign-in/"
    assert try_to(client, PASSWORD, "ada").status_code == 200
    assert try_to(client, "a brand new one", "ada").status_code == 302
    assert "used or too old" in Client().get(path, follow=True).content.decode()


def test_the_host_makes_administrators(db, django_user_model):
    call_command("studio_user", "create", "owner", "--admin", stdout=io.StringIO())
    owner = django_user_model.objects.get(username="owner")
    assert owner.is_superuser and not owner.has_usable_password()
    with pytest.raises(CommandError, match="There is a user Owner already"):
        call_command("studio_user", "create", "Owner", stdout=io.StringIO())


def test_deactivated_accounts_are_out_at_once(as_carl, carl, as_ada):
    assert as_carl.get("/settings/sessions/").status_code == 200
    as_ada.post(f"/settings/users/{carl.pk}/deactivate/")
    assert as_carl.get("/settings/sessions/").status_code == 302
    assert try_to(Client(), PASSWORD).status_code == 200


def test_a_new_password_ends_the_other_sessions(as_carl, carl):
    other = signed_in(carl)
    form = {"old_password": PASSWORD, "new_password1": "quite another one", "new_password2": "quite another one"}
    assert as_carl.post("/settings/password/", form).status_code == 302
    assert as_carl.get("/settings/sessions/").status_code == 200
    assert other.get("/settings/sessions/").status_code == 302
    assert SignedIn.objects.filter(user=carl).count() == 1
    assert "ChangePassword" in [one[0] for one in told("carl")]


@pytest.mark.parametrize("short", ["elevenchars", "92837465019283", "password1234"])
def test_weak_passwords_are_refused(as_carl, short):
    form = {"old_password": PASSWORD, "new_password1": short, "new_password2": short}
    assert as_carl.post("/settings/password/", form).status_code == 200


def test_sessions_are_listed_and_ended(carl):
    here = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0"})
    there = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Safari/604.1"})
    third = Client()
    for client in (here, there, third):
        try_to(client, PASSWORD)
    page = here.get("/settings/sessions/").content.decode()
    assert "Firefox on Linux" in page and "Safari on iPhone" in page and page.count("this one") == 1
    row = carl.sign_ins.get(browser__contains="iPhone")
    assert here.post("/settings/sessions/end/", {"session": row.id}).status_code == 302
    assert there.get("/settings/sessions/").status_code == 302
    assert third.get("/settings/sessions/").status_code == 200
    here.post("/settings/sessions/end/")
    assert third.get("/settings/sessions/").status_code == 302
    assert here.get("/settings/sessions/").status_code == 200


def test_nobody_ends_anothers_session(as_carl, as_ada, ada):
    row = ada.sign_ins.get()
    for number in (row.id, "nonsense"):
        assert as_carl.post("/settings/sessions/end/", {"session": number}).status_code == 404
    assert as_ada.get("/settings/sessions/").status_code == 200


def test_seen_is_written_once_a_minute(as_carl, carl):
    as_carl.get("/settings/sessions/")
    before = carl.sign_ins.get().seen
    as_carl.get("/settings/sessions/")
    assert carl.sign_ins.get().seen == before
    carl.sign_ins.update(seen=before - timedelta(minutes=2))
    as_carl.get("/settings/sessions/")
    assert carl.sign_ins.get().seen > before - timedelta(minutes=1)
