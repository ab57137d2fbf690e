"""Managed spot training, simulated: when an interruption comes, how long capacity is away, what is billable.

The schedule is ``ATELIER_SPOT_INTERRUPTIONS``, of the job's Environment or else of the engine's:

    off                    never
    every=14400 wait=120   the default: after 4 h of an attempt on average, and capacity is away for 2 min on average;
                           both drawn from an exponential distribution whose seed is the job's ARN and the attempt
    at=10,30 wait=2        the first attempt after 10 s, the second after 30 s, then never; capacity is away for 2 s

By hand: AddTags with the key ``atelier:interrupt`` and a value that it didn't have (any word) interrupts a spot job that runs.
"""

import os
import random
import re
from dataclasses import dataclass

from engine.errors import invalid

VARIABLE = "ATELIER_SPOT_INTERRUPTIONS"
TAG = "atelier:interrupt"  # a job's tag: each new value interrupts it once
DEFAULT = "every=14400 wait=120"
NOTICE = 120.0  # seconds between the notice (SIGTERM) and the end, as on EC2
LONGEST_WAIT = 3600.0
TRAINED = ("Downloading", "Training", "Uploading", "Stopping")  # secondary statuses in which an instance is there
DAY = 86400


@dataclass(frozen=True)
class Schedule:
    every: float = 0.0  # seconds on average; 0: not drawn
    at: tuple[float, ...] = ()
    wait: float = 0.0

    def after(self, arn: str, attempt: int) -> float | None:
        """Seconds of training after which this attempt (from 1) is interrupted; None if it isn't."""
        if self.at:
            return self.at[attempt - 1] if attempt <= len(self.at) else None
        return _draw(arn, attempt, "interruption", self.every) if self.every else None

    def away(self, arn: str, attempt: int) -> float:
        """Seconds until there is capacity again."""
        if self.at or not self.every:
            return self.wait
        return min(LONGEST_WAIT, _draw(arn, attempt, "wait", self.wait)) if self.wait else 0.0


def _draw(arn: str, attempt: int, what: str, mean: float) -> float:
    return random.Random(f"{arn}/{attempt}/{what}").expovariate(1 / mean)  # noqa: S311 - no secret


def read(text: str) -> Schedule:
    """A schedule from its words (see above); ValueError in one sentence."""
    words = text.split()
    if words == ["off"]:
        return Schedule()
    given = dict(word.partition("=")[::2] for word in words)
    numbers = {name: value for name, value in given.items() if re.fullmatch(r"[0-9.]+(,[0-9.]+)*", value)}
    try:
        if numbers.keys() == given.keys() and given.keys() in ({"every"}, {"every", "wait"}, {"at"}, {"at", "wait"}):
            at = tuple(float(one) for one in numbers["at"].split(",")) if "at" in numbers else ()
            schedule = Schedule(float(numbers.get("every", 0)), at, float(numbers.get("wait", 0)))
            if at or schedule.every > 0:
                return schedule
    except ValueError:
        pass
    raise ValueError(f"{VARIABLE} must be off, every=<seconds> [wait=<seconds>] or at=<seconds>,… [wait=<seconds>], "
                     f"not {text!r}.")  # fmt: skip


def schedule_of(document: dict) -> Schedule:
    """The schedule of a job; the default where the engine's own setting can't be read."""
    own = document.get("Environment", {}).get(VARIABLE)
    if own:
        return read(own)
    try:
        return read(os.environ.get(VARIABLE) or DEFAULT)
    except ValueError:
        return read(DEFAULT)


def is_spot(document: dict) -> bool:
    return bool(document.get("EnableManagedSpotTraining"))


def check(request: dict) -> None:
    """ValidationException for limits that don't go together with spot, or a schedule that can't be read."""
    stopping = request.get("StoppingCondition", {})
    if not request.get("EnableManagedSpotTraining"):
        if "MaxWaitTimeInSeconds" in stopping:
            raise invalid("MaxWaitTimeInSeconds can be given only when EnableManagedSpotTraining is true.")
        return
    longest, runtime = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds", DAY)
    if longest is None:
        raise invalid("MaxWaitTimeInSeconds must be present when EnableManagedSpotTraining is true.")
    if longest < runtime:
        raise invalid(
            f"Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds "
            f"({runtime})."
        )
    if request.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds"):
        raise invalid("Warm pools (KeepAlivePeriodInSeconds) can't be used with managed spot training.")
    if own := request.get("Environment", {}).get(VARIABLE):
        try:
            read(own)
        except ValueError as error:
            raise invalid(str(error)) from None


def deadline(document: dict) -> float:
    """Epoch seconds by which a spot job must have ended; infinity for others."""
    wait = document["StoppingCondition"].get("MaxWaitTimeInSeconds")
    return document["CreationTime"] + wait if is_spot(document) and wait else float("inf")


def trained(document: dict, now: float, *, statuses: tuple[str, ...] = TRAINED) -> float:
    """Seconds that the job spent in these secondary statuses so far: without waits for capacity."""
    return sum(
        max(0.0, one.get("EndTime", now) - one["StartTime"])
        for one in document.get("SecondaryStatusTransitions", ())
        if one["Status"] in statuses
    )
