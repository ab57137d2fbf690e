"""The shim: one process per container that carries it from its inputs to its outputs. Imports no Django.

It belongs to nobody: runner and engine may die and come back. SIGTERM asks it to stop its container; when it is killed
the container dies with it. What it reads, writes and journals is described in engine/runtime/launch.py.
"""

import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path

import psutil

from engine.runtime import container, files, inputs, sandbox
from engine.runtime.mirror import Mirror
from engine.runtime.output import LIMIT, Metrics, Output, append
from engine.runtime.profile import Sampler
from engine.runtime.usage import Usage
from engine.runtime.wake import poke

GRACE = 120.0  # seconds between SIGTERM and SIGKILL
TICK = 0.5
MIRROR_EVERY = 2.0
FAILURE = 1024  # characters of the failure file


class Shim:
    def __init__(self, directory: Path):
        self.directory = directory
        self.ml = directory / "ml"
        self.spec = files.read_json(directory / "spec.json")
        self.limits = self.spec.get("limits", {})
        self.reason = ""  # why the container is being ended; empty while nobody wants that
        self.asked = False  # SIGTERM came
        self.message = ""
        self.code: int | None = None
        self.kill_at = float("inf")
        self.started = 0.0
        metrics = Metrics(
            self.spec.get("metrics", []), str(directory / "metrics.jsonl"), trusted=self.spec.get("trusted", False)
        )
        self.points = metrics
        self.output = Output(
            self.spec.get("log", ""), self.spec.get("log_limit", LIMIT), metrics if metrics.definitions else None
        )

    def carry(self) -> None:
        """All of it. The result is written whatever happens."""
        packed: dict[str, int] = {}
        try:
            self._prepare()
            if self.asked:
                self.reason = "stopped"
            else:
                self._run()
            packed = self._pack()
        except ValueError as error:
            self.reason, self.message = "refused", str(error)
        except Exception as error:
            traceback.print_exc()
            self.reason, self.message = "error", f"{type(error).__name__}: {error}"
        self.output.close()
        ended = time.time()
        result = {
            "reason": self.reason or "exited", "code": self.code, "message": self.message, "failure": self._failure(),
            "started": self.started or None, "ended": ended, "outputs": packed, "dropped": self.output.dropped,
        }  # fmt: skip
        files.write_json(self.directory / "result.json", result)
        self.tell("done")

    def tell(self, event: str, **more) -> None:
        line = json.dumps({"t": time.time(), "event": event, **more})
        append(str(self.directory / "journal.jsonl"), line.encode() + b"\n")
        poke(self.spec["run_dir"])

    def ask_stop(self, *_) -> None:
        self.asked = True

    def _prepare(self) -> None:
        self.tell("downloading")
        for folder in (self.ml, self.directory / "tmp", self.directory / "out"):
            folder.mkdir(exist_ok=True)
        (self.directory / "tmp").chmod(0o1777)
        if name := self.spec.get("hostname"):
            hosts = self.spec.get("hosts") or {name: "127.0.0.1"}
            lines = ["127.0.0.1 localhost", "::1 localhost", *(f"{address} {host}" for host, address in hosts.items())]
            (self.directory / "hosts").write_text("\n".join(lines) + "\n")
        inputs.lay_down(self.spec.get("inputs", []), self.ml, lambda: self.asked)

    def _run(self) -> None:
        wakeup, waking = socket.socketpair()
        for end in (wakeup, waking):
            end.setblocking(False)
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        listener = self._listen()
        self.box = container.launch(self.spec, self.directory, listener.fileno() if listener else None)
        if self.box.error:
            raise ValueError(self.box.error)
        self.started = time.time()
        self.tell("started", pid=self.box.init)
        if self.box.plain:
            self._warn()
        inputs.feed_pipes(self.spec.get("inputs", []), self.ml)
        stop_mirror, stop_profile = self._mirror(), self._profile()
        try:
            self._watch(wakeup)
        finally:
            self._end_stragglers()
            stop_mirror()
            stop_profile()
            if listener:
                with suppress(OSError):
                    os.unlink(listener.getsockname())
        if not self.reason:
            self.reason = "exited"
        self.tell("ended", code=self.code, reason=self.reason)

    def _listen(self) -> socket.socket | None:
        name = self.spec.get("listen")
        if not name:
            return None
        listener = socket.socket(socket.AF_UNIX)
        path = files.below(Path(self.spec["run_dir"]), name)
        with suppress(FileNotFoundError):
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(512)
        return listener

    def _warn(self) -> None:
        self.output.say(
            f"WARNING: this machine allows no namespaces ({self.box.plain}): /opt/ml is {self.ml} in this job, and its "
            f"files are not kept apart from others of the same user. Read SM_* variables instead of fixed paths."
        )

    def _mirror(self):
        """Start mirroring the folders of ``sync``; returns the function that does the last round."""
        mirrors = {
            item["to"]: Mirror(self.ml, item["from"], self.directory / "sync" / item["to"])
            for item in self.spec.get("sync", ())
        }
        if not mirrors:
            return lambda: None
        over = threading.Event()

        def update(final: bool):
            for name, mirror in mirrors.items():
                if mirror.update(final=final):
                    self.tell("synced", name=name)

        def go_on():
            while not over.wait(MIRROR_EVERY):
                update(final=False)

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()

        def finish():
            over.set()
            thread.join()
            update(final=True)

        return finish

    def _profile(self):
        """Start sampling the machine; returns the function that ends it."""
        if profile := self.spec.get("profile"):
            host = self.spec.get("hostname") or "algo-1"
            return Sampler(self.directory, profile, host, lambda: self.tell("synced", name="profiler")).finish
        return lambda: None

    def _watch(self, wakeup: socket.socket) -> None:
        """Read what the container prints until it has ended, and end it when it is to stop or passes a limit."""
        usage = Usage(self.box.init, self.limits.get("memory", 0))
        deadline = time.monotonic() + (self.limits.get("max_runtime") or float("inf"))
        os.set_blocking(self.box.output, False)
        look = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(wakeup, selectors.EVENT_READ)
            selector.register(self.box.output, selectors.EVENT_READ)
            while self.code is None:
                ready = {key.fileobj for key, _ in selector.select(TICK)}
                if wakeup in ready:
                    wakeup.recv(4096)
                    self._reap()
                if self.box.output in ready and not self._read():
                    selector.unregister(self.box.output)
                now = time.monotonic()
                if self.asked and not self.reason:
                    self._stop("stopped", "")
                if now >= deadline and not self.reason:
                    self._stop("max_runtime", "")
                if now >= self.kill_at:
                    self.box.signal(signal.SIGKILL)
                if now >= look:
                    look = now + TICK
                    self._check_memory(usage)
        self._drain()

    def _check_memory(self, usage: Usage) -> None:
        used, limit = usage.memory(), self.limits.get("memory")
        self.points.write(usage.take())
        if limit and used > limit and self.reason != "memory":
            self.reason = "memory"
            self.message = (
                f"The container used {used / 2**30:.1f} GB of its {limit / 2**30:.1f} GB of memory and was ended."
            )
            self.output.say(self.message)
            self.box.signal(signal.SIGKILL)

    def _stop(self, reason: str, message: str) -> None:
        asked = files.read_json(self.directory / "stop.json") or {}
        grace = asked.get("grace", self.limits.get("stop_grace", GRACE))
        self.reason, self.message, self.kill_at = reason, message, time.monotonic() + grace
        self.tell("stopping", reason=reason)
        self.box.signal(signal.SIGTERM)

    def _reap(self) -> None:
        """Take the container's exit code, and whatever orphans came to us."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.box.pid:
                    code = os.waitstatus_to_exitcode(status)
                    self.code = code if code >= 0 else 128 - code

    def _read(self) -> bool:
        try:
            block = os.read(self.box.output, 1 << 18)
        except BlockingIOError:
            return True
        if block:
            self.output.feed(block)
        return bool(block)

    def _drain(self) -> None:
        """What lies in the pipe yet. Without namespaces, stragglers may hold it open: they end first."""
        self._end_stragglers()
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            try:
                block = os.read(self.box.output, 1 << 18)
            except BlockingIOError:
                time.sleep(0.01)
                continue
            if not block:
                return
            self.output.feed(block)

    def _end_stragglers(self) -> None:
        """Kill every process of the container that outlived it. In a namespace the kernel has done it."""
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                child.kill()
        self._reap()

    def _pack(self) -> dict[str, int]:
        """Pack the outputs; the bytes of each that has any."""
        wanted = self.spec.get("outputs", [])
        if wanted:
            self.tell("packing")
        packed = {}
        for output in wanted:
            target = files.below(self.directory / "out", output["to"])
            if not output.get("compress", True):
                if files.copy_tree(self.ml, output["from"], target):
                    packed[output["to"]] = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
            elif files.pack(self.ml, output["from"], target):
                packed[output["to"]] = target.stat().st_size
        return packed

    def _failure(self) -> str:
        name = self.spec.get("failure")
        if not name:
            return ""
        try:
            with os.fdopen(files.open_below(self.ml, name), "rb") as file:
                return file.read(FAILURE * 4).decode("utf-8", "replace")[:FAILURE]
        except OSError:
            return ""


def main(directory: Path, announce=lambda: None) -> None:
    """Be the shim of ``directory``, unless it has one. ``announce`` is called once it can be found."""
    try:
        handle = os.open(directory / "shim.json.lock", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    os.close(handle)
    shim = None
    sandbox.adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(1) if shim is None else shim.ask_stop())
    files.write_json(directory / "shim.json", {"pid": os.getpid(), "created": psutil.Process().create_time()})
    announce()
    shim = Shim(directory)
    shim.asked = bool(asked)
    shim.carry()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
