"""Several workers at the same events: each event is taken once, each message sent once, in order."""

import threading

import orjson
import pytest
from django.db import connections

from catalog import events
from catalog.models import Event
from registry import work
from registry.webhooks import keeping
from registry.webhooks.models import Delivery
from tests.registry.webhooks.receiver import Receiver

EVENTS, WORKERS = 25, 4


@pytest.fixture
def told(aws, cast, settings):
    """Two webhooks on the account's own connection with their receivers. Rows stay, like the engine's."""
    from ipaddress import ip_network

    settings.WEBHOOK_ALLOW = [ip_network("127.0.0.0/8")]
    with Receiver() as one, Receiver() as other:
        for number, receiver in enumerate((one, other)):
            keeping.create(
                actor=cast.ada.user,
                connection=aws.connection,
                name=f"{number}-{aws.number}",
                url=receiver.url,
                events=["*"],
            )
        yield one, other


def test_four_workers_send_every_event_once_and_in_order(aws, told):
    for number in range(EVENTS):
        events.emit(aws.connection, "Atelier Test", {"number": number})
    failed = []

    def run():
        try:
            work.work()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    work.work()  # what the last of them left to the next tick
    assert not failed
    assert not Event.objects.filter(connection=aws.connection, taken=None).exists()
    mine = Delivery.objects.filter(webhook__connection=aws.connection)
    assert mine.count() == 2 * EVENTS
    assert set(mine.values_list("state", flat=True)) == {Delivery.DELIVERED}
    for receiver in told:
        assert [orjson.loads(body)["detail"]["number"] for _, body in receiver.got] == list(range(EVENTS))
