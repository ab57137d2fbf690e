"""From what a record says to charges: when a job has ended, when a warm pool was kept, while an endpoint has instances.

Safe to repeat: a job is charged once, a pool's row follows the record, and an endpoint's open rows are closed and opened
only where its instances changed. A charge never spans midnight (UTC), so that days can be added up.
"""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

from django.db import transaction

from areas.costs import prices
from areas.costs.models import Charge, ChargeTag
from catalog.models import Record, Tag

DAY = 86400
ENDED = ("Completed", "Failed", "Stopped")
SERVING = ("InService", "Updating", "RollingBack", "SystemUpdating", "UpdateRollbackFailed")
FREE_IMAGE = "sagemaker-debugger-rules"  # AWS charges nothing for the built-in rules' instances


def meter(record: Record, *, is_gone: bool = False) -> None:
    """Charge what a record's present state says; nothing for nouns that cost nothing."""
    if record.kind == "Endpoint":
        _meter_endpoint(record, time.time(), is_gone=is_gone)
    elif record.kind in _JOBS and not is_gone:
        _meter_job(record)


def _meter_job(record: Record) -> None:
    document = record.document
    if record.status not in ENDED:
        return
    began, seconds, groups = _JOBS[record.kind](document)
    charged = set(Charge.objects.filter(record=record.id).values_list("what", flat=True))
    discount = _discount(record)
    if began and seconds and Charge.JOB not in charged:
        free = FREE_IMAGE in document.get("AppSpecification", {}).get("ImageUri", "")
        for part, instance_type, count in groups:
            _charge(record, Charge.JOB, part, instance_type, count, began, seconds, discount, is_free=free)
    retained = (document.get("WarmPoolStatus") or {}).get("ResourceRetainedBillableTimeInSeconds")
    if retained and Charge.POOL not in charged:
        for part, instance_type, count in groups:
            _charge(record, Charge.POOL, part, instance_type, count, document["TrainingEndTime"], retained, 0)


def _discount(record: Record) -> float:
    """AWS's billable seconds have the spot discount in them already; those of the embedded engine are seconds."""
    is_spot = record.document.get("EnableManagedSpotTraining") and record.connection.is_embedded
    return prices.SPOT_DISCOUNT if is_spot else 0


def training_use(document: dict) -> tuple[float, float, list[tuple[str, str, int]]]:
    """``(began, billable seconds, [(group, instance type, instances)])`` of a training job."""
    resources = document.get("ResourceConfig") or {}
    groups = [
        (group["InstanceGroupName"], group["InstanceType"], group["InstanceCount"])
        for group in resources.get("InstanceGroups") or ()
    ]
    if not groups and resources.get("InstanceType"):
        groups = [("", resources["InstanceType"], resources.get("InstanceCount") or 1)]
    return document.get("TrainingStartTime") or 0, document.get("BillableTimeInSeconds") or 0, groups


def _processing_use(document: dict):
    cluster = (document.get("ProcessingResources") or {}).get("ClusterConfig") or {}
    return _between(document, "Processing", cluster)


def _transform_use(document: dict):
    return _between(document, "Transform", document.get("TransformResources") or {})


def _between(document: dict, word: str, cluster: dict):
    began, ended = document.get(f"{word}StartTime") or 0, document.get(f"{word}EndTime") or 0
    groups = [("", cluster["InstanceType"], cluster.get("InstanceCount") or 1)] if cluster.get("InstanceType") else []
    return began, max(1, ended - began) if began and ended else 0, groups


_JOBS = {"TrainingJob": training_use, "ProcessingJob": _processing_use, "TransformJob": _transform_use}
JOBS = tuple(_JOBS)


def _meter_endpoint(record: Record, now: float, *, is_gone: bool) -> None:
    serving = record.status in SERVING and not is_gone
    with transaction.atomic():
        opened = list(Charge.objects.select_for_update().filter(record=record.id, seconds=None))
        wanted = _variants(record, {row.part: row.instance_type for row in opened}) if serving else {}
        for row in opened:
            if wanted.get(row.part) == (row.instance_type, row.instances):
                del wanted[row.part]
            else:
                _close(row, now)
        for part, (instance_type, count) in wanted.items():
            _charge(record, Charge.HOSTING, part, instance_type, count, now, None, 0)


def _variants(record: Record, before: dict[str, str]) -> dict[str, tuple[str, int]]:
    """Instance type and number of each variant that has instances; a type stays known when its configuration is gone."""
    config = Record.objects.filter(
        connection_id=record.connection_id, kind="EndpointConfig", name=record.document.get("EndpointConfigName", "")
    ).first()
    configured = (config.document.get("ProductionVariants") or ()) if config else ()
    types = before | {one["VariantName"]: one["InstanceType"] for one in configured if one.get("InstanceType")}
    found = {}
    for one in record.document.get("ProductionVariants") or ():
        count = one.get("CurrentInstanceCount") or 0
        if count and one["VariantName"] in types:
            found[one["VariantName"]] = types[one["VariantName"]], count
    return found


def roll(connection_id: int, now: float) -> None:
    """Split what is open since before today at each midnight, so that every day has its part."""
    today = _day(now)
    stale = Charge.objects.filter(connection_id=connection_id, seconds=None, day__lt=today)
    if not stale.exists():
        return
    with transaction.atomic():
        for row in stale.select_for_update():
            tags = list(row.tags.values_list("key", "value"))
            midnight = _close(row, now, but_last=True)
            row.pk, row.day, row.began, row.seconds = None, _day(midnight), midnight, None
            row.save(force_insert=True)
            _tag([row], tags)


def _close(row: Charge, now: float, *, but_last: bool = False) -> float:
    """End an open row at ``now``, with a row for each day; without today's part if ``but_last``. Returns where it ended."""
    spans = list(_days(row.began, max(0.0, now - row.began)))
    if but_last:
        spans = spans[:-1]
    tags = list(row.tags.values_list("key", "value"))
    Charge.objects.filter(id=row.id).update(seconds=spans[0][2])
    more = []
    for day, began, seconds in spans[1:]:
        fields = {one.attname: getattr(row, one.attname) for one in Charge._meta.concrete_fields if one.name != "id"}
        more.append(Charge(**{**fields, "day": day, "began": began, "seconds": seconds}))
    _tag(Charge.objects.bulk_create(more), tags)
    return spans[-1][1] + spans[-1][2]


def _charge(
    record: Record, what: str, part: str, instance_type: str, instances: int, began: float, seconds: float | None,
    discount: float, *, is_free: bool = False,
) -> None:  # fmt: skip
    hourly = 0.0 if is_free else prices.hourly(record.connection_id, instance_type)
    spans = [(_day(began), began, None)] if seconds is None else _days(began, seconds)
    rows = Charge.objects.bulk_create(
        Charge(
            connection_id=record.connection_id, record=record.id, kind=record.kind, name=record.name, owner=record.owner,
            what=what, part=part, day=day, began=start, seconds=length, instance_type=instance_type,
            instances=instances, hourly=hourly, discount=discount,
        )
        for day, start, length in spans
    )  # fmt: skip
    _tag(rows, list(Tag.objects.filter(record_id=record.id).values_list("key", "value")))


def _tag(rows: list[Charge], tags: list[tuple[str, str]]) -> None:
    ChargeTag.objects.bulk_create(ChargeTag(charge=row, key=key, value=value) for row in rows for key, value in tags)


def _days(began: float, seconds: float) -> Iterator[tuple[date, float, float]]:
    """``(day, began, seconds)`` of a stretch of time, cut at midnight (UTC)."""
    while True:
        left = DAY - began % DAY
        yield _day(began), began, min(left, seconds)
        if seconds <= left:
            return
        began, seconds = began + left, seconds - left


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()
