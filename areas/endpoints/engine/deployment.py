"""DeploymentConfig: how an update moves the traffic, as steps that the runner takes."""

import math

from engine.errors import invalid, unsupported

LINEAR = (10, 50)  # percent of the fleet that a step may be
CANARY = 50  # percent of the fleet that a canary may be at most


def check(config: dict | None, instances: int) -> dict:
    """The traffic steps of a DeploymentConfig for a new fleet of ``instances`` servers.

    Returns ``{"steps": [[share of the traffic, seconds to wait then], …], "termination": seconds that the old fleet
    stays, "limit": seconds that it all may take, or None, "alarms": names of those that take it all back}``. Raises
    ValidationException for sizes AWS doesn't allow.
    """
    config = config or {}
    if config.get("RollingUpdatePolicy"):
        raise unsupported("A rolling deployment (RollingUpdatePolicy)")
    alarms = [one["AlarmName"] for one in config.get("AutoRollbackConfiguration", {}).get("Alarms", ())]
    policy = config.get("BlueGreenUpdatePolicy")
    if policy is None:
        return {"steps": [[1.0, 0]], "termination": 0, "limit": None, "alarms": alarms}
    steps = _steps(policy["TrafficRoutingConfiguration"], instances)
    termination = policy.get("TerminationWaitInSeconds", 0)
    limit = policy.get("MaximumExecutionTimeoutInSeconds")
    waits = sum(wait for _, wait in steps) + termination
    if limit is not None and limit <= waits:
        raise invalid(
            f"MaximumExecutionTimeoutInSeconds ({limit}) must be greater than all waits together ({waits} seconds)."
        )
    return {"steps": steps, "termination": termination, "limit": limit, "alarms": alarms}


def _steps(routing: dict, instances: int) -> list[list]:
    wait = routing.get("WaitIntervalInSeconds", 0)
    if routing["Type"] == "CANARY":
        percent = _percent(routing, "CanarySize", instances)
        if percent > CANARY:
            raise invalid(f"CanarySize must be at most {CANARY} percent of the fleet; this is {percent:g} percent.")
        return [[percent / 100, wait], [1.0, wait]]
    if routing["Type"] == "LINEAR":
        percent = _percent(routing, "LinearStepSize", instances)
        low, high = LINEAR
        if not low <= percent <= high:
            raise invalid(f"LinearStepSize must be {low} to {high} percent of the fleet; this is {percent:g} percent.")
        count = math.ceil(100 / percent)
        return [[min(percent * step / 100, 1.0), wait] for step in range(1, count + 1)]
    return [[1.0, wait]]


def _percent(routing: dict, member: str, instances: int) -> float:
    size = routing.get(member)
    if not size:
        raise invalid(f"{member} is required for traffic routing of type {routing['Type']}.")
    return size["Value"] if size["Type"] == "CAPACITY_PERCENT" else 100 * size["Value"] / instances
