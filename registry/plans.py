"""What a policy says about deploying an approved version: the settings, and whether they can be right."""

import re

from catalog.models import Connection
from registry.errors import DeskError

# member → (type, least, most); None is left out: then it stays as the endpoint has it, or isn't watched.
_NUMBERS = {
    "count": (int, 1, 100), "canary_percent": (int, 1, 50), "linear_percent": (int, 10, 50),
    "wait_seconds": (int, 0, 3600), "keep_old_seconds": (int, 0, 3600), "max_error_rate": (float, 0, 0.999),
    "max_latency_ms": (float, 0.001, 60_000_000),
}  # fmt: skip
_TEXTS = {"connection": r"[-\w]{0,50}", "endpoint": r"[a-zA-Z0-9{}](-*[a-zA-Z0-9{}]){0,62}",
          "variant": r"([a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})?", "instance_type": r"(ml\.[a-z0-9.-]{1,40})?"}  # fmt: skip
ALARM_SECONDS = 10  # what an alarm needs to see anything


def check_settings(given: dict | None, connection: Connection | None) -> dict:
    """The settings of a rollout, cleaned; {} for none. ``endpoint`` may hold ``{group}``. Raises DeskError."""
    if not given:
        return {}
    if not isinstance(given, dict):
        raise DeskError("What happens on approval is an object.", "on_approval")
    if unknown := sorted(set(given) - set(_NUMBERS) - set(_TEXTS)):
        raise DeskError(f"A rollout has no {unknown[0]}.", "on_approval")
    found = {}
    for member, pattern in _TEXTS.items():
        value = str(given.get(member) or "")
        if not re.fullmatch(pattern, value):
            raise DeskError(f"{member} of the rollout can't be {value or 'empty'}.", "on_approval")
        if value:
            found[member] = value
    for member, (kind, least, most) in _NUMBERS.items():
        value = given.get(member)
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
            raise DeskError(f"{member} of the rollout is a number, not {value}.", "on_approval")
        if not least <= value <= most:
            raise DeskError(f"{member} of the rollout is {least} to {most}, not {value}.", "on_approval")
        found[member] = value
    _check_together(found)
    if "connection" in found and not Connection.objects.filter(name=found["connection"]).exists():
        raise DeskError(f"There is no connection {found['connection']}.", "on_approval")
    return found


def target(settings: dict, connection: Connection, group: str) -> tuple[Connection, str]:
    """The connection and the endpoint's name that a version of ``group`` on ``connection`` is deployed to."""
    where = Connection.objects.filter(name=settings["connection"]).first() if "connection" in settings else connection
    if where is None:
        raise DeskError(f"There is no connection {settings['connection']} any more.")
    return where, settings["endpoint"].replace("{group}", group)[:63]


def _check_together(found: dict) -> None:
    if "canary_percent" in found and "linear_percent" in found:
        raise DeskError("A rollout is either canary or linear, not both.", "on_approval")
    if "{" in found["endpoint"].replace("{group}", "") or "}" in found["endpoint"].replace("{group}", ""):
        raise DeskError("The endpoint's name may hold {group}, and no other braces.", "on_approval")
    watched = "max_error_rate" in found or "max_latency_ms" in found
    if watched and found.get("wait_seconds", 60) < ALARM_SECONDS:
        raise DeskError(
            f"Alarms need {ALARM_SECONDS} seconds to see anything: let wait_seconds be that at least.", "on_approval"
        )
