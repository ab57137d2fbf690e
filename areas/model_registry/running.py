"""Where versions run and ran: the deployments of the endpoints area, found by name, as far as one may see the endpoints."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from areas.index import modules
from areas.model_registry import who
from areas.model_registry.resource import PACKAGE
from catalog.models import Connection

MOST = 500  # deployments of a picture
SPANS = (30, 60, 365)  # days


@dataclass
class Bar:
    """One deployment in the picture; ``x`` and ``width`` in percent of the span."""

    x: float
    width: float
    label: str
    colour: int
    is_now: bool
    is_mine: bool
    title: str

    @property
    def end(self) -> float:
        return self.x + self.width

    @property
    def has_room(self) -> bool:
        return self.width > 9


@dataclass
class Lane:
    endpoint: str
    connection: str
    bars: list[Bar] = field(default_factory=list)
    y: int = 0


def deployments_of(connection: Connection, arn: str, limit: int = 100) -> list:
    """The deployments of a version, newest first; on other connections too, where one may view the endpoint."""
    found = modules("deployments")[0].Deployment.of_package(arn)[:limit]
    return [one for one in found if who.may(one.connection, "view", "Endpoint", one.endpoint)]


def now_running(connection: Connection, group: str) -> dict[int, list[str]]:
    """Version → endpoints that serve it now: ``{3: ["churn-prod"]}``."""
    found: dict[int, list[str]] = {}
    for deployment in _of_group(connection, group).filter(ended=None, served__isnull=False)[:MOST]:
        if not who.may(deployment.connection, "view", "Endpoint", deployment.endpoint):
            continue
        for number in _numbers(deployment, connection, group):
            if deployment.endpoint not in found.setdefault(number, []):
                found[number].append(deployment.endpoint)
    return found


def timeline(connection: Connection, group: str, *, days: int = 60, mine: int | None = None) -> dict | None:
    """The picture of which version of a group ran where in the last ``days``: ``{"lanes", "ticks", "height", "days"}``; None if
    none did."""
    now = timezone.now()
    start = now - timedelta(days=days)
    lanes: dict[tuple[str, str], Lane] = {}
    for one in _of_group(connection, group).filter(served__isnull=False)[:MOST]:
        if (one.ended and one.ended < start) or not who.may(one.connection, "view", "Endpoint", one.endpoint):
            continue
        lane = lanes.setdefault((one.connection.name, one.endpoint), Lane(one.endpoint, one.connection.name))
        for number in _numbers(one, connection, group):
            lane.bars.append(_bar(one, number, start, now, mine))
    if not lanes:
        return None
    found = sorted(lanes.values(), key=lambda lane: (lane.connection, lane.endpoint))
    for place, lane in enumerate(found):
        lane.y = 40 * place
    ticks = [{"x": round(100 * step / 4, 1), "at": start + (now - start) * step / 4} for step in range(4)]
    return {"lanes": found, "ticks": ticks, "height": 40 * len(found), "days": days}


def _of_group(connection: Connection, group: str):
    area = modules("deployments")[0]
    prefix = PACKAGE.arn(connection.account, connection.region, f"{group}/")
    ids = area.DeployedModel.objects.filter(package__startswith=prefix).values("deployment")
    rows = area.Deployment.objects.filter(id__in=ids)
    return rows.select_related("connection").prefetch_related("models")


def _numbers(deployment, connection: Connection, group: str) -> list[int]:
    prefix = PACKAGE.arn(connection.account, connection.region, f"{group}/")
    rests = [package.removeprefix(prefix) for package in deployment.packages if package.startswith(prefix)]
    return [int(rest) for rest in rests if rest.isdigit()]


def _bar(deployment, number: int, start: datetime, now: datetime, mine: int | None) -> Bar:
    begin, end = max(deployment.served, start), deployment.ended or now
    span = (now - start).total_seconds()
    x = 100 * (begin - start).total_seconds() / span
    width = max(100 * (end - begin).total_seconds() / span, 0.3)
    until = f"{end:%d %b %H:%M}" if deployment.ended else "now"
    title = f"version {number} on {deployment.endpoint}, {deployment.served:%d %b %H:%M} – {until}"
    return Bar(round(min(x, 99.7), 2), round(width, 2), f"version {number}", number % 8, deployment.ended is None,
               number == mine, title)  # fmt: skip
