"""What workers do for datasets: each function is ``(connection, request) -> dict``, safe to run twice."""

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from areas.calls import CallFailed
from areas.datasets import cache, lineage
from areas.datasets import prepare as preparing
from areas.datasets import profile as profiling
from areas.datasets import splits as splitting
from areas.datasets.errors import DatasetError
from areas.datasets.models import DatasetVersion, Split
from catalog.models import Connection


def _version(connection: Connection, request: dict) -> DatasetVersion:
    found = DatasetVersion.objects.select_related("dataset__connection").filter(
        pk=request["version"], dataset__connection_id=connection.pk
    )
    version = found.first()
    if version is None:
        raise DatasetError("The dataset version was deleted before a worker came to it.")
    return version


def profile(connection: Connection, request: dict) -> dict:
    """Read a version's files, describe them, and make it Ready; or Failed with the reason. ``{"version": id}``"""
    version = _version(connection, request)
    if version.state != DatasetVersion.PROFILING:
        return {"state": version.state}
    try:
        if not version.ours and not version.files:
            cache.measure(version)
        path = cache.parquet(version)
        columns, statistics = profiling.profile(path, version.dataset.label)
    except DatasetError as error:
        _fail(version, error.message)
        raise
    except CallFailed as error:
        if error.status < 500:
            _fail(version, f"{error.code}: {error.message}")
        raise  # what may pass is tried again by the Run
    except (OperationalError, InterfaceError):
        raise  # the database is away: the Run comes back
    except Exception as error:
        _fail(version, f"Reading it crashed: {error}")
        raise
    DatasetVersion.objects.filter(pk=version.pk, state=DatasetVersion.PROFILING).update(
        state=DatasetVersion.READY, columns=columns, statistics=statistics, rows=statistics["rows"],
        profiled=timezone.now(), error="",
    )  # fmt: skip
    version.refresh_from_db()
    lineage.record_version(version)
    return {"state": DatasetVersion.READY, "rows": statistics["rows"], "columns": len(columns)}


def _fail(version: DatasetVersion, message: str) -> None:
    DatasetVersion.objects.filter(pk=version.pk, state=DatasetVersion.PROFILING).update(
        state=DatasetVersion.FAILED, error=message
    )


def verify(connection: Connection, request: dict) -> dict:
    """Compare a version's files in S3 with their digests; Corrupt if they differ. ``{"version": id}``"""
    version = _version(connection, request)
    with cache.downloaded(version):
        return {"state": version.state}


def prepare(connection: Connection, request: dict) -> dict:
    """Write training channels; see ``areas.datasets.prepare``."""
    version = _version(connection, request)
    answer = preparing.write_channels(version, request)
    names = splitting.PARTS[len(request["fractions"])]
    lineage.record_parts(version, {name: f"{request['home']}{name}/" for name in names}, "channel")
    return answer


def split(connection: Connection, request: dict) -> dict:
    """Write the parts of a split. ``{"split": id}``"""
    found = Split.objects.select_related("version__dataset__connection").filter(
        pk=request["split"], version__dataset__connection_id=connection.pk
    )
    wanted = found.first()
    if wanted is None:
        raise DatasetError("The split was deleted before a worker came to it.")
    answer = splitting.write_split(wanted)
    wanted.refresh_from_db()
    lineage.record_parts(wanted.version, {part["name"]: part["uri"] for part in wanted.parts}, "split")
    return answer


def seed(connection: Connection, request: dict) -> dict:
    """Install the datasets that ship with the Studio."""
    from areas.datasets import seeds

    return {"installed": seeds.install(connection)}
