"""Measurements that JSON has no number for."""

import json

from django.utils import timezone

from catalog.metrics import Point, append
from catalog.models import Record


def refuse(word: str):
    raise AssertionError(f"{word} is no JSON")


def test_nan_is_null_and_infinities_are_words(aws, alice):
    now = timezone.now()
    record = Record.objects.create(
        connection_id=aws.connection.id, kind="TrainingJob", name="job", arn="arn:x", created=now, modified=now
    )
    values = [0.5, float("nan"), float("inf"), float("-inf")]
    append(record, [Point("loss", value, now.timestamp(), step) for step, value in enumerate(values)])
    body = alice.send("get", "/training-jobs/job/metrics/").content
    found = json.loads(body, parse_constant=refuse)
    assert [point["value"] for point in found] == [0.5, None, "Infinity", "-Infinity"]
