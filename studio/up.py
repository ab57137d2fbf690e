"""What ``make run`` runs: set up what is missing, then become the supervisor of all processes.

Runs without Django when there is nothing to set up, because loading it is most of the wait for the first page.
"""

import argparse
import errno
import hashlib
import json
import os
import socket
import sys
from contextlib import closing
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")

from django.conf import settings

from studio import announce, supervision


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="manage.py up", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", default=[], help="a program to run here; the others run elsewhere")
    parser.add_argument("--set-up-only", action="store_true", help="prepare the database and the home, and leave")
    options = parser.parse_args(arguments)
    _check_home()
    if not options.only and not _is_set_up():
        _set_up()
    if options.set_up_only:
        return
    _check_ports(options.only)
    configuration = supervision.write_configuration(options.only)
    if not options.only:
        _announce()
    command = [sys.executable, "-m", "studio.supervisor", "-c", str(configuration)]
    os.execv(sys.executable, command)  # noqa: S606 (no shell is wanted)


def _announce() -> None:
    """Leave a process that says when the Studio is ready. It is nobody's child, so that the supervisor needn't know it, and
    shares our standard output, so that the two don't write over each other."""
    supervisor = os.getpid()
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            announce.main(supervisor)
        os._exit(0)
    os.waitpid(child, 0)


def stop(sentence: str):
    sys.exit(f"Atelier can't start: {sentence}")


def _check_home() -> None:
    for folder in (settings.STUDIO_HOME, settings.RUN_DIR):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            probe = folder / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            reason = f"STUDIO_HOME {folder} can't be written ({error.strerror})"
            stop(f"{reason}; name a folder of yours with STUDIO_HOME=….")


def _check_ports(only: list[str]) -> None:
    used = (("web", "STUDIO_PORT", settings.STUDIO_PORT), ("engine", "ENGINE_PORT", settings.ENGINE_PORT))
    for program, name, port in used:
        if only and program not in only:
            continue
        try:
            with socket.socket() as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((settings.STUDIO_BIND, port))
        except (OSError, OverflowError) as error:
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            reason = "is taken by another process" if taken else f"can't be used ({error})"
            stop(f"port {port} {reason}; choose another with {name}=….")


def _stamp() -> Path:
    return settings.STUDIO_HOME / "set-up.json"


def _fingerprint() -> str:
    """Of all that the set-up depends on: our migrations, the pinned libraries, the database and the addresses."""
    base = settings.BASE_DIR
    migrations = sorted(str(path.relative_to(base)) for path in base.glob("*/migrations/*.py"))
    migrations += sorted(str(path.relative_to(base)) for path in base.glob("areas/*/migrations/*.py"))
    pinned = (base / "constraints.txt").read_text() + (base / "studio" / "first_run.py").read_text()
    facts = [migrations, pinned, os.environ.get("DATABASE_URL", ""), settings.ENGINE_URL]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _is_set_up() -> bool:
    """Whether this very code has set up this very database before, and the database still says so."""
    try:
        known = json.loads(_stamp().read_text())["fingerprint"] == _fingerprint()
    except (OSError, ValueError, KeyError):
        return False
    return known and settings.CREDENTIALS_FILE.exists() and _database_answers()


def _database_answers() -> bool:
    database = settings.DATABASES["default"]
    try:
        if database["ENGINE"].endswith("sqlite3"):
            import sqlite3

            opened = sqlite3.connect(f"file:{database['NAME']}?mode=ro", uri=True)
        else:
            import psycopg

            names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
            given = {name: database[key] for name, key in names.items() if database[key]}
            opened = psycopg.connect(connect_timeout=5, **given)
        with closing(opened):
            return opened.execute("SELECT count(*) FROM django_migrations").fetchone()[0] > 0
    except Exception:  # whatever is wrong, the set-up says it in a sentence
        return False


def _set_up() -> None:
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import Error as DatabaseError

    django.setup()
    from studio import first_run

    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, OSError) as error:
        stop(f"the database of DATABASE_URL can't be opened: {str(error).strip().splitlines()[0]}")
    if pending:
        print(f"Preparing the database: {len(pending)} migrations.", flush=True)
        call_command("migrate", verbosity=0, interactive=False)
    first_run.set_up()
    connection.close()
    _stamp().write_text(json.dumps({"fingerprint": _fingerprint()}))
