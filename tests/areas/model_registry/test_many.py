"""Ten thousand versions: the group's page asks no more than for ten, and answers soon."""

import time
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from areas.model_registry.resource import PACKAGE
from catalog.models import MetricSeries, Record

pytestmark = pytest.mark.slow

MANY, BEST = 10_000, 9_999


def test_a_group_of_ten_thousand(registry, cast):
    registry.group("few")
    registry.group("many")
    connection = registry.aws.connection
    _fill(connection, "few", 30)
    _fill(connection, "many", MANY)
    vera, counts = cast.vera.browser, {}
    for group in ("few", "many"):
        vera.get(f"/model-package-groups/{group}/")
        with CaptureQueriesContext(database) as queries:
            began = time.monotonic()
            page = vera.get(f"/model-package-groups/{group}/?sort=-metrics.auc&m=auc").content.decode()
            took = time.monotonic() - began
        counts[group] = len(queries)
    assert counts["few"] == counts["many"] <= 40, counts
    assert f"1–25 of {MANY:,}" in page and f"{MANY:,} versions with this metric" in page
    assert page.index(f'href="/model-packages/many/{BEST}/">{BEST}<') < page.index(
        "</tr>", page.index("<tbody")
    )  # the best first
    assert page.count("<circle") <= 242
    assert took < 5, took
    assert "9,976–10,000 of 10,000" in vera.get("/model-package-groups/many/?page=400").content.decode()


def _fill(connection, group: str, count: int) -> None:
    start = timezone.now() - timedelta(days=100)
    records = [
        Record(
            connection=connection, kind=PACKAGE.noun, name=f"{group}/{number}", parent=group, status="Completed",
            arn=PACKAGE.arn(connection.account, connection.region, f"{group}/{number}"), owner="alice",
            created=start + timedelta(minutes=number), modified=start,
            document={"ModelPackageGroupName": group, "ModelPackageVersion": number, "ModelApprovalStatus": "Approved"},
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    made = Record.objects.bulk_create(records, batch_size=2000)
    series = [
        MetricSeries(record=record, name="auc", count=1, last=2.0 if place == BEST - 1 else place % 97 / 97)
        for place, record in enumerate(made)
    ]
    MetricSeries.objects.bulk_create(series, batch_size=2000)
