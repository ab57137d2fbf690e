"""What happened to a version, from all who know: registry, approval desk, aliases, endpoints. Newest first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from areas.model_registry.events import KIND
from areas.model_registry.models import AliasMove
from areas.model_registry.running import deployments_of
from areas.model_registry.version import Version
from catalog.models import Event
from registry.approvals import ApprovalRequest, Vote

SHOWN = 100  # of each kind


@dataclass(frozen=True)
class Happening:
    at: datetime
    word: str
    by: str = ""
    text: str = ""
    state: str = "ok"  # what its icon shows: ok, fail, warn, stopped, waiting
    url: str = ""


def tell(version: Version) -> list[Happening]:
    """Everything that is known, newest first."""
    record = version.record
    found = [Happening(record.created, "Registered", record.owner)]
    found += _approvals(version) + _aliases(version) + _deployments(version) + _stages(version)
    return sorted(found, key=lambda one: one.at, reverse=True)


def _approvals(version: Version) -> list[Happening]:
    found = []
    rows = ApprovalRequest.objects.filter(connection=version.connection, arn=version.record.arn)
    states = {
        Vote.APPROVE: ("approved", "ok"),
        Vote.REJECT: ("rejected", "fail"),
        Vote.CHANGES: ("asked for changes", "warn"),
    }
    for request in rows.prefetch_related("votes")[:SHOWN]:
        url = f"/approvals/{request.id}/"
        found.append(
            Happening(request.opened, "Approval asked for", ", ".join(request.authors), state="waiting", url=url)
        )
        for vote in request.votes.all():
            word, state = states[vote.choice]
            void = " (void: the version changed after it)" if vote.void else ""
            found.append(
                Happening(
                    vote.at, f"Voted: {word}{void}", vote.user, vote.comment, "stopped" if vote.void else state, url
                )
            )
        if request.decided:
            state = {"Approved": "ok", "Rejected": "fail"}.get(request.state, "stopped")
            found.append(Happening(request.decided, request.state, request.decided_by, request.reason, state, url))
    return found


def _aliases(version: Version) -> list[Happening]:
    if not version.number:
        return []
    rows = AliasMove.objects.filter(connection=version.connection, group=version.group)
    found = []
    for move in rows.filter(Q(before=version.number) | Q(after=version.number))[:SHOWN]:
        if move.before == move.after:
            word = f"{move.name} is {'protected' if move.is_protected else 'no longer protected'}"
        elif move.after == version.number:
            word = f"Became {move.name}"
        else:
            where = f" (version {move.after} is)" if move.after else ""
            word = f"No longer {move.name}{where}"
        found.append(Happening(move.at, word, move.by, state="ok" if move.after == version.number else "stopped"))
    return found


def _deployments(version: Version) -> list[Happening]:
    found = []
    for one in deployments_of(version.connection, version.record.arn, SHOWN):
        url = f"/endpoints/{one.endpoint}/?connection={one.connection.name}"
        where = one.endpoint if one.connection_id == version.connection.id else f"{one.endpoint} on {one.connection}"
        found.append(
            Happening(
                one.served or one.started,
                f"{'Deployed' if one.served else 'Deployment began'} to {where}",
                one.by,
                url=url,
            )
        )
        if one.ended:
            state = "stopped" if one.served else "fail"
            words = {"RolledBack": "Rolled back", "Failed": "Deployment failed", "Deleted": "Endpoint deleted"}
            found.append(
                Happening(one.ended, f"{words.get(one.outcome, one.outcome)}: {where}", "", one.reason, state, url)
            )
    return found


def _stages(version: Version) -> list[Happening]:
    rows = Event.objects.filter(
        connection=version.connection, detail_type=KIND, detail__ModelPackageArn=version.record.arn
    )
    found, before = [], None
    for event in rows.order_by("id")[:SHOWN]:
        stage = event.detail.get("ModelLifeCycle") or {}
        if stage and stage != before:
            word = f"Stage {stage.get('Stage', '')}, {stage.get('StageStatus', '')}"
            found.append(Happening(event.time, word, "", stage.get("StageDescription", "")))
        before = stage
    return found
