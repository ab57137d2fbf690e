"""A process that has imported what the built-in images need and forks shims from itself: 10 ms instead of seconds.

Imports no Django and runs no thread. Its standard input is a pipe from the runner: when that ends, it ends. Shims go on.
One request a connection, a JSON line {"directory": path}; the answer is ``started`` once the shim has made itself known.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

PRELOADED = ("numpy", "xgboost", "pyarrow.csv", "pyarrow.parquet")
# XGBoost takes a second and 100 MB to import them, only for its scikit-learn interface.
UNWANTED = ("pandas", "sklearn")


def preload() -> None:
    """Import what the preloaded images run; what isn't installed is left to them to complain of."""
    from engine.runtime import shim  # noqa: F401

    sys.modules.update(dict.fromkeys(UNWANTED))
    for name in PRELOADED:
        with suppress(ImportError):
            import_module(name)
    for name in UNWANTED:
        del sys.modules[name]
    _preload_images()
    gc.collect()
    gc.freeze()  # a collection in a fork would write to every page it shares with us


def _preload_images() -> None:
    from areas.images import images

    for image in images().values():
        if image.preloaded:
            for target in filter(None, (image.train, image.serve)):
                with suppress(ImportError):
                    import_module(target.partition(":")[0])


def serve(path: Path) -> None:
    """Answer requests on the socket ``path`` until standard input ends."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(64)
        while True:
            ready, _, _ = select.select([listener, 0], [], [])
            if 0 in ready and not os.read(0, 64):
                break
            if listener in ready:
                connection, _ = listener.accept()
                with connection:
                    _answer(connection, listener)
    path.unlink(missing_ok=True)


def _answer(connection: socket.socket, listener: socket.socket) -> None:
    connection.settimeout(5)
    try:
        request = json.loads(connection.makefile().readline())
    except (OSError, ValueError):
        return
    if os.fork() == 0:
        listener.close()
        _be_shim(connection, Path(request["directory"]))


def _be_shim(connection: socket.socket, directory: Path) -> None:
    """Never returns."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(directory / "shim.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for handle, stream in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
            os.dup2(handle, stream)
        from engine.runtime import shim

        shim.main(directory, lambda: (connection.sendall(b"started\n"), connection.close()))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # shims are nobody's children
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload()
    serve(Path(sys.argv[1]))
