"""What Home shows, read from the catalog in a fixed number of queries, however much there is."""

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, FloatField, Max, QuerySet, Sum, TextField
from django.db.models.functions import Cast, Substr
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from areas.allowed import access as access_of
from areas.index import modules, resources
from areas.spec import Resource
from catalog import metrics
from catalog.access import Access
from catalog.models import MetricSeries, Record, TrafficPoint
from catalog.queries import text_at
from jobs import runs
from jobs.models import Run
from studio.access import opens
from studio.ui.context import url_of

DAYS, SHOWN, POINTS = 14, 6, 40
HALF_HOURS = 48
ROUNDS = ("num_round", "epochs", "num_epochs", "n_estimators")
UNITS = {"num_round": "rounds", "epochs": "epochs", "num_epochs": "epochs", "n_estimators": "trees"}


def job_kinds() -> list[str]:
    """Nouns that run to an end of their own."""
    return [noun for noun, resource in resources().items() if "Completed" in resource.terminal and resource.logs]


def daily_jobs(connection, now: datetime, access: Access) -> dict:
    """Jobs of the last 14 days by day: ``{"days": [{"day", "all", "failed", …}], "all", "failed", "seconds"}``."""
    since = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = (
        access.visible_kinds(Record.objects.filter(connection=connection, kind__in=job_kinds(), created__gte=since))
        .order_by()
        .annotate(
            day=Substr(Cast("created", TextField()), 1, 10)
        )  # both databases write UTC; TruncDate calls Python a row
        .values_list("day", "status")
        .annotate(count=Count("id"), seconds=Sum(Cast(text_at("TrainingTimeInSeconds"), FloatField())))
    )
    days = {f"{since + timedelta(days=i):%Y-%m-%d}": {"all": 0, "failed": 0, "seconds": 0.0} for i in range(DAYS)}
    for day, status, count, seconds in rows:
        if day in days:
            days[day]["all"] += count
            days[day]["failed"] += count * (status == "Failed")
            days[day]["seconds"] += seconds or 0
    found = [{"day": day, **one} for day, one in days.items()]
    return {
        "days": found,
        "all": sum(one["all"] for one in found),
        "failed": sum(one["failed"] for one in found),
        "seconds": sum(one["seconds"] for one in found[-7:]),
    }


def bars(
    values: list[float], marked: list[float] | None = None, width: int = 10, gap: int = 3, height: int = 36
) -> dict:
    """Bars for templates/home/bars.html: each value a rect, the marked share of it on top."""
    top = max([*values, 1])
    rects = []
    for position, value in enumerate(values):
        failed = marked[position] if marked else 0
        x, whole, part = position * (width + gap), height * value / top, height * failed / top
        if value - failed > 0:
            rects.append(
                {"x": x, "y": round(height - whole + part, 1), "height": round(whole - part, 1), "kind": "is-quiet"}
            )
        if failed:
            rects.append({"x": x, "y": round(height - whole, 1), "height": round(part, 1), "kind": "is-fail"})
    return {"rects": rects, "width": len(values) * (width + gap) - gap, "bar": width, "height": height}


def running(connection, access: Access) -> dict:
    """What hasn't ended, newest first, with its progress and one metric; Runs that wait for a worker come before."""
    going = Record.objects.none()
    for noun, resource in resources().items():
        if resource.terminal:
            of_kind = Record.objects.filter(connection=connection, kind=noun).exclude(status__in=resource.terminal)
            going = going | of_kind
    records = list(access.visible_kinds(going).order_by("-created")[: SHOWN + 1])
    known = {(record.kind, record.name) for record in records}
    queued = runs.visible(Run.objects.filter(connection=connection, state__in=(Run.QUEUED, Run.SUBMITTING)), access)
    waiting = [run for run in queued.order_by("created")[:SHOWN] if (run.kind, run.name) not in known]
    jobs = job_kinds()
    series = metric_series([record for record in records[:SHOWN] if record.kind in jobs])
    rows = [running_row(record, series.get(record.id)) for record in records[:SHOWN]]
    waiting = [{"run": run, "url": url_of(run.kind, run.name)} for run in waiting]
    return {"rows": rows, "waiting": waiting, "more": len(records) > SHOWN}


def metric_series(records: list[Record]) -> dict[int, dict]:
    """One metric of each record: a validation metric if it has one. ``{record id: {"name", "values", "last", "step"}}``."""
    if not records:
        return {}
    chosen: dict[int, MetricSeries] = {}
    for one in MetricSeries.objects.filter(record__in=records).exclude(
        name__in=("CPUUtilization", "MemoryUtilization")
    ):
        best = chosen.get(one.record_id)
        if best is None or _rank(one) < _rank(best):
            chosen[one.record_id] = one
    curves = metrics.read(chosen.values(), keep=POINTS)
    return {
        number: {"name": one.name, "step": one.last_step, "last": one.last,
                 "values": [value for value in curves[one.id].value.tolist() if math.isfinite(value)]}
        for number, one in chosen.items()
    }  # fmt: skip


def _rank(series: MetricSeries) -> tuple[bool, str]:
    return not series.name.startswith("validation"), series.name


def running_row(record: Record, series: dict | None) -> dict:
    parameters = record.document.get("HyperParameters") or {}
    rounds = next((name for name in ROUNDS if str(parameters.get(name, "")).isdigit()), "")
    done = series["step"] + 1 if series and series["step"] is not None and rounds else None
    total = int(parameters[rounds]) if rounds else None
    return {
        "record": record,
        "resource": resources()[record.kind],
        "phase": record.document.get("SecondaryStatus") or record.status,
        "url": url_of(record.kind, record.name),
        "series": series,
        "done": min(done, total) if done is not None else None,
        "total": total,
        "unit": UNITS.get(rounds, ""),
        "seconds": (timezone.now() - record.created).total_seconds(),
    }


def with_hints(failures: list[dict]) -> list[dict]:
    """Failures with a hint where an area knows one (``hint_for`` of its ``hints`` module), and where the log is."""
    helpers = [module.hint_for for module in modules("hints") if hasattr(module, "hint_for")]
    for failure in failures:
        resource = resources().get(failure["kind"])
        failure["hint"] = next(filter(None, (helper(failure["reason"]) for helper in helpers)), "")
        failure["noun"] = resource.singular if resource else failure["kind"]
        failure["log"] = log_url(resource, failure["name"]) if resource and failure["recorded"] else ""
    return failures


def log_url(resource: Resource, name: str) -> str:
    try:
        return reverse(f"{resource.codename}-logs", args=[name])
    except NoReverseMatch:
        return ""


def endpoints(connection, now: datetime, access: Access) -> list[dict]:
    """Endpoints with a day of requests by half hours, the rate of the last half hour and its slowest minute's p95 in ms."""
    if "Endpoint" not in resources():
        return []
    every = Record.objects.filter(connection=connection, kind="Endpoint")
    records = list(access.visible(every, "Endpoint").order_by("-modified")[:SHOWN])
    points = TrafficPoint.objects.filter(record__in=records, time__gte=now - timedelta(hours=24))
    bucket = F("step") / 30
    sums = _by_bucket(points.filter(name__startswith="Invocations/"), bucket, Sum("value"))
    slow = _by_bucket(points.filter(name__startswith="ModelLatency.p95/"), bucket, Max("value"))
    last = int(now.timestamp()) // 1800
    found = []
    for record in records:
        requests = [sums.get((record.id, last - i), 0) for i in reversed(range(HALF_HOURS))]
        latencies = [
            slow[record.id, last - i] / 1000 for i in reversed(range(HALF_HOURS)) if (record.id, last - i) in slow
        ]
        recent = next((last - i for i in range(2) if (record.id, last - i) in sums), None)
        minutes = max((now.timestamp() - last * 1800) / 60, 1) if recent == last else 30
        found.append({
            "record": record, "url": url_of("Endpoint", record.name), "requests": requests, "all": sum(requests),
            "per_minute": sums[record.id, recent] / minutes if recent else None,
            "p95": latencies[-1] if latencies else None, "latencies": latencies,
        })  # fmt: skip
    return found


def _by_bucket(points: QuerySet, bucket, value) -> dict[tuple[int, int], float]:
    rows = points.order_by().annotate(bucket=bucket).values_list("record_id", "bucket").annotate(value=value)
    return {(record, number): found or 0 for record, number, found in rows}


def activity(connection, access: Access) -> list[dict]:
    """What happened last: things made, ended or changed, newest first."""
    rows = []
    # Each by its own index: sorting over all kinds would read every record. What is recorded along with things isn't told.
    for noun in [noun for noun, resource in resources().items() if resource.section]:
        newest = access.visible(Record.objects.filter(connection=connection, kind=noun), noun).order_by(
            "-modified", "-id"
        )
        rows += newest.values("kind", "name", "status", "owner", "created", "modified")[:SHOWN]
    for row in rows:
        row["resource"] = resources()[row["kind"]]
        row["url"] = url_of(row["kind"], row["name"])
        row["made"] = not row["resource"].status_field or row["modified"] == row["created"]
    return sorted(rows, key=lambda row: row["modified"], reverse=True)[:8]


def life_cycle(request, places: list[dict], found: list[dict]) -> dict:
    """How far this connection has come on the way from data to prediction, and the next step with its button."""
    datasets = next((place for place in places if place["key"] == "datasets"), None)
    completed = Record.objects.filter(connection=request.connection, kind="TrainingJob", status="Completed")
    trained = access_of(request).visible(completed, "TrainingJob").order_by("-created").first()
    served = [one for one in found if one["record"].status == "InService"]
    asked = any(one["all"] for one in found)
    made = trained is not None
    done = [made or bool(datasets and datasets["count"]), made or bool(served), bool(served), asked]
    names = ("Data", "Train", "Deploy", "Predict")
    now = done.index(False) if False in done else None
    steps = [
        {"name": name, "state": "done" if state and (now is None or i < now) else "now" if i == now else ""}
        for i, (name, state) in enumerate(zip(names, done, strict=True))
    ]
    return {"steps": steps, "now": now, "next": _next(request, now, trained, served)}


def _next(request, now: int | None, trained, served) -> dict:
    if now == 0:
        return {"title": "Add your first dataset", "text": "A table as CSV, TSV, Parquet or JSON Lines, or an address in S3.",
                "verb": "Add dataset", "url": url(request, "dataset-create")}  # fmt: skip
    if now == 1:
        return {"title": "Train a model on it", "text": "XGBoost with settings that fit the data, or your own script.",
                "verb": "Create training job", "url": url(request, "training_job-create")}  # fmt: skip
    if now == 2:
        return {"title": f"Deploy {trained.name}", "text": "An endpoint answers requests with predictions.",
                "verb": "Open the job", "url": url_of("TrainingJob", trained.name)}  # fmt: skip
    if now == 3:
        return {"title": f"Ask {served[0]['record'].name} for a prediction", "text": "Fill in a row and see the answer.",
                "verb": "Open the endpoint", "url": served[0]["url"]}  # fmt: skip
    return {}


def url(request, name: str) -> str:
    """The address of a page, if there is one and it would let the person in."""
    try:
        found = reverse(name)
    except NoReverseMatch:
        return ""
    return found if opens(request, found) else ""


def slots(connection) -> int | None:
    """How many jobs run at once on this machine; None for AWS, which has its own quotas."""
    return settings.ENGINE_SLOTS if connection.is_embedded else None
