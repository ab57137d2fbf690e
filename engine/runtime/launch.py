"""Start, find and end a container. The runner's side: whoever starts one may die, the container goes on.

A container lives in a ``directory`` of its own directly below ``$STUDIO_HOME/work``. ``start`` leaves ``spec.json`` there
and a **shim** (engine/runtime/shim.py) takes over. The spec, all paths of the host absolute, all others below ``/opt/ml``:

    inputs   list of {"kind", "to", …} laid down in order before the start:
             {"kind": "copy" | "extract" | "bind", "source": path, "to": "input/data/train/a.csv"}; ``extract`` unpacks a
             tar below ``to``; ``bind`` shows the file read-only without copying it
             {"kind": "text", "text": str, "to": …}, {"kind": "folder", "to": …}
             {"kind": "fifo", "to": "input/data/train", "files": [path, …], "gzip": bool, "recordio": bool,
              "seed": int | None}: Pipe mode, a FIFO ``<to>_<epoch>`` for each epoch
    run      {"call": "module:function", "preloaded": bool} or {"argv": [str, …]}; "python": the interpreter that stands
             first in PATH and makes the call, if not ours
    env      {str: str}: all that the container sees, beside PATH, HOME, LANG and TMPDIR
    cwd      default "/opt/ml"
    log      path of the log stream's file; log_limit  bytes (64 MB), the rest is read and dropped
    metrics  list of [name, regular expression] searched in each line of output → metrics.jsonl
    trusted  True: the metrics' expressions are our own, so that no search needs a limit of time
    limits   {"memory": bytes, "cpus": int, "max_runtime": seconds, "stop_grace": seconds (120)}; each may be missing
    listen   name of a Unix socket in settings.RUN_DIR that the container inherits listening (``ATELIER_LISTEN_FD``)
    outputs  list of {"from": "model", "to": "model.tar.gz", "compress": bool}: packed into ``directory/out`` at the end,
             only if there are files; without ``compress`` a folder of copies
    sync     list of {"from": folder below /opt/ml, "to": name}: each is mirrored to ``directory/sync/<name>`` while the
             container runs
    profile  {"interval": seconds, "enabled": bool}: system metrics (engine/runtime/profile.py), synced as "profiler"
    failure  file below /opt/ml whose first 1024 characters go into the result
    network  False: no network but loopback
    hostname the container's own name
    hosts    {host name: address}, if it has neighbours, itself among them: what names resolve to
    hide     folders that the container must not see, beside STUDIO_HOME and RUN_DIR

The shim appends to ``journal.jsonl`` lines {"t": epoch seconds, "event": …}: downloading, started, stopping, ended,
packing, done, each once, and synced with the "name" of what changed; and leaves ``result.json`` last, by rename:

    {"reason": "exited" | "stopped" | "max_runtime" | "memory" | "refused" (an input or the command can't be had, and
     ``message`` says which) | "error" (a fault of ours), "code": int | None (128 + n: signal n),
     "message": str, "failure": str, "started": s, "ended": s, "outputs": {to: bytes}, "dropped": bytes of log}
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.conf import settings

from engine.runtime import files

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Process:
    """A container that was started in ``directory``; it may have ended since."""

    directory: Path
    pid: int  # of the shim
    created: float

    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
        except psutil.Error:
            return False
        return abs(process.create_time() - self.created) < 0.05 and _runs(process)

    def stop(self, grace: float | None = None) -> None:
        """Ask the container to end (SIGTERM); it is killed after ``grace`` seconds, the spec's own if None."""
        if grace is not None:
            files.write_json(self.directory / "stop.json", {"grace": grace})
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, 15)

    def kill(self) -> None:
        """End shim and container at once, without a result. Returns when no process of theirs is left."""
        if not self.alive():
            return
        with suppress(psutil.Error):
            shim = psutil.Process(self.pid)
            family = [*shim.children(recursive=True), shim]
            for process in reversed(family):  # the shim first, so that it reports nothing
                with suppress(psutil.Error):
                    process.kill()
            deadline = time.monotonic() + 5
            while any(map(_runs, family)) and time.monotonic() < deadline:
                time.sleep(0.005)

    def result(self) -> dict | None:
        """The result (see above); None while it runs, or when the shim vanished without one."""
        return files.read_json(self.directory / "result.json")

    def journal(self) -> list[dict]:
        """Everything that happened so far, oldest first."""
        try:
            lines = (self.directory / "journal.jsonl").read_text().split("\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def start(spec: dict, directory: Path) -> Process:
    """Start the container that ``spec`` (see above) describes in ``directory``, which is made and must be empty.

    Raises RuntimeError if no shim could be started; FileExistsError if one was already started there.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (directory / "shim.json").exists():
        raise FileExistsError(f"{directory} already has a container")
    hidden = [str(settings.STUDIO_HOME), str(settings.RUN_DIR), *spec.get("hide", ())]
    files.write_json(directory / "spec.json", {**spec, "run_dir": str(settings.RUN_DIR), "hide": hidden})
    if not _fork(directory):
        with open(directory / "shim.log", "ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "engine.runtime.shim", str(directory)], start_new_session=True, cwd=ROOT,
                env=clean_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
    deadline = time.monotonic() + 30
    while (process := find(directory)) is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"The shim of {directory.name} did not start.")
        time.sleep(0.002)
    return process


def find(directory: Path) -> Process | None:
    """The container that was started in ``directory``, running or ended; None if none ever was."""
    known = files.read_json(directory / "shim.json")
    return Process(directory, known["pid"], known["created"]) if known else None


def living(folder: Path) -> Iterator[Process]:
    """The containers that run in the folders of ``folder``."""
    for path in folder.glob("*/shim.json"):
        if (process := find(path.parent)) and process.alive():
            yield process


def clean_environment() -> dict[str, str]:
    """What a shim or fork server gets of our environment: nothing that is a secret."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TMPDIR")
    ours = {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}  # read when OpenMP is loaded, so before any fork
    return {name: os.environ[name] for name in kept if name in os.environ} | ours


def _fork(directory: Path) -> bool:
    """Have the fork server start the shim. False if there is no fork server now."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(Path(settings.RUN_DIR) / "forkserver.sock"))
            connection.sendall(json.dumps({"directory": str(directory)}).encode() + b"\n")
            return connection.recv(16) == b"started\n"
        except OSError:
            return False
