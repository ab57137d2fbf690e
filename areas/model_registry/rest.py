"""The registry by REST: aliases, notes, comments, comparison, and registering. Groups and versions have the generic routes.

``PREFIX`` is where ``router`` is mounted; see ``areas.rest``. A version is called ``group/3`` or ``group@alias``.
"""

from functools import wraps

from ninja import Query, Router, Status

from areas.allowed import allowed, asks, require
from areas.calls import CallFailed
from areas.model_registry import aliases, comparing, registering, talk
from areas.model_registry.errors import Missing, RegistryError
from areas.model_registry.models import Alias, AliasMove, Comment, Upload
from areas.model_registry.register_pages import is_registered, take_upload
from areas.model_registry.resource import GROUP, PACKAGE
from areas.model_registry.schemas import (
    AliasIn,
    AliasList,
    AliasOut,
    ArchiveQuery,
    CommentIn,
    CommentList,
    CommentOut,
    CompareOut,
    CompareQuery,
    FromJobIn,
    FromPackageIn,
    MoveList,
    NoteIn,
    NoteOut,
    PackageOut,
    RegisteredOut,
    RegistrationOut,
    TargetQuery,
)
from areas.model_registry.version import Version
from areas.rest import ERRORS, Problem, ProblemOut
from catalog.models import Connection, Record
from jobs.models import Run

PREFIX = "/model-registry/"
router = Router()


def _told(view):
    """Tell the registry's refusals, and SageMaker's, as problems."""

    @wraps(view)
    def telling(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except RegistryError as error:
            places = {"errors": [{"at": error.field, "message": error.message}]} if error.field else {}
            raise Problem(error.status, error.message, error.code, **places) from error
        except CallFailed as error:
            status = error.status if error.status in ERRORS else 503 if error.status >= 500 else 400
            raise Problem(status, error.message, error.code) from error

    return telling


router.add_decorator(_told)


@router.get("/groups/{group}/aliases/", response={200: AliasList, **ERRORS}, operation_id="list_model_aliases")
@allowed("view", GROUP.noun, name="group")
def list_aliases(request, group: str):
    """A group's aliases by name."""
    _group(request, group)
    return {"items": [_alias(one) for one in aliases.aliases_of(request.connection, group)]}


@router.get(
    "/groups/{group}/aliases/history/", response={200: MoveList, **ERRORS}, operation_id="list_model_alias_moves"
)
@allowed("view", GROUP.noun, name="group")
def list_moves(request, group: str):
    """The last 100 moves of a group's aliases, newest first."""
    _group(request, group)
    return {"items": [_move(one) for one in aliases.history(request.connection, group)]}


@router.put("/groups/{group}/aliases/{alias}/", response={200: AliasOut, **ERRORS}, operation_id="set_model_alias")
@allowed("update", GROUP.noun, name="group")
def set_alias(request, group: str, alias: str, body: AliasIn):
    """Let an alias be a version from now on; it is made if it isn't there."""
    made = aliases.set_alias(
        request.connection, group, alias, body.version, is_protected=body.protected, seen=body.seen
    )  # fmt: skip
    return _alias(made)


@router.delete("/groups/{group}/aliases/{alias}/", response={204: None, **ERRORS}, operation_id="remove_model_alias")
@allowed("update", GROUP.noun, name="group")
def remove_alias(request, group: str, alias: str):
    """Take an alias away; its history stays."""
    aliases.remove_alias(request.connection, group, alias)
    return Status(204, None)


@router.get("/resolve/", response={200: PackageOut, **ERRORS}, operation_id="resolve_model_version")
@allowed("view", PACKAGE.noun)
def resolve(request, name: str):
    """The version that ``group@alias`` (or ``group/3``, or an ARN) means now."""
    record = _version(request, name).record
    return {"name": record.name, "arn": record.arn, "approval": record.document.get("ModelApprovalStatus", ""),
            "aliases": aliases.at_version(record)}  # fmt: skip


@router.get("/note/", response={200: NoteOut, **ERRORS}, operation_id="get_model_note")
@asks("view of what the note is about")
def get_note(request, query: Query[TargetQuery]):
    """The note of a group or version as it is now."""
    require(request, "view", query.kind, query.name)
    return _note(talk.note_of(talk.find_target(request.connection, query.kind, query.name)))


@router.put("/note/", response={200: NoteOut, **ERRORS}, operation_id="write_model_note")
@asks("update of what the note is about")
def write_note(request, body: NoteIn, query: Query[TargetQuery]):
    """Replace the note; the old one is kept."""
    require(request, "update", query.kind, query.name)
    return _note(
        talk.write_note(talk.find_target(request.connection, query.kind, query.name), body.text, seen=body.seen)
    )


@router.get("/comments/", response={200: CommentList, **ERRORS}, operation_id="list_model_comments")
@asks("view of what the comments are about")
def list_comments(request, query: Query[TargetQuery]):
    """The last 500 comments on a group or version, oldest first."""
    require(request, "view", query.kind, query.name)
    record = talk.find_target(request.connection, query.kind, query.name)
    return {"items": [_comment(one) for one in talk.thread_of(record)]}


@router.post("/comments/", response={201: CommentOut, **ERRORS}, operation_id="create_model_comment")
@allowed("create", talk.COMMENT)
def say(request, body: CommentIn, query: Query[TargetQuery]):
    """Comment on a group or version; @name tells somebody who may view it."""
    record = talk.find_target(request.connection, query.kind, query.name)
    return Status(201, _comment(talk.say(record, body.text)))


@router.patch("/comments/{number}/", response={200: CommentOut, **ERRORS}, operation_id="edit_model_comment")
@allowed("create", talk.COMMENT)
def edit(request, number: int, body: CommentIn):
    """Change an own comment; what it said is kept."""
    return _comment(talk.edit(request.connection, number, body.text))


@router.delete("/comments/{number}/", response={204: None, **ERRORS}, operation_id="delete_model_comment")
@allowed("create", talk.COMMENT)
def delete(request, number: int):
    """Take back an own comment; who manages comments, anybody's."""
    talk.delete(request.connection, number)
    return Status(204, None)


@router.get("/compare/", response={200: CompareOut, **ERRORS}, operation_id="compare_model_versions")
@allowed("view", PACKAGE.noun)
def compare(request, query: Query[CompareQuery]):
    """What differs between two versions, of one group or of two."""
    old, new = _version(request, query.old), _version(request, query.new)
    sections = [
        {"title": one.title, "rows": [vars(row) for row in (one.rows if query.all else one.different)]}
        for one in comparing.compare(old, new)
    ]
    return {"old": old.name, "new": new.name, "sections": [one for one in sections if one["rows"]]}


@router.post("/register/job/", response={201: RegisteredOut, **ERRORS}, operation_id="register_model_from_job")
@allowed("create", PACKAGE.noun)
def from_job(request, body: FromJobIn):
    """Register what a training job made, with its final metrics as ModelQuality statistics."""
    name = registering.register_job(
        request.connection, body.job, body.group, make_group=body.make_group, description=body.description,
        commit=body.commit, repository=body.repository,
    )  # fmt: skip
    return Status(201, {"name": name})


@router.post("/register/package/", response={201: RegisteredOut, **ERRORS}, operation_id="register_model_again")
@allowed("create", PACKAGE.noun)
def from_package(request, body: FromPackageIn):
    """Register a version once more, in another group or on another connection."""
    where = request.connection
    if body.connection:
        where = Connection.objects.filter(name=body.connection).first()
        if where is None:
            raise Missing(f"There is no connection {body.connection}.", "connection")
    source = _version(request, body.package).record
    name = registering.copy_version(
        source, body.group, connection=where, make_group=body.make_group, description=body.description
    )  # fmt: skip
    return Status(201, {"name": name})


@router.put(
    "/register/upload/", response={202: RegistrationOut, **ERRORS, 411: ProblemOut, 413: ProblemOut},
    operation_id="register_model_upload",
    openapi_extra={"requestBody": {"required": True, "content": {
        "application/gzip": {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of model.tar.gz"}}}},
)  # fmt: skip
@allowed("create", PACKAGE.noun)
def upload(request, query: Query[ArchiveQuery]):
    """Register the raw body, a model.tar.gz, once a worker has loaded it in its container and had it predict the sample."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise Problem(411, "The upload doesn't say how long it is (Content-Length).", "LengthRequired")
    made = take_upload(request, query.dict(), int(length))
    return Status(202, _registration(made))


@router.get("/register/upload/{run}/", response={200: RegistrationOut, **ERRORS}, operation_id="get_model_registration")
@allowed("view", PACKAGE.noun)
def get_registration(request, run: int):
    """How the registration of an upload goes."""
    made = Upload.objects.filter(connection=request.connection, run=run).first() if run < 2**62 else None
    if made is None:
        raise Missing(f"There is no registration {run} on {request.connection}.")
    require(request, "view", PACKAGE.noun, f"{made.group}/")
    return _registration(made)


def _group(request, name: str) -> Record:
    record = Record.objects.filter(connection=request.connection, kind=GROUP.noun, name=name).first()
    if record is None:
        raise Missing(f"There is no model package group {name} on {request.connection}.")
    return record


def _version(request, name: str) -> Version:
    record = aliases.resolve(request.connection, name)
    require(request, "view", PACKAGE.noun, record.name)
    record.connection = request.connection
    return Version(record)


def _alias(alias: Alias) -> dict:
    return {"name": alias.name, "group": alias.group, "version": alias.version, "package": alias.package,
            "protected": alias.is_protected, "moved": alias.moved, "by": alias.by}  # fmt: skip


def _move(move: AliasMove) -> dict:
    return {"name": move.name, "before": move.before, "after": move.after, "protected": move.is_protected, "at": move.at,
            "by": move.by}  # fmt: skip


def _note(note) -> dict:
    if note is None:
        return {"id": 0, "text": "", "html": "", "user": "", "at": None}
    return {"id": note.id, "text": note.text, "html": note.html, "user": note.user, "at": note.at}


def _comment(comment: Comment) -> dict:
    return {"id": comment.id, "text": comment.text, "html": comment.html, "user": comment.user, "at": comment.at,
            "edited": comment.edited, "deleted": comment.deleted}  # fmt: skip


def _registration(made: Upload) -> dict:
    run = Run.objects.filter(id=made.run).first()
    is_done = run is not None and is_registered(run)
    state = Run.COMPLETED if is_done else run.state if run else Run.STOPPED
    return {
        "run": made.run, "state": state, "name": run.name if is_done else "",
        "error": run.error if run else "", "measured": made.measured, "answer": made.answer,
    }  # fmt: skip
