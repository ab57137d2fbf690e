"""The whole Studio as ``make run`` starts it, on free ports and in a home of its own."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import psutil
import psycopg
from botocore.config import Config

from studio.environment import run_dir
from tests.stage import free_port

ROOT = Path(__file__).resolve().parent.parent.parent


class Database:
    """A database of one Studio's own on the PostgreSQL server of DATABASE_URL, gone on ``drop``."""

    def __init__(self):
        self.server = os.environ["DATABASE_URL"]
        self.name = f"studio_{secrets.token_hex(6)}"
        self.url = urlsplit(self.server)._replace(path=f"/{self.name}").geturl()
        self.execute(f"CREATE DATABASE {self.name}")

    def execute(self, statement: str, *values) -> list[tuple]:
        """Run one statement, connected to the server's other database; the rows it returns."""
        with psycopg.connect(self.server, autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def connections(self) -> int:
        return self.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", self.name)[0][0]

    def close(self) -> None:
        """End every connection and refuse new ones, as a server that restarts does."""
        self.execute(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
        self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", self.name)

    def open(self) -> None:
        self.execute(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")

    def drop(self) -> None:
        self.execute(f"DROP DATABASE {self.name} WITH (FORCE)")


def is_on_postgresql() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


class Studio:
    """``with Studio(home) as studio``: up and answering, on PostgreSQL with a database of its own; ended on leaving."""

    def __init__(self, home: Path, **environment: str):
        self.home = home
        self.ports = {"STUDIO_PORT": str(free_port()), "ENGINE_PORT": str(free_port())}
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STUDIO_", "ENGINE_"))
        }
        clean.pop("DATABASE_URL", None)
        self.environment = clean | self.ports | {"STUDIO_HOME": str(home)} | environment
        self.url = f"http://127.0.0.1:{self.ports['STUDIO_PORT']}"
        self.engine = f"http://127.0.0.1:{self.ports['ENGINE_PORT']}"

    def __enter__(self):
        self.database = None
        if is_on_postgresql() and "DATABASE_URL" not in self.environment:
            self.database = Database()
            self.environment["DATABASE_URL"] = self.database.url
        try:
            self.start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *_):
        self._leave()

    def _leave(self) -> None:
        try:
            self.stop()
        finally:
            if self.database:
                self.database.drop()

    def start(self) -> float:
        """Start and wait for the first page; returns the seconds that it took."""
        started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        for url in (f"{self.url}/sign-in/", f"{self.engine}/_health"):
            while not answers(url):
                assert self.process.poll() is None, self.process.stdout.read()
                assert time.monotonic() - started < 150, f"{url} does not answer"
                time.sleep(0.05)
        self.keys = json.loads((self.home / "credentials.json").read_text())
        return time.monotonic() - started

    def stop(self) -> float:
        """SIGTERM, as Ctrl-C does; returns the seconds until the supervisor was gone."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
        return time.monotonic() - started

    def processes(self) -> list[psutil.Process]:
        """Everything that runs with this home in its environment, or with it or its sockets in its command line."""
        found, places = [], (str(self.home), str(run_dir(self.home)))
        for process in psutil.process_iter():
            try:
                words = " ".join(process.cmdline())
                home = any(place in words for place in places) or process.environ().get("STUDIO_HOME") == str(self.home)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if home and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def kill(self, part: str) -> None:
        """SIGKILL every process whose command line has ``part``: the main one, and so its children's parent."""
        for process in self.processes():
            try:
                if part in " ".join(process.cmdline()):
                    process.kill()
            except psutil.NoSuchProcess:
                continue

    def client(self, service: str):
        return boto3.client(
            service, endpoint_url=self.engine, region_name="us-east-1",
            aws_access_key_id=self.keys["engine_access_key_id"],
            aws_secret_access_key=self.keys["engine_secret_access_key"],
            config=Config(retries={"mode": "standard", "max_attempts": 8}),
        )  # fmt: skip

    def rest(self, method: str, path: str, body: dict | None = None) -> dict:
        """A REST call, tried again while the web server is away."""
        headers = {"Authorization": f"Bearer {self.keys['rest_token']}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        for attempt in range(40):
            request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=20) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error
            except (OSError, ValueError):
                assert attempt < 39, "the web server stays away"
                time.sleep(0.25)
        raise AssertionError


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False
