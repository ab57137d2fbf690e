"""RQ's workers and its scheduler, forked from one process that has imported what every task needs.

The process only watches: a worker that dies is forked again after a second, and all of them end with it.
"""

import gc
import logging
import os
import signal
import sys
import time

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from jobs.worker import end_with_parent, preload

log = logging.getLogger(__name__)

# What each part does: a queue that it works on, or the scheduler's ticks. "slow" takes minutes: nobody's submit waits behind
# the profile of a large file. "notify" waits for receivers and mail servers of others, in threads of its own.
PARTS = ("default", "slow", "notify", "cron")
PAUSE = 1.0  # seconds before a part that died is forked again


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)}; without any: all of them")

    def handle(self, *_, parts, **__):
        if unknown := sorted(set(parts) - set(PARTS)):
            self.stderr.write(f"There is no part {unknown[0]}; say some of {', '.join(PARTS)}.")
            sys.exit(2)
        preload()
        gc.collect()
        gc.freeze()  # the children share these pages for as long as nobody writes to them
        connections.close_all()
        watch([part for part in parts for _ in range(settings.STUDIO_WORKERS if part == "default" else 1)])


def watch(parts: list[str]) -> None:
    """Keep a process for each part until SIGTERM or SIGINT; then end them and return."""
    running: dict[int, str] = {}
    ending = False

    def end(*_):
        nonlocal ending
        ending = True
        for child in running:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    for part in parts:
        running[fork(part)] = part
    while running:
        try:
            child, status = os.wait()
        except InterruptedError:
            continue
        part = running.pop(child, None)
        if part and not ending:
            log.warning("The %s worker ended with %s and is started again.", part, os.waitstatus_to_exitcode(status))
            time.sleep(PAUSE)
            if not ending:
                running[fork(part)] = part


def fork(part: str) -> int:
    watcher = os.getpid()
    if child := os.fork():
        return child
    code = 1
    try:
        end_with_parent()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if os.getppid() == watcher:
            work(part)
        code = 0
    except BaseException:
        log.exception("The %s worker failed", part)
    finally:
        os._exit(code)


def work(part: str) -> None:
    """Do a part's work until told to end."""
    if part == "cron":
        from django_rq.cron import DjangoCronScheduler

        scheduler = DjangoCronScheduler(logging_level=logging.WARNING)
        scheduler.load_config_from_file("registry.schedule")
        scheduler.start()
        return
    from django_rq.workers import get_worker

    kind = "rq.worker.SimpleWorker" if part == "notify" else "jobs.worker.ForkingWorker"
    get_worker(part, worker_class=kind).work(logging_level="WARNING")
