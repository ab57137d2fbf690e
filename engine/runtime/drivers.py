"""What a kind of job says about itself so that the runner can drive it. Areas register theirs from their engine module."""

from pathlib import Path

from areas import index
from areas.spec import Resource
from catalog.models import Record
from engine.models import Work

_DRIVERS: dict[str, "Driver"] = {}


class JobFailed(Exception):
    """The job can't go on, and whose fault that is: the text becomes its FailureReason."""


class Unfinished(Exception):
    """There is more to store than one look at a job has time for: the next one goes on."""


class Driver:
    """One kind of job. ``document`` is the record's, changed in place; times are epoch seconds."""

    resource: Resource
    notice = 120.0  # seconds that an interrupted job's containers have left

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

    def interruption(self, document: dict, attempt: int) -> float | None:
        """Seconds after its start at which attempt ``attempt`` (interruptions so far + 1) is interrupted; None: it isn't."""
        return None

    def interruption_asked(self, record: Record) -> str:
        """A word that changes whenever somebody asks by hand for the job's interruption; "" if nobody did."""
        return ""

    def interrupt(self, document: dict, now: float) -> None:
        """The job's hosts are taken away: its containers have got notice."""

    def capacity_after(self, document: dict, interruptions: int) -> float:
        """Seconds until an interrupted job gets hosts again."""
        return 0.0

    def wait_for_capacity(self, document: dict, now: float, until: float) -> None:
        """The interrupted job's containers have ended; it waits and then starts again."""

    def gives_up(self, document: dict, now: float) -> bool:
        """Whether the job has waited, or taken, longer than it may."""
        return False

    def give_up(self, document: dict, now: float) -> None:
        """The job ends for that."""

    def pool(self, document: dict) -> tuple[dict, float] | None:
        """What a next job must be equal in to take over what this one leaves, and until when (epoch seconds) that is kept; None if
        the ended job leaves no warm pool (engine/runtime/pools.py)."""
        return None

    def pool_available(self, document: dict) -> None:
        """The ended job's pool waits for a next job."""

    def pool_taken(self, document: dict) -> None:
        """The new job has got a pool."""

    def pool_reused(self, document: dict, by: str, now: float) -> None:
        """The ended job's pool went to the job called ``by``."""

    def pool_ended(self, document: dict, now: float) -> None:
        """The ended job's pool was kept long enough."""

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
