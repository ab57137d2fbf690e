"""What something would cost before it is made, from what a form says so far."""

import math
from dataclasses import dataclass

from areas.costs import metering, prices
from areas.costs.models import Charge
from catalog.access import Access

TUNING = "HyperParameterTuningJob"
HOURS_A_MONTH = 730
MOST_INSTANCES = 10_000
MOST_SECONDS = 28 * 86400
MOST_LONGEST, MOST_JOBS = 15_768_000, 750  # of a tuning job: seconds, training jobs


@dataclass(frozen=True)
class Estimate:
    """Dollars. ``most`` is for all the time that a job may take, ``last`` what the newest of its kind on that type took."""

    instance_type: str
    instances: int
    hourly: float | None  # of one instance; None: no price is known
    seconds: float | None  # the longest time of one job; None: it goes on until it is deleted
    discount: float
    last: Charge | None
    jobs: int = 1  # a tuning job has many
    all_seconds: float | None = None  # the longest time of all jobs together, if something else limits it

    @property
    def an_hour(self) -> float | None:
        return None if self.hourly is None else self.hourly * self.instances * (1 - self.discount)

    @property
    def most(self) -> float | None:
        if self.an_hour is None or self.seconds is None:
            return None
        return self.an_hour * min(self.seconds * self.jobs, self.all_seconds or math.inf) / 3600

    @property
    def a_month(self) -> float | None:
        return None if self.an_hour is None or self.seconds is not None else self.an_hour * HOURS_A_MONTH

    @property
    def as_last(self) -> float | None:
        return (
            None if self.an_hour is None or self.last is None else self.an_hour * self.last.seconds * self.jobs / 3600
        )


def estimate(connection_id: int, access: Access, noun: str, given: dict) -> Estimate | None:
    """From ``instance_type``, ``instance_count`` or ``count`` (1), ``max_runtime`` (s) and ``spot`` of a form; None without a type.

    A tuning job has ``most`` training jobs, of which ``parallel`` run at a time for ``longest`` seconds at most.
    """
    kind = (given.get("instance_type") or "").strip()[:64]
    if not kind:
        return None
    is_tuning = noun == TUNING
    noun = "TrainingJob" if is_tuning else noun
    is_job = noun in metering.JOBS
    spot = noun == "TrainingJob" and given.get("spot") in ("on", "true", "1")
    seconds = _number(given.get("max_runtime"), 86400, MOST_SECONDS) if is_job else None
    count = _number(given.get("instance_count") or given.get("count"), 1, MOST_INSTANCES)
    longest = _number(given.get("longest"), 0, MOST_LONGEST) if is_tuning else 0
    return Estimate(
        instance_type=kind, instances=count, hourly=prices.hourly(connection_id, kind), seconds=seconds,
        discount=prices.SPOT_DISCOUNT if spot else 0.0,
        last=_last(connection_id, access, noun, kind) if is_job else None,
        jobs=_number(given.get("most"), 1, MOST_JOBS) if is_tuning else 1,
        all_seconds=longest * _number(given.get("parallel"), 1, 100) if longest else None,
    )  # fmt: skip


def _last(connection_id: int, access: Access, noun: str, kind: str) -> Charge | None:
    rows = Charge.objects.filter(
        connection_id=connection_id, kind=noun, instance_type=kind, what=Charge.JOB, seconds__isnull=False
    )
    return access.visible_kinds(rows).order_by("-day", "-id").first()


def _number(text, default: int, most: int) -> int:
    """A whole number from 1 to ``most``; the default for what is none yet."""
    text = str(text or "").strip()
    return min(most, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 12 else default
