"""A version's rows on this machine: one Parquet file per digest, made again from S3 whenever it is missing."""

import fcntl
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from areas.calls import CallFailed
from areas.datasets import reading, storage
from areas.datasets.errors import DatasetError
from areas.datasets.models import DatasetVersion


def folder() -> Path:
    path = Path(settings.STUDIO_HOME) / "cache" / "datasets"
    path.mkdir(parents=True, exist_ok=True)
    return path


def parquet(version: DatasetVersion) -> Path:
    """The Parquet file with the rows of a version that is ready. Rebuilt from S3 when it is missing.

    Raises DatasetError, and marks the version Corrupt, when S3 no longer holds the bytes of its digest.
    """
    path = folder() / f"{version.digest}.parquet"
    if path.exists():
        return path
    with locked(version.digest):
        if not path.exists():
            with downloaded(version) as sources:
                reading.convert(sources, path)
    return path


@contextmanager
def downloaded(version: DatasetVersion):
    """Yields [(local path, file name)] of the version's files, each checked against its sha256."""
    with tempfile.TemporaryDirectory(dir=folder()) as scratch:
        sources = []
        for position, file in enumerate(version.files):
            local = Path(scratch) / str(position)
            try:
                digest = storage.fetch(version.dataset.connection, file["uri"], local)
            except CallFailed as error:
                if error.status == 404:
                    raise mark_corrupt(version, f"{file['uri']} is gone.") from None
                raise
            if digest != file["sha256"]:
                raise mark_corrupt(version, f"{file['uri']} no longer has the bytes of version {version.number}.")
            sources.append((local, file["path"]))
        yield sources


def mark_corrupt(version: DatasetVersion, message: str) -> DatasetError:
    """Write down that the version's files are not what they were; the error to raise."""
    DatasetVersion.objects.filter(pk=version.pk).update(state=DatasetVersion.CORRUPT, error=message)
    version.state, version.error = DatasetVersion.CORRUPT, message
    return DatasetError(message)


@contextmanager
def locked(digest: str):
    """One process at a time makes the files of a digest."""
    with (folder() / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def measure(version: DatasetVersion) -> None:
    """Read somebody else's objects once: write down the version's files, digest, size and format, and cache its rows.

    Raises DatasetError when they are no table, or the same files as another version of the dataset.
    """
    from areas.datasets.versions import manifest_digest

    connection = version.dataset.connection
    bucket, prefix = storage.split_uri(version.location)
    base = prefix if prefix.endswith("/") or not prefix else prefix.rpartition("/")[0] + "/"
    files, sources = [], []
    with tempfile.TemporaryDirectory(dir=folder()) as scratch:
        for position, found in enumerate(storage.list_objects(connection, version.location)):
            path = found["Key"].removeprefix(base)
            if path.startswith(("_", ".")) or "/_" in path or "/." in path:
                continue  # markers such as _SUCCESS
            local = Path(scratch) / str(position)
            uri = f"s3://{bucket}/{found['Key']}"
            digest = storage.fetch(connection, uri, local)
            files.append({"path": path, "size": local.stat().st_size, "sha256": digest, "uri": uri})
            sources.append((local, path))
        if not files:
            raise DatasetError(f"There is no file at {version.location}.")
        digest = manifest_digest(files)
        if same := version.dataset.versions.filter(digest=digest).exclude(pk=version.pk).first():
            raise DatasetError(f"These are the same files as version {same.number}; no new version is needed.")
        target = folder() / f"{digest}.parquet"
        with locked(digest):
            kind = reading.convert(sources, target).kind
    version.files, version.digest, version.format = files, digest, kind
    version.bytes = sum(file["size"] for file in files)
    version.save(update_fields=["files", "digest", "format", "bytes"])
