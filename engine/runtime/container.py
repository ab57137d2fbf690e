"""Start the process of a container and hold on to it: the shim's child and, in namespaces, grandchild and what it runs.

    shim ── outer ── init (process 1 of its namespace) ── the container's process
    shim ── the container's process                        where namespaces aren't allowed

Each dies with its parent, and with init the kernel ends everything that the container left behind.
"""

import json
import os
import resource
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from engine.runtime import inputs, sandbox

ROOT = str(Path(__file__).resolve().parents[2])
LISTEN_FD = 3
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS")
FRESH = (
    "import sys; sys.path[0] = sys.argv.pop(1); module, _, name = sys.argv.pop(1).partition(':'); "
    "from importlib import import_module; sys.exit(getattr(import_module(module), name)())"
)


@dataclass
class Container:
    pid: int  # the shim's child
    init: int  # process 1 of the namespace; the child itself where there is none
    output: int  # what it prints, both streams
    plain: str  # why it has no namespaces; empty if it has
    error: str  # why it could not be started

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.init if number == signal.SIGKILL else self.pid, number)


def launch(spec: dict, directory: Path, listener: int | None) -> Container:
    """Fork the container's process. It inherits its output, the listening socket as descriptor 3, and nothing else."""
    output, printing = os.pipe()
    status, telling = os.pipe()
    shim = os.getpid()
    # Blocked until each process has its handlers: a stop that comes now must not be lost or kill a half-made container.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pid = os.fork()
    if pid == 0:
        try:
            sandbox.die_with_parent(shim)
            _be_child(spec, directory, shim, printing, telling, listener)
        except BaseException as error:
            traceback.print_exc()
            _tell(LISTEN_FD + 1, error=f"The container could not be started ({type(error).__name__}: {error}).")
        finally:
            os._exit(126)
    os.close(printing)
    os.close(telling)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    told = {}
    with os.fdopen(status) as lines:
        for line in lines:
            told.update(json.loads(line))
    return Container(pid, told.get("init", pid), output, told.get("plain", ""), told.get("error", ""))


def _tell(telling: int, **news) -> None:
    os.write(telling, json.dumps(news).encode() + b"\n")


def _be_child(spec: dict, directory: Path, shim: int, printing: int, telling: int, listener: int | None) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    telling = _keep_only(printing, telling, listener)
    try:
        sandbox.isolate(spec.get("network", True))
    except sandbox.Refused as refusal:
        if spec.get("network") is False:
            _tell(telling, error=f"This machine can't keep a container off the network ({refusal}).")
            os._exit(126)
        _tell(telling, plain=str(refusal))
        inputs.copy_bound(spec.get("inputs", []), directory / "ml")
        os.setsid()
        _be_container(spec, directory, telling, {"SAGEMAKER_BASE_DIR": str(directory / "ml")})
    sandbox.die_with_parent(shim)  # again: a user namespace takes it away
    init = os.fork()
    if init == 0:
        sandbox.die_with_parent(0)  # a parent outside the namespace has no number in it
        _be_init(spec, directory, telling)
    _forward(init)
    _tell(telling, init=init)
    _let_go(telling)
    os._exit(_wait_for(init))


def _be_init(spec: dict, directory: Path, telling: int) -> None:
    try:
        _furnish(spec, directory)
        main = os.fork()
        if main == 0:
            _be_container(spec, directory, telling, {})
        _forward(main)
        _let_go(telling)
        os._exit(_wait_for(main))
    except BaseException as error:
        traceback.print_exc()
        _tell(telling, error=f"The sandbox could not be made ({error}).")
        os._exit(126)


def _furnish(spec: dict, directory: Path) -> None:
    binds = [(item["source"], item["to"]) for item in spec.get("inputs", ()) if item["kind"] == "bind"]
    sandbox.furnish(
        directory, binds=binds, hide=spec.get("hide", []), keep=[ROOT, sys.prefix, sys.base_prefix],
        hostname=spec.get("hostname", ""),
    )  # fmt: skip
    if spec.get("network") is False:
        sandbox.raise_loopback()
    sandbox.lose_privileges()


def _be_container(spec: dict, directory: Path, telling: int, more: dict[str, str]) -> None:
    """Become what the container runs. Never returns."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        base = more.get("SAGEMAKER_BASE_DIR", "/opt/ml")
        os.environ.clear()
        os.environ.update(_environment(spec, directory if more else None) | more)
        cwd = spec.get("cwd", "/opt/ml")
        os.chdir(cwd.replace("/opt/ml", base, 1) if more else cwd)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        run = spec["run"]
        if not run.get("preloaded"):
            argv = run.get("argv") or [_python(spec), "-c", FRESH, ROOT, run["call"]]
            if more:
                argv = [part.replace("/opt/ml", base) for part in argv]
            os.set_inheritable(telling, False)
            os.execvp(argv[0], argv)  # noqa: S606
        os.close(telling)
    except OSError as error:
        what = error.filename or spec["run"].get("argv", ["The container"])[0]
        _tell(telling, error=f"{what} could not be started: {error.strerror}.")
        os._exit(126)
    os._exit(_call(run["call"]))


def _call(target: str) -> int:
    """Call ``module:function`` in this fork of the preloaded process as a fresh interpreter would; its exit code."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a client that hangs up must not end a model server
    printing = {"buffering": 1, "encoding": "utf-8", "errors": "replace", "closefd": False}
    sys.stdin, sys.argv = os.fdopen(0, closefd=False), [target]
    sys.stdout, sys.stderr = os.fdopen(1, "w", **printing), os.fdopen(2, "w", **printing)
    try:
        module, _, name = target.partition(":")
        code = getattr(import_module(module), name)()
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return int(code or 0) & 0xFF


def _python(spec: dict) -> str:
    return spec["run"].get("python") or sys.executable


def _environment(spec: dict, plain: Path | None) -> dict[str, str]:
    tmp = str(plain / "tmp") if plain else "/tmp"  # noqa: S108
    python = os.path.dirname(_python(spec))
    inherited = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    given = {"PATH": f"{python}:{inherited}", "HOME": tmp, "TMPDIR": tmp, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    # Threads that spin at a barrier make two jobs on the same CPUs ten times slower, not twice.
    given["OMP_WAIT_POLICY"] = "PASSIVE"
    cpus = str(spec.get("limits", {}).get("cpus") or "")
    if cpus:
        given.update(dict.fromkeys(THREADS, cpus))
    if spec.get("listen"):
        given["ATELIER_LISTEN_FD"] = str(LISTEN_FD)
    return given | spec.get("env", {})


def _keep_only(printing: int, telling: int, listener: int | None) -> int:
    """Leave this process its three streams, the listening socket and the pipe to the shim, whose number is returned."""
    kept = [os.dup(os.open(os.devnull, os.O_RDONLY)), os.dup(printing), os.dup(telling)]
    kept.append(os.dup(listener) if listener is not None else -1)
    high = [os.dup2(handle, 900 + place) for place, handle in enumerate(kept) if handle >= 0]
    os.dup2(high[0], 0)
    os.dup2(high[1], 1)
    os.dup2(high[1], 2)
    os.dup2(high[2], LISTEN_FD + 1)
    if listener is not None:
        os.dup2(high[3], LISTEN_FD)
    else:
        os.dup2(high[0], LISTEN_FD)
        os.close(LISTEN_FD)
    for handle in map(int, os.listdir("/dev/fd")):
        if handle > LISTEN_FD + 1:
            with suppress(OSError):  # the listing's own
                os.close(handle)
    return LISTEN_FD + 1


def _let_go(telling: int) -> None:
    """The container runs: close the shim's pipe, which waits for that, and the listening socket, which is not ours."""
    os.close(telling)
    os.closerange(LISTEN_FD, LISTEN_FD + 1)


def _forward(child: int) -> None:
    def pass_on(number, _):
        with suppress(ProcessLookupError):
            os.kill(child, number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _wait_for(child: int) -> int:
    """Reap everything that ends until ``child`` does; its exit code, 128 + n for signal n."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
