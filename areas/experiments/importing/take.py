"""Writing what a store holds into a connection's experiments. Run again, it takes only what is new; killed, it goes on.

A run keeps its MLflow id, which is how it is found again. Each run is made in one transaction, its points follow in batches:
points that are there already are not kept twice (``catalog.metrics.append``).
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from django.db import transaction

from areas.experiments.importing.source import CannotRead, Dataset, Experiment, Model, Run, Source, Taken
from areas.experiments.mlflow import experiments, found, inputs, runs, tags, wire
from areas.experiments.mlflow.artifacts import ROOT, check_path
from areas.experiments.mlflow.asked import Asked
from areas.experiments.mlflow.caller import Caller
from areas.experiments.mlflow.errors import MlflowError
from areas.experiments.mlflow.tables import LoggedModel, ModelMetric, RunDataset, RunModel
from areas.experiments.resource import TRIAL_COMPONENT
from catalog import audit, bin, metrics
from catalog.access import EVERYTHING
from catalog.actor import COMMAND
from catalog.metrics import Point
from catalog.models import Connection, Record
from engine import store
from engine.models import S3Object
from engine.s3 import store as s3

BATCH = 5000  # points of one transaction
PARAM, TAG, KEY = 6000, 8000, 250  # characters
_SECONDS = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class Take:
    """One import. ``say`` is called with a line for people now and then."""

    def __init__(self, source: Source, connection: Connection, say: Callable[[str], None] = lambda line: None):
        self.source, self.connection, self.say = source, connection, say
        self.taken = Taken()
        principal = f"arn:aws:iam::{connection.account}:root"
        self.caller = Caller("", principal, connection, EVERYTHING)
        s3.ensure_bucket(connection.account, connection.region, connection.default_bucket)

    def everything(self, names: Iterable[str] = ()) -> Taken:
        """All experiments, or those of these names. CannotRead if the store has none of a name."""
        wanted, seen = set(names), set()
        for one in self.source.experiments():
            if not wanted or one.name in wanted:
                seen.add(one.name)
                self._experiment(one)
        if lost := sorted(wanted - seen):
            raise CannotRead(f"The store has no experiment called {', '.join(lost)}.")
        self.taken.lost += self.source.told
        return self.taken

    def _asked(self, at: float | None = None) -> Asked:
        """As if a client asked at a moment of the past (milliseconds)."""
        asked = Asked(self.caller, {}, route="import_mlflow")
        asked.context.via = COMMAND
        if at is not None and 0 <= at / 1000 < _SECONDS:
            asked.context.now = at / 1000
        return asked

    def _experiment(self, given: Experiment) -> None:
        asked = self._asked(given.created)
        record = experiments.by_name(asked, given.name)
        before = (self.taken.runs, self.taken.points, self.taken.files)
        if record is None:
            name, tagged = given.name[: experiments.NAME], dict(given.tags)
            record = experiments.make(asked, name, {key[:KEY]: value for key, value in tagged.items() if key})
            self.taken.experiments += 1
        for run in self.source.runs(given):
            try:
                self._run(record, run)
            except (CannotRead, MlflowError) as error:
                self.taken.lost.append(f"run {run.id}: {error}")
        for model in self.source.models(given):
            self._model(record, model)
        if given.is_deleted and not found.is_deleted(record):
            bin.put_experiment(record)
        runs_new, points, files = (now - then for now, then in zip(self._counts(), before, strict=True))
        if runs_new or points or files:
            audit.append(
                "ImportExperiment", record.arn, on=self.connection.name,
                detail={"runs": runs_new, "points": points, "files": files}, actor=asked.context.actor,
            )  # fmt: skip
        self.say(f"{given.name}: {runs_new} new runs, {points} points, {files} files")

    def _counts(self) -> tuple[int, int, int]:
        return self.taken.runs, self.taken.points, self.taken.files

    def _run(self, experiment: Record, given: Run) -> None:
        kinds = (TRIAL_COMPONENT.noun, bin.PREFIX + TRIAL_COMPONENT.noun)
        rows = Record.objects.filter(connection_id=self.connection.id, kind__in=kinds, name=given.id).order_by("-kind")
        record = rows.first()
        if record is not None:
            self.taken.runs_there += 1
            self._bring_up_to_date(record, given)
        else:
            record = self._make(experiment, given)
            self.taken.runs += 1
        self._points(record, given)
        self._files(given.artifacts, f"{experiment.id}/{given.id}/artifacts/", f"run {given.id}")
        if given.is_deleted and not found.is_deleted(record):
            bin.put(record)

    def _make(self, experiment: Record, given: Run) -> Record:
        check_path(given.id)
        asked = self._asked(given.started)
        name = given.name[: runs.NAME] or given.id
        tagged = {key[:KEY]: value[:TAG] for key, value in given.tags.items()}
        if given.user:
            tagged.setdefault(tags.USER, given.user)
        with transaction.atomic():
            if found.is_deleted(experiment):
                raise CannotRead(f"the experiment {wire.experiment_name(experiment)} is in the bin here")
            record = runs.make(asked, experiment, given.id, name, tagged, started=given.started)
            return self._edit(record, given)

    def _edit(self, record: Record, given: Run) -> Record:
        def edit(document: dict) -> None:
            document["Status"] = {"PrimaryStatus": wire.STATUS.get(given.status, "InProgress"), "Message": "Imported."}
            if given.ended is not None:
                document["EndTime"] = given.ended / 1000
            there = document.setdefault("Parameters", {})
            for key, value in given.params.items():
                there.setdefault(key[:KEY], {"StringValue": value[:PARAM]})

        datasets = [_dataset(record, one) for one in given.datasets]
        RunDataset.objects.bulk_create(datasets, ignore_conflicts=True)
        links = [RunModel(run=record, model=model[:64], is_output=True, step=step) for model, step in given.models_made]
        links += [RunModel(run=record, model=model[:64], is_output=False) for model in given.models_read]
        RunModel.objects.bulk_create(links, ignore_conflicts=True)

        def all_of_it(document: dict) -> None:
            edit(document)
            inputs.note(document, datasets)

        return store.change(record.id, all_of_it, TRIAL_COMPONENT)

    def _bring_up_to_date(self, record: Record, given: Run) -> None:
        """Add what a run that is here has got since, and how it ended; what people changed here stays."""
        if found.is_deleted(record):
            return
        there = wire.parameters(record)
        is_new = any(key[:KEY] not in there for key in given.params)
        was = (record.document.get("Status") or {}).get("PrimaryStatus")
        with transaction.atomic():
            if is_new or (was == "InProgress" and wire.STATUS.get(given.status) != was):
                self._edit(record, given)
            known = tags.read([record])[record.id]
            hidden = (tags.RUN_NAME, tags.NOTE)
            tags.write(record, {
                key[:KEY]: value[:TAG] for key, value in given.tags.items() if key[:KEY] not in known and key not in hidden
            })  # fmt: skip

    def _points(self, record: Record, given: Run) -> None:
        there = {name: one.count for (_, name), one in metrics.series_of([record.id]).items()}
        before, batch = sum(there.values()), []
        for key, count in sorted(given.metrics.items()):
            if count is not None and there.get(key[:KEY]) == count:
                continue
            for value, moment, step in self.source.history(given, key):
                batch.append(Point(key[:KEY], value, moment / 1000, step))
                if len(batch) >= BATCH:
                    metrics.append(record, batch)
                    batch = []
        if batch:
            metrics.append(record, batch)
        after = metrics.series_of([record.id]).values()
        self.taken.points += sum(one.count for one in after) - before

    def _files(self, folder: str, below: str, whose: str) -> None:
        """Copy the files that aren't here yet, or have another size."""
        prefix = ROOT + below
        rows = S3Object.objects.filter(bucket__name=self.connection.default_bucket)
        there = dict(s3.in_prefix(rows, prefix).values_list("key", "size"))
        try:
            for file in self.source.files(folder):
                check_path(file.path)
                if there.get(prefix + file.path) != file.size:
                    self._file(folder, file, prefix + file.path)
        except (CannotRead, OSError) as error:
            self.taken.lost.append(f"files of {whose}: {error}")

    def _file(self, folder: str, file, key: str) -> None:
        with self.source.open(folder, file) as path:
            s3.put_file(
                self.connection.account,
                self.connection.region,
                self.connection.default_bucket,
                key,
                Path(path),
                move=False,
            )
        self.taken.files += 1
        self.taken.bytes += file.size

    def _model(self, experiment: Record, given: Model) -> None:
        if found.is_deleted(experiment):
            return
        try:
            check_path(given.id)
        except MlflowError as error:
            self.taken.lost.append(f"logged model {given.id[:64]}: {error}")
            return
        row, is_new = LoggedModel.objects.get_or_create(
            connection=self.connection, model_id=given.id[:64],
            defaults={
                "experiment": experiment, "name": given.name[:500],
                "model_type": given.type[:500], "source_run": given.run[:256], "status": given.status,
                "params": given.params, "tags": given.tags, "created": _when(given.created), "updated": _when(given.updated),
            },
        )  # fmt: skip
        self.taken.models += is_new
        last: dict[tuple, tuple] = {}
        for run, key, dataset, digest, value, moment, step in given.metrics:
            where = (run, key[:KEY], dataset[:500], digest[:36])
            last[where] = max(last.get(where, (step, moment, value)), (step, moment, value), key=lambda one: one[:2])
        rows = [
            ModelMetric(
                model=row, run=run, key=key, dataset=dataset, digest=digest, step=step, time=moment,
                value=None if value != value else value,
            )
            for (run, key, dataset, digest), (step, moment, value) in last.items()
        ]  # fmt: skip
        ModelMetric.objects.bulk_create(rows, ignore_conflicts=True)
        self._files(given.artifacts, f"{experiment.id}/models/{given.id}/artifacts/", f"logged model {given.id}")


def _dataset(record: Record, one: Dataset) -> RunDataset:
    given = [{"key": key, "value": value} for key, value in one.tags.items()]
    return RunDataset(
        run=record, name=one.name[:500], digest=one.digest[:36], source_type=one.source_type[:255], source=one.source,
        schema=one.schema, profile=one.profile, tags=given,
    )  # fmt: skip


def _when(milliseconds: int | None) -> datetime:
    return datetime.fromtimestamp((milliseconds or time.time() * 1000) / 1000, UTC)
