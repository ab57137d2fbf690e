"""What one entry of the audit log costs, in a transaction with the change that it tells of, on the database of DATABASE_URL."""

import re

from bench.report import Row
from bench.stage import studio

FILL = """
import time
from statistics import median
from django.db import transaction
from catalog import audit
from catalog.models import Tag, Record, Connection
from django.utils import timezone
place = Connection.objects.first()
record = Record.objects.create(connection=place, kind="Model", name="bench", arn="a",
                               created=timezone.now(), modified=timezone.now())
document = {"ModelName": "bench", "Environment": {f"KEY_{n}": "x" * 20 for n in range(20)},
            "Tags": [{"Key": "a", "Value": "b"}] * 10}

def change(number, is_audited):
    started = time.perf_counter()
    with transaction.atomic():
        Record.objects.filter(id=record.id).update(document={"n": number}, modified=timezone.now())
        if is_audited:
            audit.append("UpdateModel", "arn:aws:sagemaker:us-east-1:123456789012:model/bench", on=place.name,
                         before=document, after={**document, "n": number}, detail={"request": document})
    return (time.perf_counter() - started) * 1000

for number in range(5000):
    change(number, True)
plain, audited = [], []
for number in range(1000):  # by turns, so that both meet the same machine
    plain.append(change(number, False))
    audited.append(change(number, True))
print("cost", median(audited) - median(plain))
started = time.perf_counter()
faults = len(list(audit.verify()))
print("verify", (time.perf_counter() - started) * 1000, "faults", faults)
"""


def compare() -> list[Row]:
    with studio() as ours:
        said = ours.manage("shell", script=FILL)
    cost = float(re.search(r"cost (\S+)", said)[1])
    verified, faults = re.search(r"verify (\S+) faults (\d+)", said).groups()
    if faults != "0":
        raise RuntimeError(f"the log of the bench is not whole: {said}")
    return [
        Row("audit entry, added to a change", "limit of 1 ms", 1, cost, "ms", "≤ 1"),
        Row("verify 6,000 entries", "limit of 2 s", 2000, float(verified), "ms", "≤ 1"),
    ]
