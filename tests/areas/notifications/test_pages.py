"""A person's notifications: the bell, the page, REST, and nobody else's."""

import json

import pytest

from registry.notices import tell
from registry.notices.kinds import MENTIONED, WAITING
from registry.notices.models import Notification, Wish


@pytest.fixture
def told(people):
    tell(people.ada.user, kind=WAITING, text="churn/3 <waits>.", url="/settings/tokens/")
    tell(people.ada.user, kind=MENTIONED, text="rosa mentions you.")
    tell(people.vera.user, kind=MENTIONED, text="Only for vera.")


def test_the_bell_counts_and_shows_what_is_unread(told, people):
    page = people.ada.browser.get("/settings/tokens/").content.decode()
    assert "2 unread notifications" in page
    assert "churn/3 &lt;waits&gt;." in page
    assert "Only for vera." not in page
    people.ada.browser.post("/seen/")
    assert "unread notification" not in people.ada.browser.get("/settings/tokens/").content.decode()
    assert Notification.objects.filter(read=None).count() == 1


def test_following_one_reads_it(told, people):
    one = Notification.objects.get(kind=WAITING)
    answer = people.ada.browser.get(f"/notifications/{one.id}/")
    assert answer["Location"] == "/settings/tokens/"
    one.refresh_from_db()
    assert one.read
    assert people.vera.browser.get(f"/notifications/{one.id}/").status_code == 404


def test_one_never_leads_away_from_here(people):
    tell(people.ada.user, kind=WAITING, text="x", url="https://evil.example/")
    one = Notification.objects.get()
    assert people.ada.browser.get(f"/notifications/{one.id}/")["Location"] == "/notifications/"


def test_the_page_shows_own_ones_and_marks_them(told, people):
    first = Notification.objects.get(kind=WAITING)
    page = people.ada.browser.get("/notifications/").content.decode()
    assert "rosa mentions you." in page
    assert "Only for vera." not in page
    people.ada.browser.post("/notifications/read/", {"number": first.id})
    unread = people.ada.browser.get("/notifications/?state=unread").content.decode()
    assert 'id="main"' in unread
    assert Notification.objects.filter(user=people.ada.user, read=None).count() == 1
    people.vera.browser.post("/notifications/read/", {"number": Notification.objects.get(text__contains="rosa").id})
    assert Notification.objects.filter(user=people.ada.user, read=None).count() == 1
    people.ada.browser.post("/notifications/read/", {"next": "//evil.example"})
    assert not Notification.objects.filter(user=people.ada.user, read=None).exists()


def test_wishes_are_kept_and_obeyed(people):
    people.ada.browser.post("/notifications/choose/", {"here-waiting": "on", "mail-mentioned": "on"})
    assert {wish.kind for wish in Wish.objects.filter(here=True)} == {WAITING}
    assert {wish.kind for wish in Wish.objects.filter(mail=True)} == {MENTIONED}
    tell(people.ada.user, kind=MENTIONED, text="x")
    assert not Notification.objects.exists()
    tell(people.ada.user, kind=WAITING, text="x")
    assert Notification.objects.count() == 1


def test_many_are_paged(people):
    for number in range(60):
        tell(people.ada.user, kind=WAITING, text=f"number {number}.")
    page = people.ada.browser.get("/notifications/").content.decode()
    assert page.count('class="told') == 50
    cursor = page.split("cursor=")[1].split('"')[0]
    assert people.ada.browser.get(f"/notifications/?cursor={cursor}").content.decode().count('class="told') == 10
    assert people.ada.browser.get("/notifications/?cursor=nonsense").status_code == 302


def test_by_rest(told, people):
    items = people.ada.rest.get("/api/v1/notifications/?unread=true").json()["items"]
    assert [one["text"] for one in items] == ["rosa mentions you.", "churn/3 <waits>."]
    body = json.dumps({"ids": [items[0]["id"], Notification.objects.get(text__contains="vera").id]})
    assert people.ada.rest.post("/api/v1/notifications/read/", body, content_type="application/json").status_code == 204
    assert Notification.objects.filter(read=None).count() == 2
