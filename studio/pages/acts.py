"""Actions on records: what is offered, asking the service at once for one thing, queueing Runs for many."""

import logging

from django.contrib import messages
from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from areas import permissions
from areas.allowed import access, allowed, asks, may, require
from areas.calls import CallFailed, call
from areas.index import resources
from areas.spec import Action, Resource
from catalog.models import Record, Tag
from jobs import runs
from studio.pages.listing import Listing

log = logging.getLogger(__name__)
MANY = 1000  # rows that one bulk action takes
NAMED = 5


def works_on(action: Action, status: str) -> bool:
    return (not action.when or status in action.when) and status not in action.unless


def verb_of(action: Action) -> str:
    """What it needs: ``stop`` for StopTrainingJob."""
    return permissions.permission("sagemaker", action.operation)[0]


def may_act(request, resource: Resource, action: Action, name: str = "") -> bool:
    return may(request, verb_of(action), resource.noun, name)


def offered(request, resource: Resource, record: Record) -> list[Action]:
    """The actions that the record's status allows, and the person's roles."""
    return [
        action
        for action in resource.actions
        if works_on(action, record.status) and may_act(request, resource, action, record.name)
    ]


def _record(request, resource: Resource, name: str) -> Record:
    record = Record.objects.filter(connection=request.connection, kind=resource.noun, name=name).first()
    if record is None:
        raise Http404(f"There is no {resource.singular} {name}.")
    return record


def _action(resource: Resource, operation: str) -> Action:
    found = next((action for action in resource.actions if action.operation == operation), None)
    if found is None:
        raise Http404(f"{resource.title} have no action {operation}.")
    return found


@allowed("view")
def show_dependents(request, noun: str, name: str):
    """Other records that name this one, for the confirmation of what destroys it."""
    record = _record(request, resources()[noun], name)
    others = Record.objects.filter(connection=request.connection, kind__in=list(resources())).exclude(kind=noun)
    mentions = others.annotate(text=Cast("document", TextField())).filter(text__contains=f'"{record.name}"')
    found = list(
        access(request).visible_kinds(mentions).order_by("-created").only("kind", "name", "status")[: NAMED + 1]
    )
    rows = [{"record": one, "resource": resources()[one.kind]} for one in found[:NAMED]]
    return render(request, "generic/dependents.html", {"rows": rows, "more": len(found) > NAMED})


@asks("the action's verb of {noun}")
@require_POST
def act(request, noun: str, name: str, operation: str):
    """Make one call about one record, and show the service's own words if it refuses."""
    resource = resources()[noun]
    require(request, "view", noun, name)
    action = _action(resource, operation)
    require(request, verb_of(action), noun, name)
    record = _record(request, resource, name)
    try:
        call(request.connection, operation, **{resource.name_field: record.name})
    except CallFailed as error:
        messages.error(request, f"{error.code}: {error.message}")
        return redirect(resource.codename, name)
    log.info("%s called %s on %s %s", request.user, operation, noun, name)
    messages.success(request, f"{action.verb} {record.name}: {request.connection.name} accepted it.")
    if operation.startswith("Delete"):
        gone = not Record.objects.filter(id=record.id, kind=noun).exists()  # or it is in the bin
        return redirect(resource.slug) if gone else redirect(resource.codename, name)
    return redirect(resource.codename, name)


@asks("the action's verb of {noun}")
@require_POST
def act_on_many(request, noun: str):
    """Queue a Run for each selected row that the action works on: ``name`` values, or all that the query shows."""
    resource = resources()[noun]
    require(request, "view", noun)
    action = _action(resource, request.POST.get("operation", ""))
    require(request, verb_of(action), noun)
    query = request.POST.get("query", "")
    if request.POST.get("all"):
        params = request.GET.copy()
        params["q"] = query
        listing = Listing(resource, request.connection, request.user, params, access(request))
        chosen = listing.filtered
        if listing.error:
            messages.error(request, f"{listing.error.message}. Nothing was done.")
            return redirect(resource.slug)
    else:
        names = request.POST.getlist("name")[:MANY]
        chosen = Record.objects.filter(connection=request.connection, kind=noun, name__in=names)
    chosen = access(request).visible(chosen, noun, verb_of(action))
    rows = chosen.order_by("created", "id").values_list("name", "status")
    fitting = [name for name, status in rows if works_on(action, status)]
    for name in fitting[:MANY]:
        plan = [{"call": action.operation, "request": {resource.name_field: name}}]
        runs.start(request.connection, user=request.user, kind=noun, name=name, plan=plan)
    _tell(request, resource, action, len(fitting))
    target = reverse(resource.slug)
    return redirect(f"{target}?{request.GET.urlencode()}" if request.GET else target)


def _tell(request, resource: Resource, action: Action, count: int) -> None:
    if not count:
        messages.warning(
            request, f"None of the selected {resource.title.lower()} can be changed by {action.verb.lower()} now."
        )
    elif count > MANY:
        messages.warning(
            request, f"{action.verb} is queued for the oldest {MANY:,} of {count:,}; repeat it for the rest."
        )
    else:
        noun = resource.singular if count == 1 else resource.title.lower()
        messages.success(request, f"{action.verb} is queued for {count:,} {noun}.")


@allowed("update")
@require_POST
def edit_tags(request, noun: str, name: str):
    """Add (``key``, ``value``) or remove (``remove``) a tag through AddTags and DeleteTags."""
    resource = resources()[noun]
    record = _record(request, resource, name)
    back = redirect(f"{reverse(resource.codename, args=[name])}?tab=tags")
    key, value = request.POST.get("key", "").strip(), request.POST.get("value", "").strip()
    remove = request.POST.get("remove", "")
    if not key and not remove:
        messages.error(request, "A tag needs a key.")
        return back
    try:
        if remove:
            call(request.connection, "DeleteTags", ResourceArn=record.arn, TagKeys=[remove])
        else:
            call(request.connection, "AddTags", ResourceArn=record.arn, Tags=[{"Key": key, "Value": value}])
    except CallFailed as error:
        messages.error(request, f"{error.code}: {error.message}")
        return back
    if not request.connection.is_embedded:  # the engine writes its own tags; AWS's arrive with the next sync
        if remove:
            record.tags.filter(key=remove).delete()
        else:
            Tag.objects.update_or_create(record=record, key=key, defaults={"value": value})
    return back
