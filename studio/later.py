"""Wait until the web answers, or a few seconds, and become another program: the first page comes before what nobody waits
for yet. Standard library only."""

import os
import socket
import sys
import time

LONGEST = 6.0  # seconds


def main(port: str, *command: str) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    os.execv(command[0], command)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])
