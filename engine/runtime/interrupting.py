"""Taking a job's hosts away and starting it again elsewhere: spot interruptions, and limits on waits. Drivers say when.

A running job gets notice: its containers SIGTERM and ``Driver.notice`` seconds, in which its checkpoints are stored. Once all have
ended it waits in the queue (``Work.state["not_before"]``) and then starts as a further attempt.
"""

import time

from django.db import transaction

from engine import store
from engine.models import Work
from engine.runtime.drivers import Driver

KEPT = ("interruptions", "by_hand")  # of Work.state, from attempt to attempt


def begun(journals: list[list[dict]]) -> float | None:
    """When the last host's container started; None while one hasn't."""
    starts = [next((event["t"] for event in events if event["event"] == "started"), None) for events in journals]
    return None if None in starts else max(starts)


def give_notice(work: Work, driver: Driver, processes: list, journals: list[list[dict]]) -> None:
    """Tell the containers to end, if an interruption or the end of a limit is due."""
    began, now = begun(journals), time.time()
    if work.stop_asked or work.state.get("stop_sent") or began is None:
        return
    document = work.record.document
    asked = driver.interruption_asked(work.record)
    due = driver.interruption(document, work.state.get("interruptions", 0) + 1)
    if driver.gives_up(document, now):
        work.state["given_up"] = True
        _stop(work, processes, now)
    elif (asked and asked != work.state.get("by_hand")) or (due is not None and now >= began + due):
        work.state["by_hand"] = asked
        work.state["interrupted"] = now
        with transaction.atomic():
            store.change(work.record_id, lambda document: driver.interrupt(document, now), driver.resource)
            _stop(work, processes, now, driver.notice)


def _stop(work: Work, processes: list, now: float, grace: float | None = None) -> None:
    work.state["stop_sent"] = now
    work.save(update_fields=["state"])
    for process in processes:
        process.stop(grace)


def is_over(work: Work, result: dict) -> bool:
    """Whether a job whose containers have all ended is to start again, because it was interrupted and not done before that."""
    return bool(work.state.get("interrupted")) and result["reason"] == "stopped" and not work.stop_asked


def not_yet(work: Work, now: float) -> bool:
    """Whether a queued job must wait for capacity still."""
    return work.state.get("not_before", 0) > now


def next_state(work: Work, driver: Driver, now: float) -> dict:
    """What the Work of an interrupted job remembers in its next attempt."""
    number = work.state.get("interruptions", 0) + 1
    return {"interruptions": number, "not_before": now + driver.capacity_after(work.record.document, number)}
