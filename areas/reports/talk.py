"""What people say about a report, and who is told of it."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from areas.markdown import mentioned
from areas.reports.errors import Missing, NotAllowed, ReportError
from areas.reports.keeping import NOUN, target
from areas.reports.models import Report, ReportComment
from catalog import audit
from registry.notices.kinds import MENTIONED
from registry.notices.people import who_may
from registry.notices.telling import tell_all

LONGEST = 20_000  # characters
SHOWN = 500


def thread(report: Report) -> list[ReportComment]:
    """The latest comments, oldest first."""
    return list(report.comments.order_by("-id")[:SHOWN])[::-1]


def say(report: Report, user, text: str) -> ReportComment:
    """Add a comment, and tell whom it mentions, if they may look at the report."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise ReportError("A comment has a text.", "text")
    if len(text) > LONGEST:
        raise ReportError(f"The text has {len(text):,} characters; {LONGEST:,} is the most.", "text")
    name = user.get_username()
    with transaction.atomic():
        comment = ReportComment.objects.create(report=report, user=name, text=text, at=timezone.now())
        if told := [one for one in _lookers(report) if one.get_username() in mentioned(text) - {name}]:
            url = f"{reverse('report', args=[report.pk])}?connection={report.connection.name}#talk"
            words = f"{name} mentions you on {report.title}: {' '.join(text.split())[:200]}"
            tell_all(told, kind=MENTIONED, text=words, url=url)
        after = {"comment": comment.pk, "text": text}
        audit.append("CreateComment", target(report), on=report.connection.name, after=after)
    return comment


def delete(report: Report, user, number: int, *, manages: bool) -> None:
    """Take back an own comment, or, who manages comments, anybody's. What it said stays in the audit log."""
    with transaction.atomic():
        comment = report.comments.select_for_update().filter(id=number, deleted=None).first()
        if comment is None:
            raise Missing(f"There is no comment {number} on {report.title}.")
        if comment.user != user.get_username() and not manages:
            raise NotAllowed(f"Comment {number} is {comment.user}'s: only its author can take it back.")
        before = {"comment": comment.pk, "text": comment.text}
        comment.text, comment.deleted = "", timezone.now()
        comment.save()
        audit.append("DeleteComment", target(report), on=report.connection.name, before=before)


def _lookers(report: Report) -> list:
    if report.is_private:
        return [report.owner] if report.owner else []
    return who_may("view", NOUN, connection=report.connection, name=report.title)
