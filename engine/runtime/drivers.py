"""What a kind of job says about itself so that the runner can drive it. Areas register theirs from their engine module."""

from pathlib import Path

from areas import index
from areas.spec import Resource
from catalog.models import Record
from engine.models import Work

_DRIVERS: dict[str, "Driver"] = {}


class JobFailed(Exception):
    """The job can't go on, and whose fault that is: the text becomes its FailureReason."""


class Driver:
    """One kind of job. ``document`` is the record's, changed in place; times are epoch seconds."""

    resource: Resource

    def plan(self, record: Record, work: Work) -> list[dict]:
        """The launcher's spec (engine/runtime/launch.py) of each host, algo-1 first. Raises JobFailed."""
        raise NotImplementedError

    def wait(self, document: dict, now: float, message: str) -> None:
        """The job waits for its turn, and why."""

    def follow(self, document: dict, event: dict) -> None:
        """An event of the shims' journals: downloading and stopping as the first host gets there, others as the last does."""

    def measure(self, document: dict, points: list[dict]) -> None:
        """New metrics, oldest first: {"name", "value", "time", "step"}."""

    def mirror(self, record: Record, name: str, folder: Path, since: float) -> None:
        """``folder`` is what one host's folder of the spec's ``sync`` is now; nothing in it older than ``since`` is new."""

    def keep(self, record: Record, folders: list[Path], result: dict) -> None:
        """Put each host's packed outputs where they belong. May be called again after it was killed half-way."""

    def finish(self, document: dict, result: dict) -> None:
        """The container's result decides how the job ended."""

    def fail(self, document: dict, now: float, reason: str) -> None:
        """The job ended without a result."""

    def stop(self, document: dict, now: float) -> None:
        """The job was stopped before it began."""

    def restart(self, document: dict, now: float, message: str) -> None:
        """The job goes back to its start, or to its last checkpoint."""

    def retries(self, document: dict) -> int:
        """How often it may be started again after an internal error."""
        return 0

    def resumes(self, document: dict) -> bool:
        """True if a second start goes on from checkpoints instead of from nothing."""
        return False


def register(driver: Driver) -> None:
    _DRIVERS[driver.resource.noun] = driver


def driver_for(kind: str) -> Driver:
    index.modules("engine")
    return _DRIVERS[kind]


def kinds() -> list[str]:
    index.modules("engine")
    return list(_DRIVERS)
