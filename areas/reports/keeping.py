"""What is done with reports: made, saved, restored, drafted, deleted. Each use case is one transaction with its audit entry."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from areas.reports import blocks as blocks_
from areas.reports.errors import Conflict, Missing, NotAllowed, ReportError
from areas.reports.models import Report, ReportDraft, ReportVersion
from catalog import audit
from catalog.access import Access
from catalog.models import Connection

NOUN = "Report"
MOST_VERSIONS = 1000


def reports_of(connection: Connection | None, user, access: Access) -> QuerySet[Report]:
    """The reports that somebody may look at: their own, and what others show to everybody on the connection."""
    shown = Q(visible=Report.CONNECTION)
    if user is not None:
        shown |= Q(owner=user)
    if access.is_everything:
        shown |= Q(owner=None)  # whose owner is gone
    found = Report.objects.filter(shown, connection=connection).select_related("owner", "connection")
    return access.visible(found, NOUN, name="title")


def find_report(connection: Connection | None, user, access: Access, number: int) -> Report:
    """Raises Missing, also where somebody may not know of it."""
    found = reports_of(connection, user, access).filter(id=number).first()
    if found is None:
        raise Missing(f"There is no report {number} that you may view on {connection}.")
    return found


def may_edit(report: Report, access: Access) -> bool:
    return access.may("update", NOUN, report.title)


def check_editor(report: Report, access: Access) -> None:
    if not may_edit(report, access):
        raise NotAllowed(f"No role of yours lets you change the report {report.title}.")


def check_owner(report: Report, user, access: Access) -> None:
    """Only the owner shares a report, moves it out of sight or deletes it; a superuser, where the owner is gone."""
    if report.owner_id != user.pk and not (report.owner_id is None and access.is_everything):
        raise NotAllowed(f"Only its owner, {report.owner or 'nobody any more'}, can do this with {report.title}.")


def create(connection: Connection, user, *, title: str, blocks=(), visible: str = Report.PRIVATE) -> Report:
    """Make a report; what it begins with is version 1. Raises ReportError."""
    title, name = blocks_.check_title(title), user.get_username()
    kept = blocks_.check_blocks(list(blocks), by=name)
    _check_visible(visible)
    with transaction.atomic():
        report = Report.objects.create(
            connection=connection, title=title, owner=user, visible=visible, modified=timezone.now(), modified_by=name
        )
        _add_version(report, title, kept, name, "")
        audit.append("CreateReport", target(report), on=connection.name, after={"title": title, "visible": visible})
    return report


def save(report: Report, user, *, title: str, blocks, base: int, note: str = "") -> Report:
    """Make a version of what an editor holds, which began with version ``base``; their draft is dropped.

    Raises Conflict where somebody saved meanwhile: nothing is lost, the draft stays.
    """
    title, name = blocks_.check_title(title), user.get_username()
    with transaction.atomic():
        report = _locked(report)
        if base != report.number:
            words = (
                f"{report.modified_by} saved version {report.number} meanwhile; your text is kept as a draft. "
                "Merge both, or save yours on top of it: theirs stays in the history."
            )
            raise Conflict(words, report.number)
        kept = blocks_.check_blocks(blocks, by=name, before=report.blocks)
        ReportDraft.objects.filter(report=report, user=user).delete()
        if (title, kept) == (report.title, report.blocks):
            return report
        before = {"title": report.title, "version": report.number}
        _add_version(report, title, kept, name, note)
        audit.append(
            "UpdateReport", target(report), on=report.connection.name, before=before,
            after={"title": title, "version": report.number},
        )  # fmt: skip
    return report


def restore(report: Report, user, number: int) -> Report:
    """Make the newest version one that is as version ``number`` was."""
    version = find_version(report, number)
    note = f"Version {number} restored"
    return save(report, user, title=version.title, blocks=version.blocks, base=report.number, note=note)


def find_version(report: Report, number: int) -> ReportVersion:
    found = report.versions.filter(number=number).first()
    if found is None:
        raise Missing(f"{report.title} has no version {number}; its newest is {report.number}.")
    return found


def save_draft(report: Report, user, *, title, blocks, base: int) -> ReportDraft:
    """Keep what an editor holds, as it is: a title may be missing and a block half done."""
    if not isinstance(title, str) or not isinstance(blocks, list):
        raise ReportError("A draft has a title and a list of blocks.", "blocks")
    kept = blocks_.check_blocks(blocks, by=user.get_username(), before=report.blocks, is_draft=True)
    values = {"base": base, "title": title.replace("\x00", "")[:200], "blocks": kept, "at": timezone.now()}
    draft, _ = ReportDraft.objects.update_or_create(report=report, user=user, defaults=values)
    return draft


def drop_draft(report: Report, user) -> None:
    ReportDraft.objects.filter(report=report, user=user).delete()


def append(report: Report, user, block: dict) -> Report:
    """Add a block at the end, as a version of its own, whoever edits meanwhile."""
    with transaction.atomic():
        report = _locked(report)
        note = f"{blocks_.KINDS.get(block.get('kind'), 'Block')} added"
        return save(report, user, title=report.title, blocks=[*report.blocks, block], base=report.number, note=note)


def show_to(report: Report, visible: str) -> None:
    """Let everybody on the connection see a report, or only its owner."""
    _check_visible(visible)
    with transaction.atomic():
        report.visible, before = visible, report.visible
        report.save(update_fields=["visible"])
        audit.append(
            "UpdateReport", target(report), on=report.connection.name, before={"visible": before},
            after={"visible": visible},
        )  # fmt: skip


def delete(report: Report) -> None:
    with transaction.atomic():
        links = report.links.filter(report.links.model.working()).count()
        where, named = target(report), {"title": report.title, "versions": report.number, "links": links}
        report.delete()
        audit.append("DeleteReport", where, on=report.connection.name, before=named)


def target(report: Report) -> str:
    return f"Report {report.pk} ({report.title})"


def _check_visible(visible: str) -> None:
    if visible not in dict(Report.VISIBLE):
        raise ReportError(f"visible is one of {', '.join(dict(Report.VISIBLE))}.", "visible")


def _locked(report: Report) -> Report:
    found = Report.objects.select_for_update(of=("self",)).select_related("connection", "owner").filter(pk=report.pk)
    if (locked := found.first()) is None:
        raise Missing(f"{report.title} was deleted meanwhile.")
    return locked


def _add_version(report: Report, title: str, kept: list[dict], name: str, note: str) -> None:
    if report.number >= MOST_VERSIONS:
        raise ReportError(f"{report.title} has {MOST_VERSIONS} versions; copy it to go on.", "blocks")
    report.number += 1
    report.title, report.blocks, report.modified, report.modified_by = title, kept, timezone.now(), name
    report.save()
    ReportVersion.objects.create(
        report=report, number=report.number, title=title, blocks=kept, by=name, at=report.modified, note=note[:200]
    )
