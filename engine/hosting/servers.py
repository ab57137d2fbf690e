"""One instance of a variant: a model server in a container. The runner starts it, asks its health and ends it.

An instance is a dict in ``Work.state``: ``{"id", "variant", "state", "attempt", "fails"}`` and, as they come up, ``began``
and ``healthy`` (epoch seconds), ``restart`` (when to try again) and ``why`` (it is down). States: new, starting, healthy,
down, stopping. Each attempt has its own folder, socket and lease, so nothing of a dead one is taken for the next.
"""

import http.client
import secrets
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from engine.errors import AwsError
from engine.hosting import containers, leases
from engine.logs import store as logs
from engine.logs.format import parse
from engine.runtime import launch

GRACE = 30  # seconds between SIGTERM and SIGKILL
PING = 2.0  # seconds that one /ping may take
BACKOFF = 30.0  # seconds between two restarts at most
STEADY = 60.0  # seconds of health after which earlier crashes are forgiven
WORDS = 500  # characters of a model server's last words


def new(variant: str) -> dict:
    return {"id": f"i-{secrets.token_hex(9)[:17]}", "variant": variant, "state": "new", "attempt": 0, "fails": 0}


def title(instance: dict) -> str:
    return f"server-{instance['id']}-{instance['attempt']}"


def from_title(title: str) -> dict:
    """The id and attempt in ``title(instance)``."""
    name, _, attempt = title.removeprefix("server-").rpartition("-")
    return {"id": name, "attempt": int(attempt)}


def directory(instance: dict) -> Path:
    return Path(settings.STUDIO_HOME) / "work" / title(instance)


def socket_name(instance: dict) -> str:
    return f"{instance['id']}-{instance['attempt']}.sock"


def socket_path(instance: dict) -> str:
    return str(Path(settings.RUN_DIR) / socket_name(instance))


def lease(instance: dict) -> str:
    return str(Path(settings.STUDIO_HOME) / "hosting" / "leases" / title(instance))


def route(instance: dict) -> dict:
    return {"id": instance["id"], "socket": socket_path(instance), "lease": lease(instance)}


def log_names(endpoint: str, instance: dict) -> tuple[str, str]:
    """The log group and stream of an instance."""
    return f"/aws/sagemaker/Endpoints/{endpoint}", f"{instance['variant']}/{instance['id']}"


def start(account: str, region: str, endpoint: str, variant: dict, instance: dict) -> None:
    """Start the model server of a variant's plan. What is wrong becomes ``why`` and the instance is down."""
    container = variant["container"]
    try:
        image = containers.image_of(container["Image"])
        env = containers.environment(container, region)
        spec = {
            "inputs": containers.inputs(account, container),
            # A script needs an interpreter of its own: the preloaded process has only what the built-in code imports.
            "run": {
                "call": image.serve,
                "preloaded": image.preloaded and not containers.is_scripted(container),
                "python": image.python,
            },
            "env": env,
            "log": str(logs.open_stream(account, region, *log_names(endpoint, instance))),
            "limits": {"stop_grace": GRACE},
            "listen": socket_name(instance),
            "hostname": container.get("ContainerHostname") or "model",
        }
        Path(lease(instance)).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        Path(lease(instance)).touch(mode=0o600)
        launch.start(spec, directory(instance))
    except AwsError as error:
        instance.update(state="down", why=error.message)
    except (OSError, RuntimeError) as error:
        instance.update(state="down", why=f"The model server could not be started: {error}.")


def process(instance: dict) -> launch.Process | None:
    return launch.find(directory(instance))


def ping(path: str) -> bool:
    """Whether the server behind the socket answers ``GET /ping`` with 200."""
    connection = http.client.HTTPConnection("localhost", timeout=PING)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(PING)
    try:
        connection.sock.connect(path)
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def mark_down(instance: dict, why: str, now: float, *, restart: bool) -> None:
    """Note that the server is gone; with ``restart``, when the next attempt is due: 0.2 s, doubled up to 30 s."""
    if now - instance.get("healthy", now) > STEADY:
        instance["fails"] = 0
    instance.update(state="down", why=why)
    if restart:
        instance["restart"] = now + min(0.2 * 2 ** instance["fails"], BACKOFF)
    instance["fails"] += 1


def ended(account: str, region: str, endpoint: str, instance: dict, result: dict | None) -> str:
    """Why a server that ended did so, with its last words."""
    if result is None:
        how = "The model server vanished."
    elif result.get("reason") in ("error", "refused"):
        how = f"The model server could not be started: {result.get('message')}"
    elif result.get("reason") == "memory":
        how = f"The model server was ended: {result.get('message')}"
    else:
        how = f"The model server ended with exit code {result.get('code')}."
    return f"{how}{last_words(account, region, endpoint, instance)}"


def last_words(account: str, region: str, endpoint: str, instance: dict) -> str:
    """``Its last words: …``: the exception, or the last lines, that this attempt left in its log. Empty if nothing."""
    path = logs.open_stream(account, region, *log_names(endpoint, instance))
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65536))
        block = file.read()
    since = instance.get("began", 0) * 1000 - 1
    lines = [line for _, when, text in parse(block) if when >= since for line in text.split("\n") if line.strip()]
    if not lines:
        return ""
    traceback = max((index for index, line in enumerate(lines) if line.startswith("Traceback ")), default=-1)
    said = "\n".join(line.strip() for line in lines[-3:])
    if traceback >= 0:
        after = [line for line in lines[traceback + 1 :] if not line.startswith((" ", "\t"))]
        said = "\n".join(after[:3]) or said
    if said.startswith(("SyntaxError:", "IndentationError:", "TabError:")):
        where = next((line.strip() for line in reversed(lines) if line.strip().startswith('File "')), "")
        said += f" ({where})" if where else ""
    return f" Its last words: {said if len(said) <= WORDS else said[:WORDS] + '…'}"


def note(account: str, region: str, endpoint: str, instance: dict, text: str) -> None:
    """Add a line of the engine's own to the instance's log."""
    logs.append(account, region, *log_names(endpoint, instance), [(int(time.time() * 1000), f"[atelier] {text}")])


def stop(instance: dict) -> None:
    """Ask the server to finish what it has in hand and end."""
    instance["state"] = "stopping"
    if found := process(instance):
        found.stop(GRACE)


def remove(instance: dict) -> None:
    """End the server at once if it runs, and leave nothing of this attempt."""
    if found := process(instance):
        found.kill()
    shutil.rmtree(directory(instance), ignore_errors=True)
    for path in (socket_path(instance), lease(instance)):
        with suppress(FileNotFoundError):
            Path(path).unlink()


def drained(instance: dict) -> bool:
    return leases.is_free(lease(instance))
