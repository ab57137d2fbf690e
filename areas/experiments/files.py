"""The files of a run: the places in S3 where they lie. An address that isn't below a place of the run is refused."""

from collections.abc import Iterator
from dataclasses import dataclass

from areas.experiments.mlflow.tables import LoggedModel
from catalog.models import Record
from catalog.runs import RunRow

SDK_PREFIX = "trial-component-artifacts"  # sagemaker.experiments' own word


@dataclass(frozen=True)
class Place:
    """Where files of a run lie. A folder's ``uri`` ends with a slash; ``side`` is input, output, folder (its own files) or
    model (one that an MLflow client logged)."""

    label: str
    uri: str
    side: str
    media_type: str = ""

    @property
    def is_folder(self) -> bool:
        return self.uri.endswith("/")


def places(run: Record) -> list[Place]:
    """The run's own folders, then its output and input artifacts that lie in S3, each address once."""
    found = {place.uri: place for place in (*_artifacts(run, "Output"), *_artifacts(run, "Input"))}
    folders = {uri: Place(label, uri, "folder") for label, uri in _folders(run, found)}
    folders |= {one.uri: one for one in _models(run)}
    return [*folders.values(), *(place for uri, place in found.items() if uri not in folders)]


def _folders(run: Record, artifacts: dict[str, Place]) -> Iterator[tuple[str, str]]:
    bucket = run.connection.default_bucket
    yield "Logged files", f"s3://{bucket}/{SDK_PREFIX}/{run.name}/"
    row = RunRow.objects.filter(record=run).first()
    if row and row.experiment:
        yield "MLflow artifacts", f"s3://{bucket}/mlflow/{row.experiment}/{run.name}/artifacts/"
    for uri in artifacts:  # a bucket or prefix of the writer's own choice
        folder, _, rest = uri.partition(f"/{run.name}/")
        if rest and uri.startswith("s3://"):
            yield "Logged files", f"{folder}/{run.name}/"


def _models(run: Record) -> Iterator[Place]:
    rows = LoggedModel.objects.filter(connection=run.connection, source_run=run.name, deleted__isnull=True)
    for one in rows.order_by("created"):
        folder = f"s3://{run.connection.default_bucket}/mlflow/{one.experiment_id}/models/{one.model_id}/artifacts/"
        yield Place(f"Model {one.name}", folder, "model")


def _artifacts(run: Record, side: str) -> Iterator[Place]:
    for name, one in sorted((run.document.get(f"{side}Artifacts") or {}).items()):
        if str(one.get("Value", "")).startswith("s3://"):
            yield Place(name, one["Value"], side.lower(), one.get("MediaType", ""))


def holds(known: list[Place], uri: str) -> bool:
    """Whether an address is one of the places, or lies below one that is a folder."""
    if any(part in (".", "..") for part in uri.split("/")):
        return False
    return any(uri == one.uri or uri.startswith(one.uri if one.is_folder else f"{one.uri}/") for one in known)
