"""Driving one job: start its container, write what happens to it into the catalog, end it. Safe to repeat at any point.

A Work row of kind "job" is ``queued``, then ``running`` (it has a workspace), then ``done`` (the record is final, the
workspace may still be there), then gone. A job with several hosts has a container and a workspace for each: they begin
together, the job has ended when all have, and when one fails the others are ended.
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
from engine.runtime import additions, interrupting, launch, pools
from engine.runtime.drivers import Driver, JobFailed, Unfinished, driver_for
from engine.runtime.wake import poke

log = logging.getLogger(__name__)
QUEUED, RUNNING, DONE = "queued", "running", "done"
USAGE = ("CPUUtilization", "MemoryUtilization")
SHUT_DOWN = "shut_down"  # file in a workspace: the runner ended its container
METRICS_BLOCK = 1 << 20  # bytes of metrics.jsonl written to the database at once
OTHERS_GRACE = 10  # seconds for the hosts that are left when one has failed
AT_ONCE = ("downloading", "stopping")  # true of a job as soon as it is of one host; all else once it is of every host


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


def workspaces(work: Work) -> list[Path]:
    """The folder of each host's container, in the order of the hosts."""
    if not work.workspace:
        return []
    first = Path(work.workspace)
    return [first, *(first.with_name(f"{first.name}-{number}") for number in range(2, work.state.get("hosts", 1) + 1))]


def is_of(folder: Path, known: set[str]) -> bool:
    """Whether a folder in ``work_folder()`` is a workspace of one of the jobs whose ``workspace`` is known."""
    return str(folder.with_name("-".join(folder.name.split("-")[:3]))) in known


def step(work_id: int) -> None:
    """Bring one job as far as it gets without waiting."""
    work = Work.objects.select_related("record__connection").filter(id=work_id).first()
    if work is None:
        return
    driver = driver_for(work.record.kind)
    if work.phase == QUEUED:
        if work.stop_asked:
            _end(work, driver, lambda document: driver.stop(document, time.time()))
        elif driver.gives_up(work.record.document, time.time()):
            _end(work, driver, lambda document: driver.give_up(document, time.time()))
        return
    if work.phase == DONE:
        _clear(work)
        return
    processes = [launch.find(folder) for folder in workspaces(work)]
    if None in processes:
        _begin(work, driver)
    else:
        _follow(work, driver, processes)


def _begin(work: Work, driver: Driver) -> None:
    if work.stop_asked:
        _end(work, driver, lambda document: driver.stop(document, time.time()))
        return
    _remove(work)  # what a runner that was killed in the middle of this has begun
    try:
        specs = driver.plan(work.record, work)
        additions.add_all(work.record, specs)
        work.state = {**work.state, "hosts": len(specs), "told": [], "read": [{} for _ in specs]}
        work.save(update_fields=["state"])
        for spec, folder in zip(specs, workspaces(work), strict=True):
            launch.start(spec, folder)
    except JobFailed as failure:
        reason = str(failure)
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))
    except (OperationalError, InterfaceError):
        raise  # the database is away: nobody knows yet whether the job can start
    except Exception as error:
        log.exception("%s could not be started", work.record)
        reason = f"InternalServerError: The job could not be started ({type(error).__name__}: {error})."
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))


def _follow(work: Work, driver: Driver, processes: list[launch.Process]) -> None:
    alive = [process.alive() for process in processes]  # before the results: one that ends in between has its result
    results = [process.result() for process in processes]
    if work.stop_asked and any(alive) and not work.state.get("stop_sent"):
        for process in processes:
            process.stop()
        work.state["stop_sent"] = time.time()
        work.save(update_fields=["state"])
    journals = [process.journal() for process in processes]
    while _write_news(work, driver, processes, journals):
        pass
    try:
        for number, (process, events) in enumerate(zip(processes, journals, strict=True)):
            _mirror(work, driver, number, process, events)
    except Unfinished:
        poke(settings.RUN_DIR)
        if all(results):
            return
    if not any(results):
        interrupting.give_notice(work, driver, processes, journals)
    if all(results):
        _finish(work, driver, processes, results)
    elif any(result is None and not lives for result, lives in zip(results, alive, strict=True)):
        _lost(work, driver, processes)
    elif any(result and _is_bad(result) for result in results) and not work.state.get("stop_sent"):
        for process in processes:
            process.stop(OTHERS_GRACE)
        work.state["stop_sent"] = time.time()
        work.save(update_fields=["state"])


def _mirror(work: Work, driver: Driver, number: int, process: launch.Process, events: list[dict]) -> None:
    """Have the driver take over what has changed in the folders that are kept in step."""
    synced = [event["name"] for event in events if event["event"] == "synced"]
    read = work.state.setdefault("read", [{} for _ in workspaces(work)])[number]
    if len(synced) <= read.get("synced", 0):
        return
    for name in sorted(set(synced[read.get("synced", 0) :])):
        folder, since = process.directory / "sync" / name, events[0]["t"]
        if mirror := additions.mirror_of(work.record.kind, name):
            mirror(work.record, folder, since)
        else:
            driver.mirror(work.record, name, folder, since)
    read["synced"] = len(synced)
    work.save(update_fields=["state"])


def _write_news(work: Work, driver: Driver, processes: list[launch.Process], journals: list[list[dict]]) -> bool:
    """Write new events and metrics, and how far they are written, in one transaction. True if there is more to write."""
    told = work.state.get("told", [])
    fresh = [event for event in _of_the_job(journals) if event["event"] not in told]
    points, read, more = [], [], False
    for number, (process, before) in enumerate(
        zip(processes, work.state.get("read") or [{} for _ in processes], strict=True)
    ):
        found, offset, left = _new_points(process.directory / "metrics.jsonl", before.get("metrics", 0))
        for point in found if number else ():
            if point["name"] in USAGE:
                point["name"] += f"@algo-{number + 1}"
        points += found
        read.append({**before, "metrics": offset})
        more = more or left
    if not fresh and not points:
        return False
    shown = [point for point in points if point["name"].partition("@")[0] not in USAGE]
    counted = _count(shown, work.state.get("steps", {}))

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
        work.state = {
            **work.state,
            "told": [*told, *(event["event"] for event in fresh)],
            "read": read,
            "steps": counted,
        }
        work.save(update_fields=["state"])
    return more


def _count(points: list[dict], counted: dict[str, int]) -> dict[str, int]:
    """Number the points whose lines don't say their step, going on from the hosts and attempts before: {name: next step}."""
    following = dict(counted)
    for point in sorted(points, key=lambda point: point["time"]):
        if point["step"] is None:
            point["step"] = following.get(point["name"], 0)
            following[point["name"]] = point["step"] + 1
    return following


def _of_the_job(journals: list[list[dict]]) -> list[dict]:
    """What has happened to the job as a whole, in order: each event once, at the time that it became true of the job."""
    found = []
    kinds = {event["event"] for events in journals for event in events} - {"synced"}
    for kind in kinds:
        firsts = [next((event for event in events if event["event"] == kind), None) for events in journals]
        when = sorted((event for event in firsts if event), key=lambda event: event["t"])
        if kind in AT_ONCE:
            found.append(when[0])
        elif len(when) == len(journals):
            found.append(when[-1])
    return sorted(found, key=lambda event: event["t"])


def _new_points(path: Path, offset: int) -> tuple[list[dict], int, bool]:
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            block = file.read(METRICS_BLOCK)
    except FileNotFoundError:
        return [], offset, False
    whole = block[: block.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], offset + len(whole), len(block) == METRICS_BLOCK


def _is_bad(result: dict) -> bool:
    return result["reason"] not in ("exited", "stopped", "max_runtime") or bool(
        result["reason"] == "exited" and result["code"]
    )


def _of_all(results: list[dict]) -> dict:
    """The result that decides about the job: that of the host that failed first, else of the first host."""
    bad = sorted((result for result in results if _is_bad(result)), key=lambda result: result["ended"])
    return bad[0] if bad else results[0]


def _finish(work: Work, driver: Driver, processes: list[launch.Process], results: list[dict]) -> None:
    result = _of_all(results)
    if interrupting.is_over(work, result):
        _start_elsewhere(work, driver)
        return
    try:
        driver.keep(work.record, [process.directory / "out" for process in processes], result)
    except Unfinished:
        poke(settings.RUN_DIR)
        return
    except JobFailed as failure:
        reason = str(failure)
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))
        return
    except (OperationalError, InterfaceError):
        raise  # the database is away: the outputs are stored again once it is back
    except Exception as error:
        log.exception("The outputs of %s could not be stored", work.record)
        reason = f"InternalServerError: The outputs could not be stored ({type(error).__name__}: {error})."
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))
        return
    if work.state.get("given_up") and result["reason"] == "stopped":
        _end(work, driver, lambda document: driver.give_up(document, time.time()))
        return
    _end(work, driver, lambda document: driver.finish(document, result))


def _lost(work: Work, driver: Driver, processes: list[launch.Process]) -> None:
    """A shim is gone and left no result: it was killed, by us when the Studio was shut down, or by something else."""
    shut_down = any((process.directory / SHUT_DOWN).exists() for process in processes)
    document = work.record.document
    if work.stop_asked:
        _end(work, driver, lambda document: driver.stop(document, time.time()))
    elif shut_down or work.attempt - work.state.get("interruptions", 0) <= driver.retries(document):
        why = "The Studio was shut down" if shut_down else "The machine ended the job's process"
        where = "its last checkpoint" if driver.resumes(document) else "the beginning"
        _restart(work, driver, f"{why}; the job starts again from {where}.")
    else:
        for process in processes:
            if process.result() is None:
                log.error("%s was lost; its shim said: %s", work.record, _last_words(process.directory))
        reason = "InternalServerError: The process that ran this job was killed from outside before it could end."
        _end(work, driver, lambda document: driver.fail(document, time.time(), reason))


def _last_words(directory: Path) -> str:
    try:
        return (directory / "shim.log").read_text(errors="replace")[-2000:] or "nothing"
    except OSError:
        return "nothing"


def _start_elsewhere(work: Work, driver: Driver) -> None:
    """An interrupted job goes back to the queue until there is capacity again."""
    now = time.time()
    following = interrupting.next_state(work, driver, now)
    _requeue(work, driver, lambda document: driver.wait_for_capacity(document, now, following["not_before"]), following)


def _restart(work: Work, driver: Driver, message: str) -> None:
    _requeue(work, driver, lambda document: driver.restart(document, time.time(), message), {})


def _requeue(work: Work, driver: Driver, edit, following: dict) -> None:
    """Make a further attempt of a job; ``following`` goes into its state."""
    old = workspaces(work)
    if pool := work.state.get("pool"):
        pools.put_aside(old, work_folder() / pool)
    with transaction.atomic():
        store.change(work.record_id, edit, driver.resource)
        if not driver.resumes(work.record.document):
            metrics.forget(work.record_id)
        _forget_key(work)
        work.phase, work.workspace, work.claim, work.attempt = QUEUED, "", "", work.attempt + 1
        kept = ("logs_since", "nouns", "pool", *interrupting.KEPT)
        if driver.resumes(work.record.document):
            kept += ("steps",)
        work.state = {name: work.state[name] for name in kept if name in work.state} | following
        work.save()
    _empty(old)
    poke(settings.RUN_DIR)


def _end(work: Work, driver: Driver, edit) -> None:
    """Make the record final, then clear up what the job leaves behind."""
    with transaction.atomic():
        store.change(work.record_id, edit, driver.resource)
        Work.objects.filter(id=work.id).update(phase=DONE)
    _clear(work)


def _clear(work: Work) -> None:
    _forget_key(work)
    is_kept = pools.keep(work, driver_for(work.record.kind), workspaces(work), work_folder())
    _remove(work)
    if not is_kept:
        Work.objects.filter(id=work.id).delete()
    poke(settings.RUN_DIR)  # a slot is free


def _remove(work: Work) -> None:
    _empty(workspaces(work))


def _empty(folders: list[Path]) -> None:
    """End what still runs in the workspaces, and remove them."""
    for folder in folders:
        if process := launch.find(folder):
            _let_go(process)
        shutil.rmtree(folder, ignore_errors=True)


def _let_go(process: launch.Process) -> None:
    """A shim that has left its result needs a moment to end; one that doesn't is ended."""
    deadline = time.monotonic() + 1
    while process.alive() and time.monotonic() < deadline:
        time.sleep(0.002)
    process.kill()


def _forget_key(work: Work) -> None:
    if key := work.state.get("key"):
        AccessKey.objects.filter(key_id=key).delete()
