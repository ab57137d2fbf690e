"""What the environment says, turned into settings. Imports nothing of Django's, so that a bad value can be told in a sentence."""

import hashlib
import ipaddress
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

SQLITE_START = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000; "
    "PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY;"
)

# Requests are many and short: starting parallel workers or compiling a plan costs more than it saves.
POSTGRESQL_START = "-c max_parallel_workers_per_gather=0 -c jit=off"


class BadEnvironment(SystemExit):
    """A setting that can't be used. Its text is one sentence; leaving a process with it prints just that."""


def database_from_url(url: str | None, home: Path) -> dict:
    """Django's DATABASES entry for a DATABASE_URL: empty (SQLite in the home), ``sqlite:///path`` or ``postgres://…``."""
    if not url:
        return _sqlite(home / "studio.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and parts.path.strip("/"):
        return _sqlite(Path(parts.path[1:] if parts.path.startswith("//") else parts.path))
    if parts.scheme in ("postgres", "postgresql") and parts.path.strip("/"):
        try:
            port = parts.port
        except ValueError:
            raise BadEnvironment(
                f"DATABASE_URL has a port that is no number: {parts.netloc.rpartition('@')[2]}"
            ) from None
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"options": POSTGRESQL_START},
        }
    raise BadEnvironment(
        f"DATABASE_URL must look like postgres://user:password@host:5432/name or sqlite:////path/to/file, "
        f"not {parts.scheme or url!r}."
    )


def number(name: str, default: int) -> int:
    """A whole number above 0 from the environment."""
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise BadEnvironment(f"{name} must be a whole number above 0, not {text!r}.")
    return int(text)


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Networks from the environment, as CIDRs with commas between them."""
    found = []
    for text in filter(None, (word.strip() for word in os.environ.get(name, "").split(","))):
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError as error:
            raise BadEnvironment(f"{name} must be networks such as 10.1.0.0/16,127.0.0.0/8: {error}.") from None
    return found


def email_from_url(url: str) -> dict:
    """Django's settings for a STUDIO_EMAIL_URL: empty, ``smtp://user:password@host:587`` (STARTTLS where there is a login, or
    ``?tls=on``; ``?tls=off`` never) or ``smtps://…`` (TLS from the start)."""
    if not url:
        return {}
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1:
        raise BadEnvironment(
            "STUDIO_EMAIL_URL must look like smtp://user:password@host:587 or smtps://user:password@host."
        )
    wish = parse_qs(parts.query).get("tls", [""])[0]
    if wish not in ("", "on", "off"):
        raise BadEnvironment(f"STUDIO_EMAIL_URL may end in ?tls=on or ?tls=off, not ?tls={wish}.")
    starts_tls = parts.scheme == "smtp" and (wish == "on" or (bool(parts.username) and wish != "off"))
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": unquote(parts.hostname),
        "EMAIL_PORT": port or {"smtps": 465, "smtp": 587 if starts_tls else 25}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": starts_tls,
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }


def _sqlite(path: Path) -> dict:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": SQLITE_START},
        # Tests run servers in threads: they need a file, an in-memory database has one connection.
        "TEST": {"NAME": str(path.with_name("test.sqlite3"))},
    }


def secret_key(home: Path) -> str:
    """Django's secret key: STUDIO_SECRET_KEY, else one made once and kept in the home with mode 0600."""
    if key := os.environ.get("STUDIO_SECRET_KEY"):
        return key
    path = home / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise BadEnvironment(f"STUDIO_HOME {home} can't be read: {error.strerror}.") from None
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise BadEnvironment(f"STUDIO_HOME {home} can't be written: {error.strerror}.") from None
    with os.fdopen(handle, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key


def run_dir(home: Path) -> Path:
    """Where sockets live: ``<home>/run``, or a short private folder, because a Unix socket's path ends at 107 bytes."""
    if len(str(home)) <= 60:
        return home / "run"
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"atelier-{os.getuid()}-{digest}"
