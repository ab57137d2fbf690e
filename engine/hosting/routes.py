"""Who answers for which endpoint: the file that the runner writes and the data plane routes by."""

import os
from pathlib import Path

import orjson
from django.conf import settings


def path() -> Path:
    return Path(settings.STUDIO_HOME) / "hosting" / "routes.json"


def key(account: str, region: str, endpoint: str) -> str:
    return f"{account}/{region}/{endpoint}"


def write(endpoints: dict[str, dict]) -> bool:
    """Replace the routes by atomic rename if they differ; True if they did.

    ``endpoints``: by ``key()``, ``{"record": id, "fleets": [{"share": 0-1, "number", "config", "variants": [{"name",
    "weight", "routing", "instances": [{"id", "socket", "lease"}]}]}]}``; sockets and leases are paths of files.
    """
    file = path()
    data = orjson.dumps({"endpoints": endpoints}, option=orjson.OPT_SORT_KEYS)
    try:
        if file.read_bytes() == data:
            return False
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".draft")
    draft.write_bytes(data)
    draft.replace(file)
    return True


def read() -> dict[str, dict]:
    try:
        return orjson.loads(path().read_bytes())["endpoints"]
    except FileNotFoundError:
        return {}


def stamp() -> tuple:
    """Changes whenever the file does."""
    try:
        found = os.stat(path())
    except FileNotFoundError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size
