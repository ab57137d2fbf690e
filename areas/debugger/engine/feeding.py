"""Bringing to the rules' container what the training job leaves in S3, and the metrics of its log."""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path

from areas.debugger.engine.starting import profiler_uri, tensors_uri
from areas.debugger.hook.config import is_loss
from catalog import metrics
from catalog.metric_names import is_higher_better, is_system
from catalog.models import MetricSeries, Record
from engine.errors import AwsError
from engine.models import S3Object, Work
from engine.runtime import data
from engine.s3 import store as s3

AT_ONCE = 500  # files copied between two looks at anything else
POINTS = 20_000
_NO_LOSS = ("time", "latency", "seconds", "duration", "delay", "epoch", "step", "lr", "learning_rate")


def feed(work: Work, training: Record, ml: Path) -> bool:
    """Copy what is new into the container's ``input``. True if all there is now is there; changes ``work.state`` in place."""
    whole = True
    for name, uri in (("tensors", tensors_uri(training)), ("profiler", profiler_uri(training))):
        if uri:
            whole &= copy_new(work, training, name, uri, ml / "input" / name)
    return _append_points(work, training, ml / "input" / "metrics.jsonl") and whole


def copy_new(work: Work, training: Record, name: str, uri: str, folder: Path) -> bool:
    """Copy objects below ``uri`` that came since the last look. False if some are left."""
    bucket, prefix = data.prefix_of(uri)
    try:
        rows = s3.in_prefix(S3Object.objects.filter(bucket=s3.bucket_of(training.connection.account, bucket)), prefix)
    except AwsError:
        return True  # the bucket is gone, and with it what was there
    marks = work.state.setdefault("fed", {})
    if mark := marks.get(name):
        rows = rows.filter(modified__gte=datetime.fromisoformat(mark))
    copied = 0
    for row in rows.order_by("modified", "id")[:AT_ONCE]:
        copied += 1
        marks[name] = row.modified.isoformat()
        below = data.path_below(row.key[len(prefix) :])
        if below and not row.key.endswith("/"):
            _copy(s3.path_of(row), folder / below)
    return copied < AT_ONCE


def _copy(source: Path, target: Path) -> None:
    try:
        if target.exists() and target.stat().st_size == source.stat().st_size:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.part")
        shutil.copyfile(source, unfinished)
        os.replace(unfinished, target)
    except FileNotFoundError:
        return  # replaced since: the new one is newer than the mark
    except (NotADirectoryError, IsADirectoryError):
        return  # S3 knows keys that no file system can hold beside each other


def _append_points(work: Work, training: Record, path: Path) -> bool:
    series = [one for one in MetricSeries.objects.filter(record=training) if not is_system(one.name)]
    since = {int(number): count for number, count in work.state.get("points", {}).items()}
    found = metrics.arrived(series, since, POINTS)
    lines, names = [], {one.id: one.name for one in series}
    for number, points in found.items():
        start, loss = since.get(number, 0), means_loss(names[number])
        for at, (step, moment, value) in enumerate(
            zip(points.step.tolist(), points.time.tolist(), points.value.tolist(), strict=True), start
        ):
            lines.append(
                {
                    "name": names[number],
                    "value": value,
                    "time": moment,
                    "is_loss": loss,
                    "step": step if step >= 0 else at,
                }
            )
        since[number] = start + len(points)
    if not lines:
        return True
    lines.sort(key=lambda line: (line["step"], line["time"]))
    with open(path, "a") as file:
        file.write("".join(f"{json.dumps(line)}\n" for line in lines))
    work.state["points"] = {str(number): count for number, count in since.items()}
    return len(lines) < POINTS


def means_loss(name: str) -> bool:
    """Whether a metric of a log is a loss: less of it is better, and it is no measure of time."""
    last = name.lower().replace("/", ":").replace("-", ":").rpartition(":")[2]
    return is_loss(name) and not is_higher_better(name) and not last.endswith(_NO_LOSS)
