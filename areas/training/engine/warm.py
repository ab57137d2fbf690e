"""Warm pools as DescribeTrainingJob tells of them: which job matches, the pool's statuses, and UpdateTrainingJob's part.

Source: docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html
"""

import math

from catalog.models import Record
from engine.errors import invalid
from engine.models import Work
from engine.runtime import jobs, pools

MATCHED = ("InstanceCount", "InstanceType", "VolumeSizeInGB")


def seconds_of(document: dict) -> int:
    return document.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds") or 0


def match_of(document: dict) -> dict:
    """What a job must be equal in to reuse a pool. VolumeKmsKeyId and VpcConfig aren't supported, so all are equal in them."""
    resources = document["ResourceConfig"]
    return {
        "RoleArn": document["RoleArn"],
        **{name: resources.get(name) for name in MATCHED},
        "EnableNetworkIsolation": document["EnableNetworkIsolation"],
        "EnableInterContainerTrafficEncryption": document["EnableInterContainerTrafficEncryption"],
    }


def offer(document: dict) -> tuple[dict, float] | None:
    """For ``Driver.pool``: a job that ran leaves a pool, unless the fault was ours."""
    seconds, ended = seconds_of(document), document.get("TrainingEndTime")
    ran = "TrainingStartTime" in document and ended
    ours = document.get("FailureReason", "").startswith("InternalServerError")
    return (match_of(document), ended + seconds) if seconds and ran and not ours else None


def available(document: dict) -> None:
    document["WarmPoolStatus"] = {"Status": "Available"}


def taken(document: dict) -> None:
    document["WarmPoolStatus"] = {"Status": "InUse"}


def reused(document: dict, by: str, now: float) -> None:
    document["WarmPoolStatus"] = {"Status": "Reused", **_retained(document, now), "ReusedByJob": by}


def ended(document: dict, now: float) -> None:
    document["WarmPoolStatus"] = {"Status": "Terminated", **_retained(document, now)}


def _retained(document: dict, now: float) -> dict:
    return {"ResourceRetainedBillableTimeInSeconds": max(1, math.ceil(now - document["TrainingEndTime"]))}


def update(record: Record, seconds: int, now: float) -> None:
    """UpdateTrainingJob's KeepAlivePeriodInSeconds, counted from the job's end; 0 ends the pool. ValidationException if the job has
    no pool that waits."""
    status = (record.document.get("WarmPoolStatus") or {}).get("Status")
    if status != "Available" or not pools.extend(record, record.document["TrainingEndTime"] + seconds):
        raise invalid(
            f"KeepAlivePeriodInSeconds can be updated only while the warm pool of the training job is Available, not "
            f"{status or 'without one'}."
        )
    if record.document["TrainingEndTime"] + seconds <= now:
        work = Work.objects.select_related("record").get(record=record, kind=pools.KIND)
        pools.end(work, now, jobs.work_folder())
