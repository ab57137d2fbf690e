"""Webhooks on their pages: made, tried, changed, sent again, and nobody's who may not."""

import re

import pytest

from catalog.models import Connection
from registry import work
from registry.webhooks import keeping
from registry.webhooks.models import Delivery, Webhook


def make(person, receiver, **form) -> str:
    form = {"name": "chat", "url": receiver.url, "events": "SageMaker*\r\nAtelier*", "statuses": "Approved", **form}
    return person.browser.post("/webhooks/create/", form).content.decode()


def test_the_secret_is_shown_once(people, receiver):
    page = make(people.ada, receiver)
    secret = re.search(r"whsec_[\w+/=]{40,}", page)[0]
    hook = Webhook.objects.get()
    assert (hook.secret, hook.events, hook.statuses) == (secret, ["SageMaker*", "Atelier*"], ["Approved"])
    for path in ("/webhooks/", f"/webhooks/{hook.id}/", f"/webhooks/{hook.id}/edit/"):
        answer = people.ada.browser.get(path)
        assert answer.status_code == 200
        assert secret not in answer.content.decode()


def test_a_test_message_shows_in_the_log_and_can_be_sent_again(people, receiver):
    make(people.ada, receiver)
    hook = Webhook.objects.get()
    receiver.answer(500, b"<script>alert(1)</script>")
    people.ada.browser.post(f"/webhooks/{hook.id}/test/")
    work.work()
    page = people.ada.browser.get(f"/webhooks/{hook.id}/").content.decode()
    assert "The receiver answered 500, not 2xx." in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    receiver.answer(200)
    delivery = Delivery.objects.get()
    people.ada.browser.post(f"/webhooks/{hook.id}/deliveries/{delivery.id}/redeliver/")
    work.work()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.DELIVERED
    assert "Delivered" in people.ada.browser.get(f"/webhooks/{hook.id}/?state=Delivered&part=live").content.decode()


@pytest.mark.parametrize(
    "form, words",
    [
        ({"url": "http://169.254.169.254/"}, "is not a public address"),
        ({"url": "ftp://example.org"}, "must be a URL"),
        ({"name": " "}, "needs a name"),
        ({"events": ""}, "at least one kind of event"),
    ],
)
def test_a_bad_webhook_is_told_beside_the_field_and_nothing_is_lost(people, receiver, form, words):
    page = make(people.ada, receiver, **form)
    assert words in page
    assert 'value="chat"' in page or "name" in form
    assert not Webhook.objects.exists()


def test_it_can_be_changed_switched_off_and_deleted(people, receiver):
    make(people.ada, receiver)
    hook = Webhook.objects.get()
    at = f"/webhooks/{hook.id}/"
    people.ada.browser.post(f"{at}edit/", {"name": "room", "url": hook.url, "events": "*", "group": "churn"})
    people.ada.browser.post(f"{at}switch/", {"enabled": "off"})
    hook.refresh_from_db()
    assert (hook.name, hook.group, hook.statuses, hook.enabled) == ("room", "churn", [], False)
    old = hook.secret
    assert "whsec_" in people.ada.browser.post(f"{at}secret/").content.decode()
    hook.refresh_from_db()
    assert hook.secret != old
    people.ada.browser.post(f"{at}delete/")
    assert not Webhook.objects.exists()


def test_the_list_tells_of_trouble(people, receiver):
    make(people.ada, receiver)
    Webhook.objects.update(enabled=False, disabled_because="Nothing was delivered for 3 days.")
    assert "Nothing was delivered for 3 days." in people.ada.browser.get("/webhooks/").content.decode()


@pytest.mark.parametrize("who", ["vera", "alice"])
def test_who_manages_no_webhooks_is_refused_everywhere(people, receiver, who):
    make(people.ada, receiver)
    number, person = Webhook.objects.get().id, getattr(people, who)
    for method, path in (
        ("get", ""), ("get", "create/"), ("post", "create/"), ("get", f"{number}/"), ("get", f"{number}/edit/"),
        ("post", f"{number}/edit/"), ("post", f"{number}/secret/"), ("post", f"{number}/switch/"),
        ("post", f"{number}/delete/"), ("post", f"{number}/test/"), ("post", f"{number}/deliveries/1/redeliver/"),
    ):  # fmt: skip
        assert getattr(person.browser, method)(f"/webhooks/{path}").status_code == 403, path
    assert Webhook.objects.count() == 1


def test_webhooks_of_everything_are_for_who_manages_everything(people, receiver, place):
    everything, _ = keeping.create(actor=people.root.user, connection=None, name="all", url=receiver.url, events=["*"])
    other = Connection.objects.create(name="other", backend="embedded", account="999999999993", region="us-east-1")
    elsewhere, _ = keeping.create(
        actor=people.root.user, connection=other, name="there", url=receiver.url, events=["*"]
    )
    assert people.ada.browser.get(f"/webhooks/{everything.id}/").status_code == 404
    assert people.ada.browser.get(f"/webhooks/{elsewhere.id}/").status_code == 404
    assert people.root.browser.get(f"/webhooks/{everything.id}/").status_code == 200
    make(people.ada, receiver, where="everywhere")
    assert Webhook.objects.get(name="chat").connection == place
    make(people.root, receiver, where="everywhere", name="more")
    assert Webhook.objects.get(name="more").connection is None
