"""``manage.py import_mlflow SOURCE``: take over the experiments of an MLflow store."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from areas.experiments.importing.source import CannotRead, open_source
from areas.experiments.importing.take import Take
from areas.experiments.mlflow.errors import MlflowError
from catalog.actor import COMMAND, Actor, acting
from catalog.models import Connection

MOST = 50  # lines of what couldn't be taken


class Command(BaseCommand):
    help = "Take over experiments of MLflow: runs, parameters, tags, whole metric histories, files. Run it again for what is new."

    def add_arguments(self, parser):
        parser.add_argument(
            "source", help="a folder mlruns, a file (sqlite:///mlflow.db), or the URL of a tracking server"
        )
        parser.add_argument("--connection", help="into which connection; the default one if not named")
        parser.add_argument(
            "--experiment", action="append", default=[], help="only the experiment of this name; may be repeated"
        )
        parser.add_argument(
            "--artifacts", type=Path, help="the folder that a server kept its artifacts in, usually mlartifacts"
        )

    def handle(self, source, connection, experiment, artifacts, **_):
        into = self._connection(connection)
        try:
            with acting(Actor(via=COMMAND)):
                taken = Take(open_source(source, artifacts), into, self.stdout.write).everything(experiment)
        except (CannotRead, MlflowError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"Took {taken.experiments} new experiments, {taken.runs} new runs ({taken.runs_there} were here), {taken.points} "
            f"points, {taken.files} files of {taken.bytes} bytes and {taken.models} logged models into {into.name}."
        )
        for line in taken.lost[:MOST]:
            self.stderr.write(f"Not taken: {line}")
        if len(taken.lost) > MOST:
            self.stderr.write(f"Not taken: {len(taken.lost) - MOST} more.")

    def _connection(self, name: str | None) -> Connection:
        rows = Connection.objects.filter(name=name) if name else Connection.objects.filter(is_default=True)
        found = rows.first()
        if found is None:
            raise CommandError(
                f"There is no connection {name}." if name else "There is no default connection: name one."
            )
        if not found.is_embedded:
            raise CommandError(f"{found.name} is an AWS account; runs are taken over into an embedded connection.")
        return found
