"""How the runner knows that nobody sends to a model server any more: a shared file lock per server.

The data plane holds it from when it reads a route to the server until that route is gone and the last answer is in.
The kernel gives it back when the engine dies. A server may be stopped once the runner gets the lock for itself.
"""

import fcntl
import os
from pathlib import Path


def take(path: str) -> int:
    """Share the lease; the returned descriptor holds it, -1 if the server is gone already."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return -1
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def is_free(path: str | Path) -> bool:
    """Whether nobody holds the lease."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
