"""Wait until web and engine answer, then say where the Studio is. Standard library only: it runs beside everything else."""

import json
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen


def main(web: str, engine: str, credentials: str) -> int:
    deadline = time.monotonic() + 60
    for url in (f"{web}/healthz", f"{engine}/_health"):
        while not _answers(url):
            if time.monotonic() > deadline:
                print(
                    f"Atelier: {url} did not answer within 60 s; its log is in the log folder of STUDIO_HOME.",
                    flush=True,
                )
                return 1
            time.sleep(0.1)
    with open(credentials) as file:
        user = json.load(file)["username"]
    address = web.replace("127.0.0.1", "localhost")
    print(
        f"\n  Atelier is ready:  {address}\n  Sign in as {user}; password and keys are in {credentials}\n", flush=True
    )
    return 0


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:  # noqa: S310 (our own address)
            return response.status == 200
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
