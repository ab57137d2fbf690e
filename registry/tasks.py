"""What RQ runs for this room. Each task is thin, and safe to run twice and at the same time."""

from django.db import close_old_connections

from registry import desk, measuring, outbox
from registry import work as worker


def work() -> None:
    close_old_connections()  # this worker lives long and forks for no job
    worker.work()


def sweep() -> None:
    close_old_connections()
    outbox.sweep()


def tick() -> None:
    desk.tick()


def measure(result_id: int) -> None:
    measuring.measure(result_id)
