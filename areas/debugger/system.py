"""What the profiler saw, as curves: samples of S3 summed up over cores and hosts."""

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from areas.calls import call
from catalog.models import Record

FILES = 120  # read at once: two hours of one host; of a longer job, as many spread over it
CURVES = {
    "CPUUtilization": (("mean:CPU, %", "mean", 1), ("busiest core:CPU, %", "max", 1)),
    "I/OWaitPercentage": (("waiting for the disk:CPU, %", "mean", 1),),
    "MemoryUsedPercent": (("used:Memory, %", "mean", 1),),
    "DiskReadThroughput": (("read:Disk, MB/s", "mean", 1e6),),
    "DiskWriteThroughput": (("written:Disk, MB/s", "mean", 1e6),),
    "NetworkReceiveThroughput": (("received:Network, MB/s", "mean", 1e6),),
    "NetworkTransmitThroughput": (("sent:Network, MB/s", "mean", 1e6),),
    "GPUUtilization": (("mean:GPU, %", "mean", 1),),
    "GPUMemoryUtilization": (("used:GPU memory, %", "mean", 1),),
}


def read(connection, job: Record, since: str) -> dict:
    """``{"series": {name: {"step", "time", "value"}}, "cursor", "thinned", "ended"}`` of the files after ``since``."""
    keys = _keys(connection, job, since)
    picked = keys if len(keys) <= FILES else [keys[at * len(keys) // FILES] for at in range(FILES)]
    bucket, _ = _place(job)
    with ThreadPoolExecutor(4) as pool:  # each acts as whoever asks: the caller's context goes along
        bodies = list(pool.map(_with_context(lambda key: _read(connection, bucket, key)), picked))
    series: dict[str, dict] = defaultdict(lambda: {"step": [], "time": [], "value": []})
    for body in bodies:
        _take(body, series)
    return {
        "series": dict(series), "cursor": keys[-1] if keys else since, "thinned": False,
        "ended": job.status in ("Completed", "Failed", "Stopped"),
    }  # fmt: skip


def _with_context(function):
    from contextvars import copy_context

    context = copy_context()
    return lambda argument: context.copy().run(function, argument)


def _place(job: Record) -> tuple[str, str]:
    document = job.document
    root = (document.get("ProfilerConfig") or {}).get("S3OutputPath") or document["OutputDataConfig"]["S3OutputPath"]
    bucket, _, prefix = root.rstrip("/").removeprefix("s3://").partition("/")
    return bucket, f"{prefix}/{job.name}/profiler-output/system/incremental/".lstrip("/")


def _keys(connection, job: Record, since: str) -> list[str]:
    bucket, prefix = _place(job)
    request = {"Bucket": bucket, "Prefix": prefix}
    if since.startswith(prefix):
        request["StartAfter"] = since
    keys = []
    while True:
        answer = call(connection, "ListObjectsV2", service="s3", **request)
        keys += [row["Key"] for row in answer.get("Contents", ()) if row["Key"].endswith(".json")]
        if not answer.get("IsTruncated"):
            return sorted(keys)
        request["ContinuationToken"] = answer["NextContinuationToken"]


def _read(connection, bucket: str, key: str) -> bytes:
    return call(connection, "GetObject", service="s3", Bucket=bucket, Key=key)["Body"].read()


def _take(body: bytes, series: dict) -> None:
    """Add a file's samples: those of one moment and dimension become one point of each of its curves."""
    found: dict[tuple[float, str], list[float]] = defaultdict(list)
    for line in body.splitlines():
        try:
            one = json.loads(line)
            found[float(one["Timestamp"]), one["Dimension"]].append(float(one["Value"]))
        except (ValueError, KeyError, TypeError):
            continue
    for (moment, dimension), values in sorted(found.items()):
        for name, how, scale in CURVES.get(dimension, ()):
            value = max(values) if how == "max" else sum(values) / len(values)
            curve = series[name]
            curve["step"].append(None)
            curve["time"].append(moment)
            curve["value"].append(round(value / scale, 4))
