"""Metrics on their way in: one, or up to a thousand at once. The only part that must be fast; nothing here asks the ORM for
a run that the same caller wrote to in the last two seconds."""

import posixpath
import re
from collections.abc import Awaitable, Callable

from areas.experiments.mlflow import found, params
from areas.experiments.mlflow.asked import Asked, as_number, as_whole, missing_value, too_long
from areas.experiments.mlflow.errors import MlflowError, invalid
from areas.experiments.mlflow.experiments import read_tags
from areas.experiments.mlflow.model_metrics import keep_last, model_points
from areas.experiments.mlflow.params import read_params
from areas.experiments.mlflow.runs import KEY, TAG_VALUE
from catalog.metrics import Gone, Point
from engine import ingest

BODY = 1_000_000  # bytes of a batch
METRICS, PARAMS, TOGETHER = 1000, 100, 1000  # of a batch; as many tags as params
LAST_STEP = 2**63 - 1
_NAME = re.compile(r"[/\w.\- :]*")
InThread = Callable[..., Awaitable]


async def log_metric(asked: Asked, in_thread: InThread) -> dict:
    points = [_point(asked.given, "")]
    number = await _writable(asked, in_thread)
    await _put(asked, in_thread, number, points, [asked.given])
    return {}


async def log_batch(asked: Asked, in_thread: InThread, size: int) -> dict:
    """Parameters and tags first, all or none, then metrics."""
    if size > BODY:
        raise invalid(f"Batched logging API requests must be at most {BODY} bytes, got a request of size {size}.")
    metrics, logged, tagged = asked.items("metrics"), asked.items("params"), asked.items("tags")
    for what, limit, length in (
        ("metrics", METRICS, len(metrics)), ("params", PARAMS, len(logged)), ("tags", PARAMS, len(tagged)),
        ("metrics, params, and tags", TOGETHER, len(metrics) + len(logged) + len(tagged)),
    ):  # fmt: skip
        if length > limit:
            raise invalid(f"A batch logging request can contain at most {limit} {what}. Got {length} {what}. Please split up "
                          f"{what} across multiple requests and try again.")  # fmt: skip
    points = [_point(one, f"metrics[{index}].") for index, one in enumerate(metrics)]
    values, named = read_params(logged), read_tags(tagged, KEY, TAG_VALUE)
    if values or named:
        await in_thread(_log_words, asked, values, named)
    number = await _writable(asked, in_thread)
    if points:
        await _put(asked, in_thread, number, points, metrics)
    return {}


def _log_words(asked: Asked, values: dict[str, str], named: dict[str, str]) -> None:
    params.log(asked, found.run_of(asked, asked.run_id(), "update", is_active=True), values, named)


async def _writable(asked: Asked, in_thread: InThread) -> int:
    """Id of the Record of the run that is asked for, which the caller may write to and which is not deleted."""
    run_id = asked.run_id()
    known = asked.caller.writable.get(run_id)
    if known is None:
        known = asked.caller.writable[run_id] = await in_thread(_look_up, asked, run_id)
    return known


def _look_up(asked: Asked, run_id: str) -> int:
    return found.run_of(asked, run_id, "update", is_active=True).id


async def _put(asked: Asked, in_thread: InThread, number: int, points: list[Point], given: list[dict]) -> None:
    try:
        await ingest.put(number, points)
    except Gone:
        asked.caller.writable.pop(asked.run_id(), None)
        raise MlflowError("RESOURCE_DOES_NOT_EXIST", f"Run with id={asked.run_id()} not found") from None
    if of_models := model_points(given, points):
        await in_thread(keep_last, asked, asked.run_id(), of_models)


def _point(one: dict, path: str) -> Point:
    """A metric as clients send it; INVALID_PARAMETER_VALUE for what is none."""
    key, given = one.get("key"), one.get("value")
    if key is None or key == "":
        raise missing_value(f"{path}key")
    if given is None:
        raise missing_value(f"{path}value")
    if not isinstance(key, str) or not _NAME.fullmatch(key):
        raise invalid(f"Invalid value {key!r} for parameter '{path}name' supplied: Names may only contain alphanumerics, "
                      "underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).")  # fmt: skip
    if ("/" in key or "." in key) and _is_bad_path(key):
        raise invalid(f"Invalid value {key!r} for parameter '{path}name' supplied: Names may be treated as files in certain "
                      f"cases, and must not resolve to other names when treated as such. This name would resolve to "
                      f"{posixpath.normpath(key)!r}")  # fmt: skip
    if len(key) > KEY:
        raise too_long("Metric name", KEY, key)
    value = as_number(given)
    if value is None:
        raise invalid(f"Invalid value {given!r} for parameter '{path}value' supplied: (timestamp={one.get('timestamp')}). "
                      "Please specify value as a valid double (64-bit floating point)")  # fmt: skip
    if one.get("timestamp") is None:
        raise missing_value(f"{path}timestamp")
    time, step = as_whole(one["timestamp"]), as_whole(one.get("step") or 0)
    if time is None or not 0 <= time <= 253402300799999:
        raise invalid(f"Invalid value {one['timestamp']!r} for parameter '{path}timestamp' supplied: metric '{key}' "
                      f"(value={given}). Timestamp must be a nonnegative long (64-bit integer) ")  # fmt: skip
    if step is None or not -LAST_STEP <= step <= LAST_STEP:
        raise invalid(f"Invalid value {one.get('step')!r} for parameter '{path}step' supplied: metric '{key}' "
                      f"(value={given}). Step must be a valid long (64-bit integer).")  # fmt: skip
    return Point(key, value, time / 1000, step)


def _is_bad_path(name: str) -> bool:
    normal = posixpath.normpath(name)
    return normal != name or normal == "." or normal.startswith(("..", "/"))
