"""BatchPutMetrics, on the event loop: what a caller may write to is looked up once in two seconds, points gather in
``engine.ingest``. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_metrics_BatchPutMetrics.html
"""

import time
from collections.abc import Awaitable, Callable

from areas.permissions import Need
from catalog.metrics import Gone, Point
from catalog.models import Record
from engine import ingest
from engine.context import Context
from engine.errors import AwsError
from engine.wire import authorise, rest, services
from engine.wire.validate import validate

TTL = 2.0  # seconds for which a component that may be written to is remembered
LATEST = 253_402_300_800.0  # the year 10000: a time beyond it is in milliseconds

InThread = Callable[..., Awaitable]
_kept: dict[tuple, tuple[float, int]] = {}


async def put(context: Context, body: bytes, in_thread: InThread) -> dict:
    """Answer a BatchPutMetrics of a verified caller whose access is known. Points with a time that can't be are named in
    ``Errors``, the others are kept.

    Raises AwsError: AccessDeniedException, ValidationException, ResourceNotFound (no such component in this account and region).
    """
    given = rest.load(body)
    name = given.get("TrialComponentName")
    key = (context.user, context.principal, context.nouns, context.account, context.region, name)
    number = _remembered(key) if isinstance(name, str) else None
    if number is None:
        await in_thread(_check, context, given)
    service = services.service(context.service)
    request = validate(service.operation(context.operation), given, service.invalid_code)
    if number is None:
        number = await in_thread(_find, context, name)
        _remember(key, number)
    points, errors = _points(request["MetricData"])
    try:
        await ingest.put(number, points)
    except Gone:
        _kept.pop(key, None)
        raise _missing(name) from None
    return {"Errors": errors} if errors else {}


def _check(context: Context, given: dict) -> None:
    """Before what is asked is looked at, as ``engine.wire.respond`` does."""
    name = given.get("TrialComponentName")
    authorise.check_at_all(context, {"TrialComponentName": name} if isinstance(name, str) else {})


def _find(context: Context, name: str) -> int:
    """Id of the component's Record, which the caller may change."""
    need = Need("update", "TrialComponent", name)
    if not authorise.allows(context, need):
        raise authorise.denied(context, need)
    found = Record.objects.filter(connection=context.connection, kind="TrialComponent", name=name)
    number = found.values_list("id", flat=True).first()
    if number is None:
        raise _missing(name)
    return number


def _missing(name: str) -> AwsError:
    return AwsError("ResourceNotFound", f"TrialComponent '{name}' does not exist.", 404)


def _remembered(key: tuple) -> int | None:
    found = _kept.get(key)
    return found[1] if found and time.monotonic() - found[0] < TTL else None


def _remember(key: tuple, number: int) -> None:
    if len(_kept) >= 10_000:
        _kept.clear()
    _kept[key] = (time.monotonic(), number)


def _points(data: list[dict]) -> tuple[list[Point], list[dict]]:
    points, errors = [], []
    for index, one in enumerate(data):
        if -LATEST < one["Timestamp"] < LATEST:
            points.append(Point(one["MetricName"], one["Value"], one["Timestamp"], one.get("Step")))
        else:
            errors.append({"Code": "VALIDATION_ERROR", "MetricIndex": index})
    return points, errors
