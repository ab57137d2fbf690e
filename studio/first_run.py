"""What a home needs before anybody can sign in. Every step may run again: it adds what is missing and changes nothing."""

import json
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import timezone

from areas.index import modules
from catalog.models import Connection
from catalog.roles import make_builtin
from jobs.models import Run

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/AtelierExecutionRole"


def set_up() -> None:
    credentials = _credentials()
    user = _administrator(credentials)
    connection = _connection()
    call_command(
        "engine_key", key_id=credentials["engine_access_key_id"], secret=credentials["engine_secret_access_key"],
        account=ACCOUNT, user=user.username,
    )  # fmt: skip
    _studio_key(credentials)
    make_builtin()
    _rest_token(user, credentials)
    if credentials.get("connection") != connection.name:  # it is in MLflow's tracking URI
        credentials["connection"] = connection.name
        _write(credentials)
    _seed(connection, user)


def _credentials() -> dict:
    path = Path(settings.CREDENTIALS_FILE)
    if path.exists():
        return json.loads(path.read_text())
    found = {
        "username": "admin",
        "password": os.environ.get("STUDIO_ADMIN_PASSWORD") or secrets.token_urlsafe(12),
        "rest_token": "",
        "engine_access_key_id": "AKIA" + secrets.token_hex(8).upper(),
        "engine_secret_access_key": secrets.token_urlsafe(30),
        "account": ACCOUNT,
        "region": REGION,
        "role_arn": ROLE,
    }
    _write(found)
    return found


def _studio_key(credentials: dict) -> None:
    """The Studio's own key of the first account: it says whom it acts for, and nobody else has it."""
    keys = credentials.setdefault("engine_keys", {})
    if ACCOUNT not in keys:
        keys[ACCOUNT] = ["AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30)]
        _write(credentials)
    key_id, secret = keys[ACCOUNT]
    call_command("engine_key", key_id=key_id, secret=secret, account=ACCOUNT, speaks_for_others=True)


def _write(credentials: dict) -> None:
    path = Path(settings.CREDENTIALS_FILE)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(credentials, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _administrator(credentials: dict):
    users = get_user_model().objects
    user = users.filter(username=credentials["username"]).first()
    if user is None:
        user = users.create_superuser(credentials["username"], password=credentials["password"])
    return user


def _connection() -> Connection:
    connection, _ = Connection.objects.get_or_create(
        backend=Connection.EMBEDDED,
        account=ACCOUNT,
        region=REGION,
        defaults={"name": "workbench", "endpoint_url": settings.ENGINE_URL, "execution_role_arn": ROLE,
                  "is_default": not Connection.objects.filter(is_default=True).exists()},
    )  # fmt: skip
    if connection.endpoint_url != settings.ENGINE_URL:  # the port was changed since
        Connection.objects.filter(backend=Connection.EMBEDDED).update(endpoint_url=settings.ENGINE_URL)
        connection.refresh_from_db()
    return connection


def _rest_token(user, credentials: dict) -> None:
    from studio.rest import tokens

    if not credentials["rest_token"]:
        credentials["rest_token"], _ = tokens.create(user=user, name="first-run")
        _write(credentials)


def _seed(connection: Connection, user) -> None:
    """Ask for the data sets that ship with the Studio, once: what a person deleted doesn't come back."""
    if any(hasattr(module, "seed") for module in modules("runs")) and not connection.runs.filter(kind="Seed").exists():
        # Stored, not queued: Redis isn't up yet, and the reconciler finds what is due.
        plan = [{"call": "datasets.seed", "request": {}}]
        Run.objects.create(
            connection=connection, user=user, kind="Seed", name="datasets", plan=plan, due=timezone.now()
        )
