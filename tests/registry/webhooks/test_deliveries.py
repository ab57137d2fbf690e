"""Webhooks against a real receiver: what is sent, signed, retried, written down, and what is not."""

import base64
import hashlib
import hmac
import time
from datetime import timedelta

import orjson
import pytest
from django.utils import timezone

from catalog import events
from catalog.models import AuditEntry, Connection, Event
from registry import outbox, work
from registry.notices.models import Notification
from registry.webhooks import deliveries, keeping
from registry.webhooks.models import Delivery, Webhook
from tests.registry.webhooks.receiver import Receiver
from tests.stage import free_port

APPROVED = "SageMaker Model Package State Change"


def emit(place, status: str = "Approved", group: str = "churn", kind: str = APPROVED):
    arn = f"arn:aws:sagemaker:us-east-1:{place.account}:model-package/{group}/3"
    detail = {"ModelPackageGroupName": group, "ModelPackageVersion": 3, "ModelApprovalStatus": status}
    return events.emit(place, kind, detail, resources=[arn])


def genuine(secret: str, headers: dict, body: bytes) -> list[bool]:
    """As a receiver checks it, by the Standard Webhooks specification."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return [hmac.compare_digest(expected, one) for one in headers["webhook-signature"].split()]


def hurry(delivery: Delivery) -> None:
    Delivery.objects.filter(id=delivery.id).update(due=timezone.now())


def test_an_event_arrives_once_as_eventbridge_words_it_and_signed(place, hook, receiver):
    event = emit(place)
    work.work()
    work.work()
    ((headers, body),) = receiver.got
    told = orjson.loads(body)
    assert told == events.envelope(event)
    assert told["detail"]["ModelApprovalStatus"] == "Approved"
    assert genuine(hook.secret, headers, body) == [True]
    assert genuine(hook.secret, headers, body + b" ") == [False]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert headers["Host"] == receiver.url.split("/")[2]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.response) == (Delivery.DELIVERED, 200, "thanks")
    assert headers["webhook-id"] == delivery.message
    event.refresh_from_db()
    assert event.taken


@pytest.mark.parametrize(
    "wish, meant",
    [
        ({"events": ["SageMaker Model*"]}, True),
        ({"events": ["SageMaker Endpoint*"]}, False),
        ({"group": "chu*"}, True),
        ({"group": "fraud-*"}, False),
        ({"statuses": ["Approved", "Rejected"]}, True),
        ({"statuses": ["Rejected"]}, False),
        ({"enabled": False}, False),
    ],
)
def test_a_webhook_hears_what_it_asked_for(place, hook, wish, meant):
    keeping.change(hook, **wish)
    emit(place)
    outbox.take_waiting()
    assert Delivery.objects.exists() == meant


def test_a_webhook_hears_of_its_own_connection_and_one_of_all_hears_all(place, hook, alice, receiver):
    other = Connection.objects.create(name="other", backend="embedded", account="999999999997", region="us-east-1")
    all_of_it, _ = keeping.create(actor=alice, connection=None, name="all", url=receiver.url, events=["*"])
    emit(other)
    events.emit(None, "Atelier Something", {})
    outbox.take_waiting()
    assert list(Delivery.objects.values_list("webhook__name", flat=True)) == [all_of_it.name] * 2
    assert not hook.deliveries.exists()


def test_a_failure_is_tried_again_with_growing_waits_and_then_is_one(place, hook, receiver):
    receiver.answer(500, b"out of order")
    emit(place)
    waits = []
    for _ in range(8):
        work.work()
        delivery = Delivery.objects.get()
        waits.append((delivery.due - timezone.now()).total_seconds())
        assert (delivery.status, delivery.response) == (500, "out of order")
        assert delivery.state == (Delivery.FAILED if delivery.attempts == 8 else Delivery.WAITING)
        hurry(delivery)
    assert [round(wait / 5) for wait in waits[:3]] == [1, 6, 24]
    assert 21_500 < waits[6] <= 21_600
    work.work()
    assert len(receiver.got) == 8
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert [attempt["status"] for attempt in delivery.log] == [500] * 8


def test_a_message_can_be_sent_again_as_it_was(place, hook, receiver):
    receiver.answer(500)
    emit(place)
    deliveries_of = Delivery.objects
    outbox.take_waiting()
    delivery = deliveries_of.get()
    assert not deliveries.redeliver(delivery)  # it waits already
    deliveries_of.update(state=Delivery.FAILED)
    receiver.answer(204)
    assert deliveries.redeliver(delivery)
    work.work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.attempts) == (Delivery.DELIVERED, 204, 1)
    assert receiver.got[0][1].decode() == delivery.body


def test_no_log_holds_the_address_whose_path_may_be_a_secret(place, hook, receiver, caplog):
    keeping.change(hook, url=f"{receiver.url}/T0KEN")
    emit(place)
    with caplog.at_level("INFO"):
        work.work()
    assert len(receiver.got) == 1
    assert "T0KEN" not in caplog.text


def test_redirects_are_not_followed(place, hook, receiver):
    with Receiver() as elsewhere:
        receiver.answer(302, Location=elsewhere.url)
        emit(place)
        work.work()
        assert not elsewhere.got
    assert "redirects are not followed" in Delivery.objects.get().error


def test_only_the_first_kilobyte_of_an_answer_is_kept(place, hook, receiver):
    receiver.answer(200, b"x\0" * 100_000)
    emit(place)
    work.work()
    assert Delivery.objects.get().response == "x\ufffd" * 512


def test_a_receiver_that_is_not_there_is_told_as_such(place, hook, receiver):
    Webhook.objects.update(url=f"http://127.0.0.1:{free_port()}/")
    emit(place)
    work.work()
    assert "ConnectError" in Delivery.objects.get().error


def test_a_slow_receiver_holds_up_nobody_else(place, hook, alice, receiver, monkeypatch):
    from registry.webhooks import sending

    monkeypatch.setattr(sending, "TIMEOUT", 4.0)
    receiver.answer(200, wait=6)
    with Receiver() as quick:
        keeping.create(actor=alice, connection=place, name="quick", url=quick.url, events=["*"])
        for _ in range(5):
            emit(place)
        monkeypatch.setattr(work, "ROUND", 3.0)
        work.work()
        assert len(quick.got) == 5
    slow = hook.deliveries.exclude(log=[]).get()
    assert slow.error == "There was no answer within 4 seconds."
    others = Delivery.objects.exclude(webhook=hook)
    assert all(one.ended.isoformat() < slow.log[0]["at"] for one in others)
    assert hook.deliveries.filter(attempts=0).count() == 4


def test_a_receiver_that_answers_a_byte_at_a_time_is_given_up(place, hook, receiver, monkeypatch):
    import socket
    import threading

    from registry.webhooks import sending

    monkeypatch.setattr(sending, "TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            client, _ = listener.accept()
            try:
                for sign in b"HTTP/1.1 200 OK\r\nX-Drip: " + b"x" * 1000:
                    client.send(bytes([sign]))
                    time.sleep(0.2)
            except OSError:
                client.close()

        threading.Thread(target=drip, daemon=True).start()
        answer = sending.send(f"http://127.0.0.1:{listener.getsockname()[1]}/", {}, b"{}")
    assert answer.error == "There was no answer within 1 seconds."
    assert answer.seconds < 2


def test_a_webhook_that_fails_for_days_is_disabled_and_told_of(place, hook, alice, receiver):
    receiver.answer(503)
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=3, minutes=1))
    emit(place)
    emit(place)
    work.work()
    hook.refresh_from_db()
    assert not hook.enabled
    assert "3 days" in hook.disabled_because
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.FAILED} or len(receiver.got) == 1
    notice = Notification.objects.get(user=alice)
    assert notice.text.startswith("Webhook chat is disabled")
    assert AuditEntry.objects.filter(action="DisableWebhook", connection=place.name).exists()
    emit(place)
    work.work()
    assert len(receiver.got) == 1
    keeping.change(hook, enabled=True)
    hook.refresh_from_db()
    assert (hook.failing_since, hook.disabled_because) == (None, "")


def test_a_success_ends_the_counting_of_failures(place, hook, receiver):
    receiver.answer(500)
    emit(place)
    work.work()
    hook.refresh_from_db()
    assert hook.failing_since
    receiver.answer(200)
    hurry(Delivery.objects.get())
    work.work()
    hook.refresh_from_db()
    assert hook.failing_since is None


def test_gone_for_good_disables_at_once(place, hook, receiver):
    receiver.answer(410)
    emit(place)
    work.work()
    hook.refresh_from_db()
    assert not hook.enabled


def test_a_killed_worker_sends_its_message_later(place, hook, receiver):
    emit(place)
    outbox.take_waiting()
    (claimed,) = deliveries.claim(16)  # and it dies
    work.work()
    assert not receiver.got
    Delivery.objects.update(claimed=timezone.now() - timedelta(seconds=61))
    work.work()
    assert len(receiver.got) == 1
    from registry.webhooks.sending import Answer

    deliveries.record(claimed, Answer(500, "", "too late", 1.0))  # it was not dead after all
    assert Delivery.objects.get().state == Delivery.DELIVERED


def test_an_event_that_a_reaction_fails_on_holds_up_no_other(place, hook, monkeypatch):
    bad, good = emit(place, group="bad"), emit(place)

    def fail(event):
        if event.id == bad.id:
            raise ValueError("no")

    monkeypatch.setattr(outbox, "REACTIONS", (*outbox.REACTIONS, fail))
    outbox.take_waiting()
    assert list(Delivery.objects.values_list("event_id", flat=True)) == [good.id]
    assert Event.objects.get(taken=None).id == bad.id
    monkeypatch.undo()
    outbox.take_waiting()
    assert Delivery.objects.filter(event=bad).count() == 1


def test_a_new_secret_signs_beside_the_old_one_for_a_day(place, hook, receiver):
    old, new = hook.secret, keeping.rotate(hook)
    emit(place)
    work.work()
    headers, body = receiver.got[0]
    assert genuine(old, headers, body) == [False, True]
    assert genuine(new, headers, body) == [True, False]
    Webhook.objects.update(rotated=timezone.now() - timedelta(days=1, minutes=1))
    emit(place)
    work.work()
    assert genuine(old, *receiver.got[1]) == [False]


def test_a_test_message_is_sent_once_and_to_a_disabled_webhook_too(place, hook, receiver):
    keeping.change(hook, enabled=False)
    receiver.answer(500)
    deliveries.queue_test(hook)
    work.work()
    work.work()
    assert len(receiver.got) == 1
    assert Delivery.objects.get().state == Delivery.FAILED


def test_changes_are_audited_without_secrets_and_paths(place, hook, receiver):
    secret = hook.secret
    keeping.change(hook, url=receiver.url + "/T0KEN", group="churn")
    new = keeping.rotate(hook)
    keeping.remove(hook)
    entries = list(AuditEntry.objects.filter(target="Webhook chat").order_by("number"))
    assert [entry.action for entry in entries] == [
        "CreateWebhook", "UpdateWebhook", "RotateWebhookSecret", "DeleteWebhook",
    ]  # fmt: skip
    kept = "".join(entry.before + entry.after + entry.detail for entry in entries)
    assert secret not in kept
    assert new not in kept
    assert "T0KEN" not in kept
    assert orjson.loads(entries[1].after) == {"group": "churn"}


def test_what_is_old_is_forgotten(place, hook, receiver):
    emit(place)
    work.work()
    emit(place)
    outbox.take_waiting()
    before = timezone.now() - timedelta(days=31)
    first, _ = Event.objects.order_by("id")
    Event.objects.update(taken=before)
    Delivery.objects.filter(event=first).update(ended=before)
    outbox.sweep()
    assert not Event.objects.exists()
    assert Delivery.objects.get().state == Delivery.WAITING  # its body is its own
