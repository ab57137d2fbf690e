"""The runner: one process per home that drives every job and model server by what the database says.

It may be killed at any moment. A kill (SIGKILL) leaves containers running and the next runner goes on with them. An
orderly end (SIGTERM: the Studio is shut down) ends every container at once; their jobs start again with the next runner,
from their last checkpoint if they keep any.
"""

import copy
import fcntl
import logging
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import psutil
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections

from areas import index
from engine import store
from engine.models import Work
from engine.runtime import conducting, interrupting, jobs, launch, pools
from engine.runtime.drivers import driver_for

log = logging.getLogger(__name__)
TICK = 1.0
STEPS = 4  # jobs that are looked at at the same time
SPARE_MEMORY = 512 << 20  # bytes that must be free before one more job starts beside others
TELL_EVERY = 2.0  # seconds between looks at what waiting jobs say
TELL_MOST = 100  # of the waiting, so many are told their place


class Runner:
    def __init__(self):
        self.id = uuid.uuid4().hex
        self.run_dir = Path(settings.RUN_DIR)
        self.pool = ThreadPoolExecutor(STEPS, thread_name_prefix="step")
        self.turn = threading.Lock()  # for the next two
        self.busy: dict[int, object] = {}
        self.again: set[int] = set()
        self.stopping = threading.Event()
        self.stirred = threading.Event()  # for hosting
        self.hosting = threading.Thread(target=self._host, daemon=True)
        self.moved = threading.Event()  # for conducting
        self.conducting = threading.Thread(target=self._conduct, daemon=True)
        self.told = 0.0
        self.forkserver = None

    def run(self) -> None:
        """Drive everything until SIGTERM or SIGINT."""
        for folder in (self.run_dir, jobs.work_folder()):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        lock = self._wait_for_turn()
        if lock is None:
            return
        index.modules("engine")  # who listens to changes, and who drives which job
        with lock, self._open_socket() as mailbox:
            self._start_forkserver()
            self._take_over()
            self.hosting.start()
            self.conducting.start()
            threading.Thread(target=self._sweep, daemon=True).start()
            log.info("The runner is ready: %s jobs at once.", settings.ENGINE_SLOTS)
            with selectors.DefaultSelector() as selector:
                selector.register(mailbox, selectors.EVENT_READ)
                while not self.stopping.is_set():
                    self._guard(self._turn)
                    if selector.select(TICK):
                        with suppress(BlockingIOError):
                            while mailbox.recv(16):
                                pass
                        self.stirred.set()
                        self.moved.set()
            self._shut_down()

    def _guard(self, part) -> None:
        """Run ``part``; a failure is logged and tried again at the next turn."""
        try:
            close_old_connections()
            part()
        except (DatabaseError, InterfaceError) as error:
            log.warning("The database can't be used now: %s", error)
            time.sleep(0.2)
        except Exception:
            log.exception("The runner stumbled and goes on")

    def _turn(self) -> None:
        if self.forkserver.poll() is not None:
            self._start_forkserver()
        waiting = list(
            Work.objects.filter(kind="job", phase=jobs.QUEUED).select_related("record").order_by("id")[: TELL_MOST + 1]
        )
        running = list(Work.objects.filter(kind="job").exclude(phase=jobs.QUEUED).values_list("id", flat=True))
        for number in running:
            self._step(number)
        self._admit(waiting, len(running))
        pools.tick(jobs.work_folder())

    def _admit(self, waiting: list[Work], running: int) -> None:
        """Start what there is room for, in the order of creation; tell the others why they wait."""
        left = []
        for work in waiting:
            if work.stop_asked or driver_for(work.record.kind).gives_up(work.record.document, time.time()):
                self._step(work.id)
            elif interrupting.not_yet(work, time.time()):
                continue
            elif not left and running < settings.ENGINE_SLOTS and (not running or _has_memory()):
                if jobs.claim(work, self.id):
                    running += 1
                    self._step(work.id)
            else:
                left.append(work)
        now = time.monotonic()
        if left and now - self.told >= TELL_EVERY:
            self.told = now
            for place, work in enumerate(left[:TELL_MOST]):
                self._tell(work, running, place)

    def _tell(self, work: Work, running: int, place: int) -> None:
        driver = driver_for(work.record.kind)
        if running < settings.ENGINE_SLOTS:
            free = psutil.virtual_memory().available >> 20
            message = f"Waiting for memory: {free} MB free, {place} ahead."
        else:
            message = f"Waiting for a free slot: {running} of {settings.ENGINE_SLOTS} busy, {place} ahead."
        shown = copy.deepcopy(work.record.document)
        driver.wait(shown, time.time(), message)
        said = [one.get("StatusMessage") for one in work.record.document.get("SecondaryStatusTransitions", ())]
        if shown == work.record.document or said[-1:] == [message]:
            return
        if not Work.objects.filter(id=work.id, phase=jobs.QUEUED).exists():
            return
        store.change(work.record_id, lambda document: driver.wait(document, time.time(), message), driver.resource)

    def _step(self, number: int) -> None:
        """Have a thread bring the job forward: never two at once, and once more if something came up meanwhile."""
        with self.turn:
            if self.stopping.is_set():
                return
            if number in self.busy:
                self.again.add(number)
                return
            self.busy[number] = self.pool.submit(self._work_on, number)

    def _work_on(self, number: int) -> None:
        while True:
            self._guard(lambda: jobs.step(number))
            with self.turn:
                if number not in self.again or self.stopping.is_set():
                    del self.busy[number]
                    return
                self.again.discard(number)

    def _take_over(self) -> None:
        """Make the work of the runner before ours, and clear away what belongs to no job."""
        Work.objects.filter(kind="job", phase=jobs.RUNNING).update(claim=self.id)
        self._clear_strays()

    def _clear_strays(self) -> None:
        folders = set(jobs.work_folder().glob("job-*"))
        known = set(Work.objects.filter(kind="job").values_list("workspace", flat=True))
        for folder in folders:
            if jobs.is_of(folder, known):
                continue
            if process := launch.find(folder):
                process.kill()
            shutil.rmtree(folder, ignore_errors=True)
        pools.clear_strays(jobs.work_folder())

    def _sweep(self) -> None:
        """Now and then, what killed processes left in S3's folder and among the workspaces."""
        while not self.stopping.is_set():
            self._guard(self._clear_strays)
            if find_spec("engine.s3.store"):
                self._guard(import_module("engine.s3.store").sweep)
            self.stopping.wait(600)

    def _host(self) -> None:
        """Keep the model servers up, about every second and when something happens."""
        if find_spec("engine.hosting.supervise") is None:
            return
        tick = import_module("engine.hosting.supervise").tick
        while not self.stopping.is_set():
            self.stirred.clear()
            self._guard(tick)
            self.stirred.wait(TICK)

    def _conduct(self) -> None:
        """Have what starts jobs of its own go on, about every second and when something happens."""
        while not self.stopping.is_set():
            self.moved.clear()
            self._guard(conducting.tick)
            self.moved.wait(TICK)

    def _wait_for_turn(self):
        """The lock of this home's runner, once no other runner has it; None if told to end before."""
        file = open(self.run_dir / "runner.lock", "w")  # noqa: SIM115
        said = False
        while not self.stopping.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return file
            except BlockingIOError:
                if not said:
                    log.info("Another runner drives this home; waiting for it to end.")
                    said = True
                self.stopping.wait(0.2)
        file.close()
        return None

    def _open_socket(self) -> socket.socket:
        path = self.run_dir / "runner.sock"
        path.unlink(missing_ok=True)
        mailbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        mailbox.bind(str(path))
        mailbox.setblocking(False)
        signal.set_wakeup_fd(-1)
        return mailbox

    def _start_forkserver(self) -> None:
        """Start the process that forks shims. Until it is ready, and when it dies, shims are started from scratch."""
        self.forkserver = subprocess.Popen(
            [sys.executable, "-m", "engine.runtime.forkserver", str(self.run_dir / "forkserver.sock")],
            stdin=subprocess.PIPE, env=launch.clean_environment(), cwd=launch.ROOT, start_new_session=True,
        )  # fmt: skip

    def _shut_down(self) -> None:
        """End every container of this home, and remember that it was us."""
        log.info("The runner is shutting down.")
        self.stirred.set()
        self.moved.set()
        with self.turn:
            busy = list(self.busy.values())
        wait(busy, timeout=3)
        self.hosting.join(3)  # it must not start a server once we have counted them
        self.conducting.join(3)
        for process in launch.living(jobs.work_folder()):
            with suppress(OSError):
                (process.directory / jobs.SHUT_DOWN).touch()  # a file, because the database may be away
            process.kill()
        self.forkserver.kill()
        self.forkserver.wait()
        (self.run_dir / "forkserver.sock").unlink(missing_ok=True)
        self.pool.shutdown(wait=False, cancel_futures=True)
        logging.shutdown()
        os._exit(0)  # a thread that waits for a disk must not hold us


def _has_memory() -> bool:
    return psutil.virtual_memory().available > SPARE_MEMORY
