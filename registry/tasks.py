"""What RQ runs for this room. Each task is thin, and safe to run twice and at the same time."""

from registry import desk, measuring, outbox
from registry import work as worker


def work() -> None:
    worker.work()


def sweep() -> None:
    outbox.sweep()


def tick() -> None:
    desk.tick()


def measure(result_id: int) -> None:
    measuring.measure(result_id)
