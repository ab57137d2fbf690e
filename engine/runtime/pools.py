"""Warm pools: what a job leaves for the next that matches it. The runner keeps them, and ends them when their time is over.

A pool is a Work row of kind "pool" of the job that ended, and a folder ``work/pool-<work id>`` that holds, for each host, what
the container had at ``/opt/ml/sagemaker/warmpoolcache``: the folder that AWS documents as the warm pool's persistent cache.
The next job gets it moved, not copied. The row's ``claim`` is a digest of what a job must be equal in.
"""

import hashlib
import json
import os
import re
import shutil
import time
from pathlib import Path

from django.db import transaction

from catalog.models import Record
from engine import store
from engine.models import Work
from engine.runtime.drivers import Driver, driver_for

KIND, AVAILABLE = "pool", "available"
CACHE = "sagemaker/warmpoolcache"
VARIABLE = "SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"  # AWS's name of where it is


def digest(match: dict) -> str:
    """What a job of a pool must be equal in, as one word."""
    return hashlib.sha256(json.dumps(match, sort_keys=True).encode()).hexdigest()


def take(record: Record, work: Work, match: dict, driver: Driver, now: float) -> bool:
    """Give a new job the oldest pool that matches it, in the transaction that makes the job. False if there is none."""
    pools = Work.objects.select_for_update().filter(
        kind=KIND, phase=AVAILABLE, claim=digest(match), record__connection_id=record.connection_id,
        record__kind=record.kind,
    )  # fmt: skip
    for pool in pools.order_by("id"):
        if pool.state["until"] <= now:
            continue
        store.change(pool.record_id, lambda document: driver.pool_reused(document, record.name, now), driver.resource)
        store.change(record.id, driver.pool_taken, driver.resource)
        work.state = {**work.state, "pool": pool.state["folder"]}
        work.save(update_fields=["state"])
        pool.delete()
        return True
    return False


def inputs(work: Work, root: Path, number: int) -> list[dict]:
    """The launcher's input that gives host ``number`` (from 0) the pool's cache, an empty one where there is none."""
    source = root / (work.state.get("pool") or "none") / str(number)
    return [{"kind": "adopt", "source": str(source), "to": CACHE}]


def keep(work: Work, driver: Driver, workspaces: list[Path], root: Path) -> bool:
    """Make a pool of what an ended job leaves, if it asked for one: its Work row goes on as the pool's. Safe to repeat."""
    record = Record.objects.filter(id=work.record_id).first()
    offer = driver.pool(record.document) if record else None
    if offer is None:
        return False
    match, until = offer
    folder = work.state.get("pool") or f"pool-{work.id}"
    put_aside(workspaces, root / folder)
    with transaction.atomic():
        if store.change(record.id, driver.pool_available, driver.resource) is None:
            return False
        Work.objects.filter(id=work.id).update(
            kind=KIND, phase=AVAILABLE, claim=digest(match), workspace="", state={"folder": folder, "until": until}
        )
    return True


def put_aside(workspaces: list[Path], folder: Path) -> None:
    """Move each host's cache out of its workspace."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, workspace in enumerate(workspaces):
        cache = workspace / "ml" / CACHE
        # The container may have put a link in the place of any folder on the way.
        if cache.is_dir() and not any(path.is_symlink() for path in (cache, cache.parent, workspace / "ml")):
            shutil.rmtree(folder / str(number), ignore_errors=True)
            os.replace(cache, folder / str(number))


def extend(record: Record, until: float) -> bool:
    """Let an available pool end at another time. False if it isn't available."""
    with transaction.atomic():
        work = Work.objects.select_for_update().filter(record=record, kind=KIND, phase=AVAILABLE).first()
        if work is None:
            return False
        work.state = {**work.state, "until": until}
        work.save(update_fields=["state"])
    return True


def is_available(record: Record) -> bool:
    return Work.objects.filter(record=record, kind=KIND).exists()


def tick(root: Path) -> None:
    """End the pools whose time is over. Called by the runner about every second."""
    now = time.time()
    for work in Work.objects.filter(kind=KIND, phase=AVAILABLE).select_related("record"):
        if work.state["until"] <= now:
            end(work, now, root)


def end(work: Work, now: float, root: Path) -> None:
    driver = driver_for(work.record.kind)
    with transaction.atomic():
        if not Work.objects.filter(id=work.id, kind=KIND, phase=AVAILABLE).delete()[0]:
            return
        until = min(now, work.state["until"])
        store.change(work.record_id, lambda document: driver.pool_ended(document, until), driver.resource)
    shutil.rmtree(root / work.state["folder"], ignore_errors=True)


def clear_strays(root: Path) -> None:
    """Remove the folders of pools that nobody has any more."""
    known = {state.get("pool") or state.get("folder") for state in Work.objects.values_list("state", flat=True)}
    for folder in root.glob("pool-*"):
        number = re.fullmatch(r"pool-(\d+)", folder.name)
        own = number and Work.objects.filter(id=int(number[1])).exists()  # put aside, its row is about to say so
        if folder.name not in known and not own:
            shutil.rmtree(folder, ignore_errors=True)
