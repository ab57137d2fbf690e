"""Links that show a report to whoever has them, and what is frozen of a report.

A token has 192 bits and is shown once; the database has its SHA-256, by which it is found, so that comparing takes no time
that tells anything. What a link shows is read by the rights of the report's owner at that moment (``sources.strangers_eyes``).
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from areas.reports.errors import Missing, ReportError
from areas.reports.evaluating import evaluate
from areas.reports.keeping import target
from areas.reports.models import Report, ReportLink, ReportSnapshot
from areas.reports.sources import strangers_eyes
from catalog import audit
from catalog.actor import current

NOUN = "ReportLink"
MOST = 50  # working links of a report
LONGEST = timedelta(days=3660)
TELL_EVERY = timedelta(minutes=1)  # of a link that is looked at, between two writes of its count
NO_LINK = "This link doesn't work: it may have been revoked or have expired, or it isn't whole."


def freeze(report: Report, user) -> ReportSnapshot:
    """Keep the newest version with the data that its blocks show now, as a link would show them: the owner freezes, and others
    will look, so a block shows nothing that its author may not see."""
    eyes = strangers_eyes(report)
    data = {block["id"]: evaluate(block, eyes, whole=True) for block in report.blocks}
    with transaction.atomic():
        kept = ReportSnapshot.objects.create(
            report=report, version=report.number, title=report.title, blocks=report.blocks, data=data,
            by=user.get_username(), at=timezone.now(),
        )  # fmt: skip
        audit.append("FreezeReport", target(report), on=report.connection.name, after={"snapshot": kept.pk})
    return kept


def find_snapshot(report: Report, number: int) -> ReportSnapshot:
    found = report.snapshots.filter(id=number).first()
    if found is None:
        raise Missing(f"{report.title} has no snapshot {number}.")
    return found


def delete_snapshot(snapshot: ReportSnapshot) -> None:
    """With the links to it, which work no longer."""
    report = snapshot.report
    with transaction.atomic():
        before = {"snapshot": snapshot.pk, "links": snapshot.links.filter(ReportLink.working()).count()}
        snapshot.delete()
        audit.append("DeleteReportSnapshot", target(report), on=report.connection.name, before=before)


def share(
    report: Report, user, *, expires: datetime | None = None, snapshot: ReportSnapshot | None = None
) -> tuple[str, ReportLink]:
    """(token, link): the token is told this once. Without a snapshot the link shows the report as it is when it is opened."""
    now = timezone.now()
    if expires is not None and not now < expires < now + LONGEST:
        raise ReportError("A link expires at a time to come, at most ten years from now.", "expires")
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        if report.links.filter(ReportLink.working()).count() >= MOST:
            raise ReportError(f"{report.title} has {MOST} links; revoke one first.")
        link = ReportLink.objects.create(
            report=report,
            snapshot=snapshot,
            digest=_digest(token),
            prefix=token[:6],
            by=user.get_username(),
            expires=expires,
        )
        after = {"link": link.prefix, "expires": expires, "snapshot": snapshot.pk if snapshot else None}
        audit.append("ShareReport", target(report), on=report.connection.name, after=after)
    return token, link


def revoke(link: ReportLink, user) -> None:
    report = link.report
    with transaction.atomic():
        changed = ReportLink.objects.filter(pk=link.pk, revoked=None).update(
            revoked=timezone.now(), revoked_by=user.get_username()
        )
        if changed:
            audit.append("RevokeReportLink", target(report), on=report.connection.name, before={"link": link.prefix})


def find_link(report: Report, number: int) -> ReportLink:
    found = report.links.select_related("report__connection").filter(id=number).first()
    if found is None:
        raise Missing(f"{report.title} has no link {number}.")
    return found


def open_link(token: str) -> ReportLink:
    """The link of a token. Raises Missing where it doesn't work, also while the report's owner may not sign in."""
    digest = _digest(token)
    rows = ReportLink.objects.filter(ReportLink.working(), digest=digest)
    link = rows.select_related("report__connection", "report__owner", "snapshot").first()
    if link is None or not hmac.compare_digest(link.digest, digest):
        raise Missing(NO_LINK)
    if link.report.owner is None or not link.report.owner.is_active:
        raise Missing(NO_LINK)
    return link


def count_opening(link: ReportLink) -> None:
    """Write down that a link was opened: the first time in the audit log, with the address it was opened from."""
    now = timezone.now()
    if link.last_opened and now - link.last_opened < TELL_EVERY:
        ReportLink.objects.filter(pk=link.pk).update(times=F("times") + 1)
        return
    with transaction.atomic():
        is_first = ReportLink.objects.filter(pk=link.pk, opened=None).update(opened=now)
        ReportLink.objects.filter(pk=link.pk).update(times=F("times") + 1, last_opened=now)
        if is_first:
            audit.append(
                "OpenSharedReport", target(link.report), on=link.report.connection.name,
                detail={"link": link.prefix, "from": current().source},
            )  # fmt: skip


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
