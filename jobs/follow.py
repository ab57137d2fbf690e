"""Follow what was submitted by change, not by job: a constant number of statements, however many Runs are open."""

import logging

from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from areas import calls
from areas.index import modules, resources
from areas.spec import Resource
from catalog.models import Connection, Record
from jobs import sync
from jobs.models import Run

logger = logging.getLogger(__name__)

GONE = "(gone)"


def poll_due() -> None:
    """Bring the open Runs of every connection and kind up to date."""
    groups = Run.objects.filter(state=Run.FOLLOWING).order_by().values_list("connection_id", "kind").distinct()
    connections = Connection.objects.in_bulk({connection_id for connection_id, _ in groups})
    for connection_id, kind in groups:
        connection, resource = connections[connection_id], resources().get(kind)
        if resource is None:
            continue
        if not connection.is_embedded:  # the embedded engine writes the catalog itself
            try:
                sync.sync(connection, resource)
            except calls.CallFailed as error:
                logger.warning("%s of %s can't be listed: %s", resource.plural, connection, error)
                continue
        settle(connection, resource)


def watch() -> None:
    """Bring the nouns that are watched up to date on every AWS connection, though no Run waits for them: others change them.
    An area with a way of its own has a module ``following``."""
    watched = [resource for resource in resources().values() if resource.watched]
    for connection in Connection.objects.filter(backend=Connection.AWS):
        for resource in watched:
            try:
                sync.sync(connection, resource)
            except calls.CallFailed as error:
                logger.warning("%s of %s can't be listed: %s", resource.plural, connection, error)
        for module in modules("following"):
            try:
                module.follow(connection)
            except calls.CallFailed as error:
                logger.warning("%s can't follow %s: %s", module.__name__, connection, error)


def settle(connection: Connection, resource: Resource) -> None:
    """Write the records' statuses into the Runs that follow them, and end the Runs whose record has ended."""
    record = Record.objects.filter(connection=OuterRef("connection"), kind=OuterRef("kind"), name=OuterRef("name"))
    following = Run.objects.filter(connection=connection, kind=resource.noun, state=Run.FOLLOWING).annotate(
        seen=Coalesce(Subquery(record.values("status")[:1], output_field=CharField()), Value(GONE))
    )
    now = timezone.now()
    endings = {status: _ending(resource, status) for status in resource.terminal}
    for state in (Run.COMPLETED, Run.FAILED, Run.STOPPED):
        statuses = [status for status, ending in endings.items() if ending == state]
        _update(following.filter(seen__in=statuses), state=state, ended=now)
    _update(following.filter(seen=GONE), state=Run.STOPPED, ended=now, error=f"The {resource.singular} was deleted.")
    _update(following.exclude(seen__in=[*resource.terminal, GONE]).exclude(seen=F("status")))


def _update(found, **values) -> None:
    """Only Runs that changed come here, so the statements are as many as the changes, and not as the Runs."""
    for run_id, seen in found.values_list("id", "seen")[:1000]:
        Run.objects.filter(id=run_id, state=Run.FOLLOWING).update(status=seen, **values)


def _ending(resource: Resource, status: str) -> str:
    if status in resource.failed:
        return Run.FAILED
    return Run.STOPPED if status == "Stopped" else Run.COMPLETED
