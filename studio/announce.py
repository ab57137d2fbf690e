"""Wait until web and engine answer, then say where the Studio is."""

import json
import os
import time
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings

LONGEST = 60.0  # seconds


def main(supervisor: int) -> None:
    """Print the address, or that something doesn't answer. Ends silently when the process ``supervisor`` is gone."""
    web, engine = f"http://127.0.0.1:{settings.STUDIO_PORT}", f"http://127.0.0.1:{settings.ENGINE_PORT}"
    deadline = time.monotonic() + LONGEST
    try:
        for url in (f"{web}/healthz", f"{engine}/_health"):
            while not _answers(url):
                os.kill(supervisor, 0)
                if time.monotonic() > deadline:
                    logs = settings.STUDIO_HOME / "log"
                    print(f"Atelier: {url} did not answer within {LONGEST:.0f} s; the logs are in {logs}.", flush=True)
                    return
                time.sleep(0.1)
    except (ProcessLookupError, KeyboardInterrupt):
        return
    user = json.loads(settings.CREDENTIALS_FILE.read_text())["username"]
    address = web.replace("127.0.0.1", "localhost")
    print(
        f"\n  Atelier is ready:  {address}\n  Sign in as {user}; password and keys are in {settings.CREDENTIALS_FILE}\n",
        flush=True,
    )


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:  # noqa: S310 (our own address)
            return response.status == 200
    except (URLError, OSError):
        return False
