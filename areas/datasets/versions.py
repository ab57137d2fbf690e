"""What one can do with datasets and their versions. ``actor`` is the user who asks; refusals are DatasetError."""

import hashlib
import re
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from areas.calls import CallFailed
from areas.datasets import cache, lineage, reading, storage, usage
from areas.datasets.errors import DatasetError, InUse
from areas.datasets.models import NAME, Dataset, DatasetVersion
from catalog import audit
from catalog.models import Connection
from jobs import runs

RESERVED = ("create", "upload", "point")  # words of our own page addresses
DETAILS = ("title", "description", "label", "licence", "source_url", "citation")
CHECKED_AT_ONCE = 16 * 1024 * 1024  # bytes; larger files are read to their end by a worker
ABANDONED = timedelta(days=1)


def check_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise DatasetError(
            f"{name!r} can't be a dataset's name: use up to 63 letters, digits and single dashes.", field="name"
        )
    if name in RESERVED:
        raise DatasetError(f"{name!r} is a word of the Studio's own addresses; take another name.", field="name")


def manifest_digest(files: list[dict]) -> str:
    """The sha256 over (path, size, sha256) of the files, in order of path."""
    lines = sorted(f"{file['path']}\t{file['size']}\t{file['sha256']}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def add_version(
    *, connection: Connection, name: str, path: Path, filename: str, sha256: str, actor, details: dict | None = None
) -> tuple[DatasetVersion, bool]:
    """Make a version from a local file, put it in S3 and have a worker profile it. (version, whether it is new): the
    same bytes again are the same version. A file that isn't a table leaves nothing."""
    version, new = store_version(
        connection=connection, name=name, path=path, filename=filename, sha256=sha256, actor=actor, details=details
    )
    if new:
        start_profiling(version, actor)
    return version, new


def store_version(
    *, connection: Connection, name: str, path: Path, filename: str, sha256: str, actor, details: dict | None = None
) -> tuple[DatasetVersion, bool]:
    """As ``add_version``, but profiling is left to the caller."""
    check_name(name)
    found = reading.recognise(path, filename)
    size = path.stat().st_size
    stored = f"data.{found.extension}"
    files = [{"path": stored, "size": size, "sha256": sha256}]
    digest = manifest_digest(files)
    if size <= CHECKED_AT_ONCE:
        with cache.locked(digest):
            target = cache.folder() / f"{digest}.parquet"
            if not target.exists():
                reading.convert([(path, filename)], target)
    dataset = _dataset(connection, name, actor, details or {})
    if same := _same(dataset, digest):
        return same, False
    version = _number(dataset, actor, digest=digest, bytes=size, format=found.kind, source=f"upload of {filename}")
    files[0]["uri"] = version.location + stored
    try:
        storage.ensure_bucket(connection)
        storage.put_file(connection, path, files[0]["uri"], reading.CONTENT_TYPES[found.kind])
    except BaseException:
        version.delete()
        _forget_empty(dataset)
        raise
    version.files, version.state = files, DatasetVersion.PROFILING
    with transaction.atomic():
        version.save(update_fields=["files", "state"])
        note("UploadDatasetVersion", version, after={"source": version.source, "bytes": size, "sha256": sha256})
    return version, True


def note(action: str, version: DatasetVersion, **told) -> None:
    """Write into the audit log what happened to a version: the last statement of its transaction."""
    dataset = version.dataset
    audit.append(action, f"Dataset {dataset.name} v{version.number}", on=dataset.connection.name, **told)


def point_at(*, connection: Connection, name: str, uri: str, actor, details: dict | None = None) -> DatasetVersion:
    """Make a version of objects that are in S3 already: one object, or all below a folder. A worker reads them."""
    check_name(name)
    location = _settle(connection, uri.strip())
    dataset = _dataset(connection, name, actor, details or {})
    with transaction.atomic():
        version = _number(
            dataset, actor, location=location, ours=False, source=location, state=DatasetVersion.PROFILING
        )
        note("PointDatasetVersion", version, after={"source": location})
    start_profiling(version, actor)
    return version


def _settle(connection: Connection, uri: str) -> str:
    """The URI of one object, or of a folder with its slash; DatasetError where SageMaker's prefix rule would take more."""
    bucket, key = storage.split_uri(uri)
    keys = []
    for found in storage.list_objects(connection, uri):
        if found["Key"] == key:
            return uri
        keys.append(found["Key"])
        if len(keys) == 1000:
            break
    if not keys:
        raise DatasetError(f"There is nothing in S3 at {uri}.", field="uri")
    if uri.endswith("/") or not key:
        return uri
    other = next((one for one in keys if not one.startswith(key + "/")), None)
    if other:
        raise DatasetError(
            f"{uri} also matches s3://{bucket}/{other}: S3 takes every key that starts so; end the folder with a slash.",
            field="uri",
        )
    return uri + "/"


def start_profiling(version: DatasetVersion, actor) -> None:
    runs.start(
        version.dataset.connection, user=actor, kind="Dataset", name=version.dataset.name,
        plan=[{"call": "datasets.profile", "request": {"version": version.pk}}],
    )  # fmt: skip


def _dataset(connection: Connection, name: str, actor, details: dict) -> Dataset:
    details = {key: value for key, value in details.items() if key in DETAILS and value}
    _check_details(Dataset(connection=connection, name=name, **details))
    try:
        with transaction.atomic():
            dataset, _ = Dataset.objects.get_or_create(
                connection=connection, name=name, defaults={"owner": actor, **details}
            )
    except IntegrityError:
        dataset = Dataset.objects.get(connection=connection, name=name)
    return dataset


def _same(dataset: Dataset, digest: str) -> DatasetVersion | None:
    states = (DatasetVersion.PROFILING, DatasetVersion.READY, DatasetVersion.ARCHIVED)
    return dataset.versions.filter(digest=digest, state__in=states).order_by("number").first()


def _number(dataset: Dataset, actor, **values) -> DatasetVersion:
    """A new row under the next number. Drafts whose upload died long ago leave on the way."""
    dataset.versions.filter(state=DatasetVersion.DRAFT, created__lt=timezone.now() - ABANDONED).delete()
    with transaction.atomic():
        Dataset.objects.filter(pk=dataset.pk).update(last_number=F("last_number") + 1, modified=timezone.now())
        dataset.refresh_from_db(fields=["last_number"])
        parent = dataset.versions.filter(state=DatasetVersion.READY).order_by("-number").first()
        version = DatasetVersion(dataset=dataset, number=dataset.last_number, parent=parent, created_by=actor)
        version.location = version.derived(f"v{version.number}")
        for name, value in values.items():
            setattr(version, name, value)
        version.save()
    return version


def _forget_empty(dataset: Dataset) -> None:
    if not dataset.versions.exists():
        dataset.delete()


def edit_dataset(*, dataset: Dataset, actor, **details) -> Dataset:
    """Change what a dataset says about itself (``DETAILS``)."""
    before = {key: getattr(dataset, key) for key in DETAILS}
    for key, value in details.items():
        if key not in DETAILS:
            raise DatasetError(f"A dataset has no {key} to change.", field=key)
        setattr(dataset, key, value)
    _check_details(dataset)
    old, new = audit.changed(before, {key: getattr(dataset, key) for key in DETAILS})
    with transaction.atomic():
        dataset.save()
        audit.append("EditDataset", f"Dataset {dataset.name}", on=dataset.connection.name, before=old, after=new)
    return dataset


def _check_details(dataset: Dataset) -> None:
    try:
        dataset.full_clean(exclude=["connection", "owner", "name"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, words = next(iter(error.message_dict.items()))
        raise DatasetError(words[0], field=field) from None


def archive_version(*, version: DatasetVersion, actor, archived: bool = True) -> None:
    """Take a version out of what is offered, or bring it back."""
    before, after = (DatasetVersion.READY, DatasetVersion.ARCHIVED)[:: 1 if archived else -1]
    with transaction.atomic():
        if not DatasetVersion.objects.filter(pk=version.pk, state=before).update(state=after):
            raise DatasetError(f"Version {version.number} is {version.state.lower()}, not {before.lower()}.")
        note("ArchiveDatasetVersion" if archived else "RestoreDatasetVersion", version)


def retry_version(*, version: DatasetVersion, actor) -> None:
    """Have a worker read a version again whose reading failed or never came to an end."""
    states = (DatasetVersion.FAILED, DatasetVersion.PROFILING)
    changed = DatasetVersion.objects.filter(pk=version.pk, state__in=states).update(
        state=DatasetVersion.PROFILING, error=""
    )
    if not changed:
        raise DatasetError(f"Version {version.number} is {version.state.lower()}; there is nothing to try again.")
    start_profiling(version, actor)


def verify_version(*, version: DatasetVersion, actor) -> None:
    """Have a worker compare the version's files in S3 with its digests."""
    runs.start(
        version.dataset.connection, user=actor, kind="Dataset", name=version.dataset.name,
        plan=[{"call": "datasets.verify", "request": {"version": version.pk}}],
    )  # fmt: skip


def delete_version(*, version: DatasetVersion, actor, force: bool = False) -> None:
    """Delete a version, its splits and prepared channels; its files too, unless it only points at somebody else's.

    Raises InUse when something uses it, unless ``force``.
    """
    _check_unused(str(version), list(usage.used_by(version)[:100]), force)
    _delete_files(version)
    lineage.record_end(version)
    dataset, before = version.dataset, {"source": version.source, "digest": version.digest}
    with transaction.atomic():
        version.delete()
        _forget_empty(dataset)
        note("DeleteDatasetVersion", version, before=before, detail={"force": force})


def delete_dataset(*, dataset: Dataset, actor, force: bool = False) -> None:
    """Delete a dataset with all its versions, as ``delete_version`` does."""
    versions = list(dataset.versions.all())
    _check_unused(dataset.name, list(usage.used_by(*versions)[:100]), force)
    for version in versions:
        _delete_files(version)
        lineage.record_end(version)
    before = {key: getattr(dataset, key) for key in DETAILS} | {"versions": len(versions)}
    where = dataset.connection.name
    with transaction.atomic():
        dataset.delete()
        audit.append("DeleteDataset", f"Dataset {dataset.name}", on=where, before=before, detail={"force": force})


def _check_unused(what: str, users: list, force: bool) -> None:
    if users and not force:
        names = ", ".join(user.name for user in users[:3]) + (f" and {len(users) - 3} more" if len(users) > 3 else "")
        raise InUse(f"{what} is used by {names}; deleting it takes their data away.", users)


def _delete_files(version: DatasetVersion) -> None:
    for place in usage.places(version):
        if place == version.location and not version.ours:
            continue
        try:
            storage.delete_prefix(version.dataset.connection, place)
        except CallFailed as error:
            if error.code != "NoSuchBucket":
                raise
    others = DatasetVersion.objects.filter(digest=version.digest).exclude(pk=version.pk)
    if version.digest and not others.exists():
        (cache.folder() / f"{version.digest}.parquet").unlink(missing_ok=True)
