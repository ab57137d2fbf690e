"""A deployment under way, as the endpoint's page tells it: from the endpoint's own Describe document, on every connection."""

import re
import time
from datetime import UTC, datetime

from areas.calls import CallFailed, call
from areas.endpoints.rollout import alarms_of


def progress(document: dict) -> dict | None:
    """``{"config", "stage", "words", "share" and "rest" (percent to the new and the old
    servers, or None), "left" (seconds, or None), "alarms" (names), "began"}`` of the
    deployment that an endpoint's document tells of; None if there is none."""
    pending = document.get("PendingDeploymentSummary")
    if not pending:
        return None
    variants = pending.get("ProductionVariants") or [{}]
    states = [one for variant in variants for one in variant.get("VariantStatus") or ()]
    state = states[0] if states else {"Status": document.get("EndpointStatus", "")}
    words = state.get("StatusMessage", "")
    share = re.search(r"([\d.]+) % of the traffic", words)
    percent = float(share[1]) if share else {"Creating": 0.0, "Deleting": 0.0}.get(state["Status"])
    if words.startswith("All traffic"):
        percent = 100.0
    return {
        "config": pending["EndpointConfigName"], "stage": state["Status"], "words": words, "share": percent,
        "left": _left(state, words), "alarms": alarms_of(document), "began": _when(pending.get("StartTime")),
        "rest": None if percent is None else 100 - percent, "reverting": document.get("EndpointStatus") == "RollingBack",
    }  # fmt: skip


def alarm_states(connection, names: list[str]) -> list[dict]:
    """``[{"name", "state", "reason"}]`` as CloudWatch has them; its own words where it can't be asked."""
    if not names:
        return []
    try:
        found = call(connection, "DescribeAlarms", service="cloudwatch", AlarmNames=names)["MetricAlarms"]
    except CallFailed as failed:
        return [{"name": name, "state": "", "reason": f"{failed.code}: {failed.message}"} for name in names]
    there = {one["AlarmName"]: one for one in found}
    return [
        {"name": name, "state": there[name]["StateValue"], "reason": there[name].get("StateReason", "")}
        if name in there
        else {"name": name, "state": "", "reason": "There is no such alarm any more."}
        for name in names
    ]


def _left(state: dict, words: str) -> int | None:
    """Seconds until the step ends, from when it began and the seconds that it takes."""
    takes, began = re.search(r"for (\d+) seconds", words), state.get("StartTime")
    return max(0, round(began + int(takes[1]) - time.time())) if takes and began else None


def _when(seconds: float | None):
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
