"""What RQ runs. Each task is thin: an id in, delegate, done; each is safe to run twice and at the same time."""

from catalog import bin, statistics
from jobs import follow, runs, submission


def submit(run_id: int) -> None:
    submission.submit(run_id)


def poll_due() -> None:
    follow.poll_due()


def watch() -> None:
    follow.watch()


def empty_bin() -> None:
    """Really delete what has been in the bin for 30 days."""
    bin.purge()


def refresh_statistics() -> None:
    statistics.refresh()


def reconcile() -> None:
    """Queue again what the database says is due: after a flushed Redis, a killed worker, or a wait for a retry."""
    for run_id, attempts, steps in submission.due():
        runs.enqueue(run_id, attempts, queue=runs.queue_for(steps))
