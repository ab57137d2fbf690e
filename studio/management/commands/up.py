"""Set up what is missing, then become the supervisor of all processes: what ``make run`` runs."""

import errno
import os
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error as DatabaseError

from studio import first_run, supervision


def stop(sentence: str):
    sys.exit(f"Atelier can't start: {sentence}")


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument(
            "--only", action="append", default=[], help="A program to run here; the others run elsewhere."
        )
        parser.add_argument("--set-up-only", action="store_true", help="Prepare the database and the home, and leave.")

    def handle(self, *, only, set_up_only, **_):
        self._check_home()
        if not only:
            self._migrate()
            first_run.set_up()
        if set_up_only:
            return
        self._check_ports(only)
        configuration = supervision.write_configuration(only)
        connection.close()
        supervisor = Path(sys.executable).with_name("supervisord")
        os.execv(supervisor, [str(supervisor), "-c", str(configuration)])  # noqa: S606 (no shell is wanted)

    def _check_home(self):
        for folder in (settings.STUDIO_HOME, settings.RUN_DIR):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                probe = folder / f".probe-{os.getpid()}"
                probe.touch()
                probe.unlink()
            except OSError as error:
                stop(
                    f"STUDIO_HOME {folder} can't be written ({error.strerror}); name a folder of yours with STUDIO_HOME=…."
                )

    def _check_ports(self, only):
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

    def _migrate(self):
        try:
            executor = MigrationExecutor(connection)
            pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except (DatabaseError, OSError) as error:
            stop(f"the database of DATABASE_URL can't be opened: {str(error).strip().splitlines()[0]}")
        if pending:
            self.stdout.write(f"Preparing the database: {len(pending)} migrations.")
            self.stdout.flush()
            call_command("migrate", verbosity=0, interactive=False)
