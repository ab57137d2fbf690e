"""What tests act on: a live engine, and accounts with boto3 clients that are shared, because making one costs 0.1 s."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import boto3
from botocore.config import Config
from django.conf import settings


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Engine:
    """The engine's ASGI application on a free port, served by a thread."""

    def __enter__(self):
        import uvicorn

        from engine.asgi import application

        self.port = free_port()
        self.url = settings.ENGINE_URL = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(application, port=self.port, loop="uvloop", http="httptools", log_level="warning")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 10
        while not self.server.started:
            assert time.monotonic() < deadline, "the engine did not start"
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join(5)


def _give_to_the_studio(key) -> None:
    """Add an account's key to the credentials that areas.calls reads, so that pages and Runs reach the account too."""
    path = Path(settings.CREDENTIALS_FILE)
    credentials = json.loads(path.read_text()) if path.exists() else {}
    credentials.setdefault("engine_keys", {})[key.account] = [key.key_id, key.secret]
    path.write_text(json.dumps(credentials))


class Redis:
    """The embedded Valkey on the socket that the settings name."""

    def __enter__(self):
        import redis

        from studio.supervision import redis_command

        settings.RUN_DIR.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(redis_command(), stdout=subprocess.DEVNULL)
        self.client = redis.Redis.from_url(settings.REDIS_URL)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.client.ping()
                return self
            except redis.exceptions.ConnectionError:
                assert time.monotonic() < deadline, "redis did not start"
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Runner:
    """The engine's runner as a process of its own, on the tests' database and home."""

    running: "Runner | None" = None

    def __init__(self, engine: Engine):
        self.engine = engine
        self.process = None

    def __enter__(self):
        self.start()
        Runner.running = self
        return self

    def __exit__(self, *_):
        Runner.running = None
        self.stop()

    def start(self, **environment: str) -> None:
        """Start it, unless it runs: a second one would outlive every pause of the first."""
        if self.process and self.process.poll() is None:
            return
        env = {**os.environ, "DATABASE_URL": test_database_url(), "ENGINE_URL": self.engine.url, **environment}
        self.log = settings.STUDIO_HOME / "runner.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "engine_runner"], cwd=settings.BASE_DIR, env=env, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """SIGKILL: containers go on."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM: the Studio is shut down, and every container with it."""
        self.process.terminate()
        self.process.wait(10)


def test_database_url() -> str:
    """DATABASE_URL for a process that shall see what the tests see."""
    from django.db import connection

    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    login = f"{quote(found['USER'])}:{quote(found['PASSWORD'])}@" if found["USER"] else ""
    port = f":{found['PORT']}" if found["PORT"] else ""
    return f"postgres://{login}{quote(found['HOST'], safe='')}{port}/{quote(found['NAME'])}"


test_database_url.__test__ = False


class Account:
    """One embedded account in us-east-1 with its own access key."""

    region = "us-east-1"

    def __init__(self, engine: Engine, number: str):
        from catalog.models import AccessKey

        self.engine, self.number = engine, number
        self.role = f"arn:aws:iam::{number}:role/AtelierExecutionRole"
        self.key = AccessKey.objects.create(
            key_id="AKIA" + secrets.token_hex(8).upper(), secret=secrets.token_urlsafe(30), account=number,
            principal=f"arn:aws:iam::{number}:root", speaks_for_others=True,
        )  # fmt: skip
        self._clients = {}
        _give_to_the_studio(self.key)

    def client(self, service: str, region: str | None = None, **config):
        found = (service, region or self.region, tuple(sorted(config.items())))
        if found not in self._clients:
            self._clients[found] = boto3.client(
                service, region_name=found[1], endpoint_url=self.engine.url,
                aws_access_key_id=self.key.key_id, aws_secret_access_key=self.key.secret,
                config=Config(retries={"max_attempts": 1}, **config),
            )  # fmt: skip
        return self._clients[found]

    @cached_property
    def connection(self):
        from engine.store import connection_for

        return connection_for(self.number, self.region)

    @cached_property
    def bucket(self) -> str:
        name = f"test-{self.number}"
        self.client("s3").create_bucket(Bucket=name)
        return name


class Person:
    """Somebody with a role on an account's connection (or with none: an outsider), and an access key of their own."""

    def __init__(self, aws: Account, name: str, role: str = ""):
        from django.contrib.auth import get_user_model

        from catalog.models import AccessKey, Grant, Role
        from catalog.roles import make_builtin

        self.aws, self.name, self.role = aws, f"{name}-{aws.number}", role
        self.user = get_user_model().objects.create_user(self.name)
        if role:
            make_builtin()
            self.grant = Grant.objects.create(
                role=Role.objects.get(name=role), connection_id=aws.connection.id, user=self.user
            )
        self.key = AccessKey.objects.create(
            key_id="AKIA" + secrets.token_hex(8).upper(), secret=secrets.token_urlsafe(30), account=aws.number,
            user=self.name, principal=f"arn:aws:iam::{aws.number}:user/{self.name}",
        )  # fmt: skip

    def client(self, service: str):
        return boto3.client(
            service, region_name=self.aws.region, endpoint_url=self.aws.engine.url,
            aws_access_key_id=self.key.key_id, aws_secret_access_key=self.key.secret,
            config=Config(retries={"max_attempts": 1}),
        )  # fmt: skip

    @cached_property
    def browser(self):
        """A Django test client, signed in, on the account's connection."""
        from django.test import Client

        client = Client(headers={"Atelier-Connection": self.aws.connection.name})
        client.force_login(self.user)
        session = client.session
        session["connection"] = self.aws.connection.name
        session.save()
        return client

    @cached_property
    def rest(self):
        """A Django test client that sends a bearer token and names the account's connection."""
        from django.test import Client

        from studio.rest import tokens

        text, _ = tokens.create(user=self.user, name="test")
        return Client(headers={"Authorization": f"Bearer {text}", "Atelier-Connection": self.aws.connection.name})


class Cast:
    """Who is on the stage of an account: made when first asked for.

    ``ada`` administers, ``alice`` and ``dan`` are data scientists, ``rosa`` and ``remi`` review, ``vera`` views, and
    ``charlie`` has no role: he must be refused everywhere.
    """

    ROLES = {
        "ada": "Admin", "alice": "Data scientist", "dan": "Data scientist", "rosa": "Reviewer", "remi": "Reviewer",
        "vera": "Viewer", "charlie": "",
    }  # fmt: skip

    def __init__(self, aws: Account):
        self.aws = aws

    def __getattr__(self, name: str) -> Person:
        if name not in self.ROLES:
            raise AttributeError(f"Nobody called {name} is in the cast: {', '.join(self.ROLES)}.")
        person = self.__dict__[name] = Person(self.aws, name, self.ROLES[name])
        return person
