"""Datasets by REST: the same use cases as the pages. ``PREFIX`` is where ``router`` is mounted; see ``areas.rest``."""

from functools import wraps

from django.http import Http404, HttpResponse
from ninja import Field, Query, Router, Schema, Status

from areas.allowed import allowed, may, require, visible
from areas.datasets import diff as differences
from areas.datasets import prepare, splits, versions
from areas.datasets.errors import DatasetError, InUse, TooLarge
from areas.datasets.listing import add_shown, find_datasets
from areas.datasets.models import Dataset, DatasetVersion, Split
from areas.datasets.schemas import (
    ChannelsIn,
    ChannelsOut,
    DatasetOut,
    DatasetPage,
    DetailsPatch,
    DiffOut,
    NamedUploadQuery,
    PointIn,
    SplitIn,
    SplitOut,
    SplitPage,
    UploadQuery,
    VersionDetail,
    VersionOut,
    VersionPage,
    dataset_out,
    split_out,
    version_out,
)  # fmt: skip
from areas.datasets.upload import received
from areas.rest import ERRORS, Problem, ProblemOut
from catalog.paging import read_page
from jobs import runs

PREFIX = "/datasets/"
router = Router()

RAW_BODY = {"requestBody": {"required": True, "content": {
    "application/octet-stream": {
        "schema": {"type": "string", "format": "binary"}, "example": "species,island\nAdelie,Biscoe\n"}}}}  # fmt: skip


def _told(view):
    """Tell the area's refusals as problems: what is wrong with the input, and what is still used."""

    @wraps(view)
    def telling(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except InUse as error:
            users = [{"kind": user.kind, "name": user.name} for user in error.users
                     if may(request, "view", user.kind, user.name)]  # fmt: skip
            raise Problem(409, error.message, "InUse", used_by=users) from error
        except TooLarge as error:
            raise Problem(413, error.message, "TooLarge") from error
        except DatasetError as error:
            places = {"errors": [{"at": error.field, "message": error.message}]} if error.field else {}
            raise Problem(400, error.message, "InvalidInput", **places) from error

    return telling


router.add_decorator(_told)


class DatasetQuery(Schema):
    text: str = Field("", description="Part of the name, title or description.")
    sort: str = Field("name", pattern="^-?(name|rows|bytes|versions|created|modified)$")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = ""


class PageQuery(Schema):
    limit: int = Field(50, ge=1, le=200)
    cursor: str = ""


@router.get("/", response={200: DatasetPage, **ERRORS}, operation_id="list_datasets")
@allowed("view", "Dataset")
def list_datasets(request, query: Query[DatasetQuery]):
    found = visible(request, find_datasets(request.connection, query.text), "Dataset").select_related("owner")
    sort = query.sort.replace("versions", "version_count")
    nullable = sort.lstrip("-") in ("rows", "bytes")
    items, cursor = read_page(found, sort=sort, limit=query.limit, cursor=query.cursor, nullable=nullable)
    add_shown(items)
    return {"items": [dataset_out(one) for one in items], "next_cursor": cursor}


@router.put(
    "/upload/", response={200: VersionOut, 202: VersionOut, **ERRORS, 411: ProblemOut, 413: ProblemOut},
    operation_id="upload_dataset", openapi_extra=RAW_BODY,
)  # fmt: skip
@allowed("create", "Dataset")
def upload(request, response: HttpResponse, query: Query[NamedUploadQuery]):
    """Make a version of the request's raw body: CSV, TSV, JSON lines or Parquet, gzipped or not.

    202 with the version that a worker now reads; 200 with the one that is there already if the bytes are the same.
    """
    return _upload(request, response, query, query.filename)


@router.post(
    "/upload/", response={200: VersionOut, 202: VersionOut, **ERRORS, 411: ProblemOut, 413: ProblemOut},
    operation_id="upload_dataset_by_post", openapi_extra=RAW_BODY,
)  # fmt: skip
@allowed("create", "Dataset")
def upload_by_post(request, response: HttpResponse, query: Query[NamedUploadQuery]):
    """The same as PUT, for clients that only post."""
    return _upload(request, response, query, query.filename)


@router.put(
    "/upload/{filename}", response={200: VersionOut, 202: VersionOut, **ERRORS, 411: ProblemOut, 413: ProblemOut},
    operation_id="upload_dataset_file", openapi_extra=RAW_BODY,
)  # fmt: skip
@allowed("create", "Dataset")
def upload_file(request, response: HttpResponse, filename: str, query: Query[UploadQuery]):
    """The same with the file's name in the address, which is where ``curl -T`` puts it."""
    return _upload(request, response, query, filename)


def _upload(request, response: HttpResponse, query: UploadQuery, filename: str) -> Status:
    require(request, "create", "Dataset", query.name)
    versions.check_name(query.name)
    filename = filename.replace("\\", "/").rpartition("/")[2][:200] or "the file"
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise Problem(411, "The upload doesn't say how long it is (Content-Length).", "LengthRequired")
    details = query.dict(include=set(versions.DETAILS))
    with received(request, int(length), filename) as (path, sha256):
        version, new = versions.add_version(
            connection=request.connection, name=query.name, path=path, filename=filename, sha256=sha256,
            actor=request.user, details=details,
        )  # fmt: skip
    return _made(response, version, 202 if new else 200)


@router.post("/point/", response={202: VersionOut, **ERRORS}, operation_id="point_dataset")
@allowed("create", "Dataset")
def point(request, response: HttpResponse, body: PointIn):
    """Make a version of objects that are in S3 already; a worker reads them where they are."""
    require(request, "create", "Dataset", body.name)
    version = versions.point_at(
        connection=request.connection, name=body.name, uri=body.uri, actor=request.user,
        details=body.dict(include=set(versions.DETAILS)),
    )  # fmt: skip
    return _made(response, version, 202)


def _made(response: HttpResponse, version: DatasetVersion, status: int) -> Status:
    response["Location"] = f"/api/v1/datasets/{version.dataset.name}/versions/{version.number}/"
    return Status(status, version_out(version))


@router.get("/{name}/", response={200: DatasetOut, **ERRORS}, operation_id="get_dataset")
@allowed("view", "Dataset")
def get_dataset(request, name: str):
    found = list(find_datasets(request.connection).select_related("owner").filter(name=name))
    if not found:
        raise Http404(f"There is no dataset {name!r}.")
    add_shown(found)
    return dataset_out(found[0])


@router.patch("/{name}/", response={200: DatasetOut, **ERRORS}, operation_id="update_dataset")
@allowed("update", "Dataset")
def update_dataset(request, name: str, body: DetailsPatch):
    """Change what a dataset says about itself; what the body leaves out stays."""
    given = {field: value for field, value in body.dict(exclude_unset=True).items() if value is not None}
    if given:
        versions.edit_dataset(dataset=_dataset(request, name), actor=request.user, **given)
    return get_dataset(request, name)


@router.delete("/{name}/", response={204: None, **ERRORS}, operation_id="delete_dataset")
@allowed("delete", "Dataset")
def delete_dataset(request, name: str, force: bool = False):
    """Delete a dataset with all its versions; 409 names what uses it, unless ``force``."""
    versions.delete_dataset(dataset=_dataset(request, name), actor=request.user, force=force)
    return Status(204, None)


@router.get("/{name}/diff/", response={200: DiffOut, **ERRORS}, operation_id="diff_dataset")
@allowed("view", "Dataset")
def diff(request, name: str, old: int, new: int):
    """What changed between two versions: columns, rows, and how far each column's values moved."""
    before, after = _version(request, name, old), _version(request, name, new)
    _check_usable(before, after)
    return differences.diff_versions(before, after)


@router.get("/{name}/versions/", response={200: VersionPage, **ERRORS}, operation_id="list_dataset_versions")
@allowed("view", "Dataset")
def list_versions(request, name: str, query: Query[PageQuery]):
    """The newest first."""
    found = _dataset(request, name).versions.defer("files", "columns", "statistics")
    items, cursor = read_page(found, sort="-number", limit=query.limit, cursor=query.cursor)
    return {"items": [version_out(one, name) for one in items], "next_cursor": cursor}


@router.get("/{name}/versions/{number}/", response={200: VersionDetail, **ERRORS}, operation_id="get_dataset_version")
@allowed("view", "Dataset")
def get_version(request, name: str, number: int):
    """A version with its files, columns and statistics."""
    version = _version(request, name, number)
    more = {field: getattr(version, field) for field in ("files", "columns", "statistics")}
    return version_out(version) | more


@router.delete("/{name}/versions/{number}/", response={204: None, **ERRORS}, operation_id="delete_dataset_version")
@allowed("delete", "Dataset")
def delete_version(request, name: str, number: int, force: bool = False):
    """Delete a version, its splits and channels; 409 names what uses it, unless ``force``."""
    versions.delete_version(version=_version(request, name, number), actor=request.user, force=force)
    return Status(204, None)


@router.post(
    "/{name}/versions/{number}/archive/", response={204: None, **ERRORS}, operation_id="archive_dataset_version"
)
@allowed("update", "Dataset")
def archive(request, name: str, number: int):
    """Take a version out of what is offered; jobs that use it go on."""
    return _archive(_version(request, name, number), request.user, True)


@router.post(
    "/{name}/versions/{number}/restore/", response={204: None, **ERRORS}, operation_id="restore_dataset_version"
)
@allowed("update", "Dataset")
def restore(request, name: str, number: int):
    """Bring an archived version back."""
    return _archive(_version(request, name, number), request.user, False)


def _archive(version: DatasetVersion, actor, archived: bool) -> Status:
    try:
        versions.archive_version(version=version, actor=actor, archived=archived)
    except DatasetError as error:
        raise Problem(409, error.message, "WrongState") from error
    return Status(204, None)


@router.get(
    "/{name}/versions/{number}/splits/", response={200: SplitPage, **ERRORS}, operation_id="list_dataset_splits"
)
@allowed("view", "Dataset")
def list_splits(request, name: str, number: int, query: Query[PageQuery]):
    """The newest first."""
    version = _version(request, name, number)
    items, cursor = read_page(version.splits.all(), sort="-created", limit=query.limit, cursor=query.cursor)
    return {"items": [split_out(one, version) for one in items], "next_cursor": cursor}


@router.post(
    "/{name}/versions/{number}/splits/", response={200: SplitOut, 202: SplitOut, **ERRORS},
    operation_id="split_dataset",
)  # fmt: skip
@allowed("update", "Dataset")
def split(request, response: HttpResponse, name: str, number: int, body: SplitIn):
    """Have a worker divide a version: 202, or 200 with the split that the same options made before."""
    version = _version(request, name, number)
    _check_usable(version)
    found = splits.split_version(version=version, actor=request.user, **body.dict())
    response["Location"] = f"/api/v1/datasets/{name}/versions/{number}/splits/{found.pk}/"
    return Status(200 if found.state == Split.READY else 202, split_out(found, version))


@router.get(
    "/{name}/versions/{number}/splits/{split_id}/", response={200: SplitOut, **ERRORS}, operation_id="get_dataset_split"
)
@allowed("view", "Dataset")
def get_split(request, name: str, number: int, split_id: int):
    version = _version(request, name, number)
    return split_out(_split(version, split_id), version)


@router.delete(
    "/{name}/versions/{number}/splits/{split_id}/", response={204: None, **ERRORS}, operation_id="delete_dataset_split"
)
@allowed("update", "Dataset")
def delete_split(request, name: str, number: int, split_id: int):
    splits.delete_split(split=_split(_version(request, name, number), split_id), actor=request.user)
    return Status(204, None)


@router.post(
    "/{name}/versions/{number}/channels/",
    response={202: ChannelsOut, **ERRORS},
    operation_id="prepare_dataset_channels",
)
@allowed("update", "Dataset")
def prepare_channels(request, response: HttpResponse, name: str, number: int, body: ChannelsIn):
    """Have a worker write training channels. The addresses are known at once; the files are there after the Run.

    The same options give the same addresses, and nothing is written twice.
    """
    version = _version(request, name, number)
    _check_usable(version)
    plan = prepare.plan_channels(version, **body.dict())
    run = runs.start(request.connection, user=request.user, kind="Dataset", name=name, plan=[plan["call"]])
    response["Location"] = f"/api/v1/runs/{run.id}/"
    return Status(202, {**plan, "run": run})


def _dataset(request, name: str) -> Dataset:
    found = Dataset.objects.select_related("connection").filter(connection=request.connection, name=name).first()
    if found is None:
        raise Http404(f"There is no dataset {name!r}.")
    return found


def _version(request, name: str, number: int) -> DatasetVersion:
    found = DatasetVersion.objects.select_related("dataset__connection").filter(
        dataset__connection=request.connection, dataset__name=name, number=number
    )
    version = found.first()
    if version is None:
        raise Http404(f"Dataset {name!r} has no version {number}.")
    return version


def _split(version: DatasetVersion, split_id: int) -> Split:
    found = version.splits.select_related("version__dataset__connection").filter(pk=split_id).first()
    if found is None:
        raise Http404(f"{version} has no split {split_id}.")
    return found


def _check_usable(*wanted: DatasetVersion) -> None:
    for version in wanted:
        if not version.is_usable:
            raise Problem(409, f"{version} is {version.state.lower()}; only a ready version will do.", "WrongState")
