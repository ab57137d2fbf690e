"""Driving one job: start its container, write what happens to it into the catalog, end it. Safe to repeat at any point.

A Work row of kind "job" is ``queued``, then ``running`` (it has a workspace), then ``done`` (the record is final, the
workspace may still be there), then gone.
"""

import json
import logging
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from catalog import metrics
from catalog.actor import current
from catalog.models import AccessKey
from engine import store
from engine.models import Work
from engine.runtime import launch
from engine.runtime.drivers import Driver, JobFailed, driver_for
from engine.runtime.wake import poke

log = logging.getLogger(__name__)
QUEUED, RUNNING, DONE = "queued", "running", "done"
USAGE = ("CPUUtilization", "MemoryUtilization")
SHUT_DOWN = "shut_down"  # file in a workspace: the runner ended its container
METRICS_BLOCK = 1 << 20  # bytes of metrics.jsonl written to the database at once


def enqueue(record) -> Work:
    """Give a new record its Work, inside the transaction that makes the record, and wake the runner after it."""
    work = Work.objects.create(record=record, kind="job", state={"nouns": list(current().nouns)})
    transaction.on_commit(lambda: poke(settings.RUN_DIR))
    return work


def ask_stop(record_id: int) -> None:
    """Remember that the job is to stop and wake the runner after the transaction."""
    Work.objects.filter(record_id=record_id, stop_asked=None).update(stop_asked=datetime.now(UTC))
    transaction.on_commit(lambda: poke(settings.RUN_DIR))


def work_folder() -> Path:
    return Path(settings.STUDIO_HOME) / "work"


def claim(work: Work, runner: str) -> bool:
    """Take a queued job; False if somebody else has, or it is gone."""
    workspace = work_folder() / f"job-{work.id}-{work.attempt}"
    taken = Work.objects.filter(id=work.id, phase=QUEUED).update(phase=RUNNING, claim=runner, workspace=str(workspace))
    return bool(taken)


def step(work_id: int) -> None:
    """Bring one job as far as it gets without waiting."""
    work = Work.objects.select_related("record__connection").filter(id=work_id).first()
    if work is None:
        return
    driver = driver_for(work.record.kind)
    if work.phase == QUEUED:
        if work.stop_asked:
            _end(work, driver, lambda document: driver.stop(document, time.time()))
        return
    if work.phase == DONE:
        _clear(work)
        return
    process = launch.find(Path(work.workspace))
    if process is None:
        _begin(work, driver)
    else:
        _follow(work, driver, process)


def _begin(work: Work, driver: Driver) -> None:
    if work.stop_asked:
        _end(work, driver, lambda document: driver.stop(document, time.time()))
        return
    directory = Path(work.workspace)
    shutil.rmtree(directory, ignore_errors=True)
    try:
        spec = driver.plan(work.record, work)
        launch.start(spec, directory)
    except JobFailed as failure:
        reason = str(failure)
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))
    except (OperationalError, InterfaceError):
        raise  # the database is away: nobody knows yet whether the job can start
    except Exception as error:
        log.exception("%s could not be started", work.record)
        reason = f"InternalServerError: The job could not be started ({type(error).__name__}: {error})."
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))


def _follow(work: Work, driver: Driver, process: launch.Process) -> None:
    alive = process.alive()  # before the result: one that ends in between has its result
    result = process.result()
    if work.stop_asked and alive and not work.state.get("stop_sent"):
        process.stop()
        work.state["stop_sent"] = time.time()
        work.save(update_fields=["state"])
    events = process.journal()
    while _write_news(work, driver, events):
        pass
    synced = sum(event["event"] == "synced" for event in events)
    if synced > work.state.get("synced", 0):
        driver.mirror(work.record, process.directory / "sync", events[0]["t"])
        work.state["synced"] = synced
        work.save(update_fields=["state"])
    if result:
        _finish(work, driver, process, result)
    elif not alive:
        _lost(work, driver, process)


def _write_news(work: Work, driver: Driver, events: list[dict]) -> bool:
    """Write new events and metrics, and how far they are written, in one transaction. True if there is more to write."""
    fresh = events[work.state.get("journal", 0) :]
    points, offset, more = _new_points(Path(work.workspace) / "metrics.jsonl", work.state.get("metrics", 0))
    if not fresh and not points:
        return False
    shown = [point for point in points if point["name"] not in USAGE]

    def edit(document: dict) -> None:
        for event in fresh:
            driver.follow(document, event)
        driver.measure(document, shown)

    with transaction.atomic():
        if (fresh or shown) and store.change(work.record_id, edit, driver.resource) is None:
            return False
        metrics.append(
            work.record, [metrics.Point(one["name"], one["value"], one["time"], one["step"]) for one in points]
        )
        work.state = {**work.state, "journal": len(events), "metrics": offset}
        work.save(update_fields=["state"])
    return more


def _new_points(path: Path, offset: int) -> tuple[list[dict], int, bool]:
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            block = file.read(METRICS_BLOCK)
    except FileNotFoundError:
        return [], offset, False
    whole = block[: block.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], offset + len(whole), len(block) == METRICS_BLOCK


def _finish(work: Work, driver: Driver, process: launch.Process, result: dict) -> None:
    try:
        driver.keep(work.record, process.directory / "out", result)
    except JobFailed as failure:
        reason = str(failure)
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))
        return
    _end(work, driver, lambda document: driver.finish(document, result))


def _lost(work: Work, driver: Driver, process: launch.Process) -> None:
    """The shim is gone and left no result: it was killed, by us when the Studio was shut down, or by something else."""
    shut_down = (process.directory / SHUT_DOWN).exists()
    document = work.record.document
    if work.stop_asked:
        _end(work, driver, lambda document: driver.stop(document, time.time()))
    elif shut_down or work.attempt <= driver.retries(document):
        why = "The Studio was shut down" if shut_down else "The machine ended the job's process"
        where = "its last checkpoint" if driver.resumes(document) else "the beginning"
        _restart(work, driver, f"{why}; the job starts again from {where}.")
    else:
        log.error("%s was lost; its shim said: %s", work.record, _last_words(process.directory))
        reason = "InternalServerError: The process that ran this job was killed from outside before it could end."
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))


def _last_words(directory: Path) -> str:
    try:
        return (directory / "shim.log").read_text(errors="replace")[-2000:] or "nothing"
    except OSError:
        return "nothing"


def _restart(work: Work, driver: Driver, message: str) -> None:
    old = work.workspace
    with transaction.atomic():
        store.change(work.record_id, lambda document: driver.restart(document, time.time(), message), driver.resource)
        if not driver.resumes(work.record.document):
            metrics.forget(work.record_id)
        _forget_key(work)
        work.phase, work.workspace, work.claim, work.attempt = QUEUED, "", "", work.attempt + 1
        work.state = {name: work.state.get(name) for name in ("stream", "nouns")}
        work.save()
    shutil.rmtree(old, ignore_errors=True)
    poke(settings.RUN_DIR)


def _end(work: Work, driver: Driver, edit) -> None:
    """Make the record final, then clear up what the job leaves behind."""
    with transaction.atomic():
        store.change(work.record_id, edit, driver.resource)
        Work.objects.filter(id=work.id).update(phase=DONE)
    _clear(work)


def _clear(work: Work) -> None:
    if work.workspace:
        if process := launch.find(Path(work.workspace)):
            _let_go(process)
        shutil.rmtree(work.workspace, ignore_errors=True)
    _forget_key(work)
    Work.objects.filter(id=work.id).delete()
    poke(settings.RUN_DIR)  # a slot is free


def _let_go(process: launch.Process) -> None:
    """A shim that has left its result needs a moment to end; one that doesn't is ended."""
    deadline = time.monotonic() + 1
    while process.alive() and time.monotonic() < deadline:
        time.sleep(0.002)
    process.kill()


def _forget_key(work: Work) -> None:
    if key := work.state.get("key"):
        AccessKey.objects.filter(key_id=key).delete()
