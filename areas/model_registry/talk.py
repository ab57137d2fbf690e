"""Notes and comments on groups and versions: who says what, what it said before, and who is told of it."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from areas.markdown import mentioned
from areas.model_registry import who
from areas.model_registry.errors import Conflict, Missing, NotAllowed, RegistryError
from areas.model_registry.models import Comment, CommentText, Note
from areas.model_registry.resource import GROUP, PACKAGE
from catalog import audit
from catalog.models import Connection, Record
from registry.notices.kinds import MENTIONED
from registry.notices.people import who_may
from registry.notices.telling import tell_all

LONGEST = 20_000  # characters
COMMENT = "Comment"
KINDS = {PACKAGE.noun: PACKAGE, GROUP.noun: GROUP}


def find_target(connection: Connection, kind: str, name: str) -> Record:
    """The group or version that is spoken of. Raises Missing, or NotAllowed to whom may not view it."""
    if kind not in KINDS:
        raise Missing(f"Notes and comments are on {' and '.join(KINDS)}, not on {kind}.")
    who.check(connection, "view", kind, name)
    record = Record.objects.filter(connection=connection, kind=kind, name=name).select_related("connection").first()
    if record is None:
        raise Missing(f"There is no {KINDS[kind].singular} {name} on {connection}.")
    return record


def note_of(record: Record) -> Note | None:
    """The note that holds now."""
    return _notes(record).first()


def notes_of(record: Record, limit: int = 100) -> list[Note]:
    """The note as it is and as it was, newest first."""
    return list(_notes(record)[:limit])


def write_note(record: Record, text: str, *, seen: int | None = None) -> Note:
    """Replace the note; the old one is kept. ``seen`` is the id of the note that was edited (0: none), else Conflict."""
    who.check(record.connection, "update", record.kind, record.name)
    text = _cleaned(text, empty=True)
    with transaction.atomic():
        Record.objects.select_for_update().filter(id=record.id).first()
        before = note_of(record)
        if seen is not None and seen != (before.id if before else 0):
            raise Conflict(
                f"{before.user if before else 'Somebody'} has saved another note meanwhile; look at it first."
            )
        if before and before.text == text:
            return before
        note = Note.objects.create(
            connection=record.connection,
            kind=record.kind,
            name=record.name,
            text=text,
            user=who.actor(),
            at=timezone.now(),
        )
        _tell(record, text, before.text if before else "")
        audit.append(
            "WriteNote", record.arn, on=record.connection.name, before=before.text if before else None, after=text
        )
    return note


def thread_of(record: Record, limit: int = 500) -> list[Comment]:
    """The latest comments, oldest first; those that were edited have ``has_earlier``."""
    rows = _of(Comment, record).annotate(has_earlier=Exists(CommentText.objects.filter(comment=OuterRef("pk"))))
    return list(rows.order_by("-id")[:limit])[::-1]


def count_comments(record: Record) -> int:
    return _of(Comment, record).filter(deleted=None).count()


def say(record: Record, text: str) -> Comment:
    """Add a comment, and tell whom it mentions."""
    who.check(record.connection, "create", COMMENT)
    text = _cleaned(text)
    with transaction.atomic():
        comment = Comment.objects.create(
            connection=record.connection,
            kind=record.kind,
            name=record.name,
            text=text,
            user=who.actor(),
            at=timezone.now(),
        )
        _tell(record, text, "")
        audit.append(
            "CreateComment", record.arn, on=record.connection.name, after={"comment": comment.id, "text": text}
        )
    return comment


def edit(connection: Connection, number: int, text: str) -> Comment:
    """Change an own comment; what it said is kept. Only who is mentioned anew is told."""
    text = _cleaned(text)
    with transaction.atomic():
        comment, record = _own(connection, number)
        if comment.text == text:
            return comment
        before, comment.text, comment.edited = comment.text, text, timezone.now()
        CommentText.objects.create(comment=comment, text=before, until=comment.edited)
        comment.save()
        _tell(record, text, before)
        audit.append(
            "EditComment", record.arn, on=connection.name, before={"comment": number, "text": before},
            after={"comment": number, "text": text},
        )  # fmt: skip
    return comment


def delete(connection: Connection, number: int) -> Comment:
    """Take back an own comment, or, who manages comments, anybody's. What it said stays in the audit log."""
    with transaction.atomic():
        comment, record = _own(connection, number, or_manage=True)
        before, comment.text, comment.deleted = comment.text, "", timezone.now()
        comment.earlier.all().delete()
        comment.save()
        audit.append("DeleteComment", record.arn, on=connection.name, before={"comment": number, "text": before})
    return comment


def people_who_may_view(record: Record, text: str = "", limit: int = 8) -> list[str]:
    """User names to mention that begin with, or then hold, the text."""
    text = text.lower()
    names = sorted(
        user.get_username() for user in who_may("view", record.kind, connection=record.connection, name=record.name)
    )
    found = [name for name in names if text in name.lower()]
    return sorted(found, key=lambda name: not name.lower().startswith(text))[:limit]


def address(record: Record) -> str:
    """Where the thread is, on the Studio."""
    path = reverse(KINDS[record.kind].codename, args=[record.name])
    return f"{path}?tab=discussion&connection={record.connection.name}"


def _notes(record: Record):
    return _of(Note, record)


def _of(model, record: Record):
    """What was said of this thing, not of one of the same name that was there before it."""
    rows = model.objects.filter(connection_id=record.connection_id, kind=record.kind, name=record.name)
    return rows.filter(at__gte=record.created)


def _own(connection: Connection, number: int, *, or_manage: bool = False) -> tuple[Comment, Record]:
    rows = Comment.objects.select_for_update(of=("self",)).filter(connection=connection, id=number, deleted=None)
    comment = rows.first()
    if comment is None:
        raise Missing(f"There is no comment {number} on {connection}.")
    record = find_target(connection, comment.kind, comment.name)
    if comment.user == who.actor():
        who.check(connection, "create", COMMENT)
    elif not (or_manage and who.may(connection, "manage", COMMENT)):
        raise NotAllowed(f"Comment {number} is {comment.user}'s: only its author can change it.")
    return comment, record


def _cleaned(text: str, *, empty: bool = False) -> str:
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text and not empty:
        raise RegistryError("A comment has a text.", "text")
    if len(text) > LONGEST:
        raise RegistryError(f"The text has {len(text):,} characters; {LONGEST:,} is the most.", "text")
    return text


def _tell(record: Record, text: str, before: str) -> None:
    """Tell whom a text mentions that the text before didn't, as far as they may look at what it is about."""
    names = mentioned(text) - mentioned(before) - {who.actor()}
    if not names:
        return
    users = [
        user for user in who_may("view", record.kind, connection=record.connection, name=record.name)
        if user.get_username() in names
    ]  # fmt: skip
    tell_all(users, kind=MENTIONED, text=f"{who.actor()} mentions you on {record.name}: {' '.join(text.split())[:200]}",
             url=address(record))  # fmt: skip
