"""What people post on notes and threads, each answered by the page that it came from; and whom they may mention."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from areas.allowed import allowed, asks, require
from areas.model_registry import talk
from areas.model_registry.errors import Missing, NotAllowed, RegistryError
from areas.model_registry.models import Comment


@asks("update of what the note is about")
@require_POST
def write_note(request, kind: str, name: str):
    """``text``, and ``seen``: the id of the note that was edited."""
    require(request, "update", kind, name)
    record = _target(request, kind, name)
    seen = request.POST.get("seen", "")
    try:
        talk.write_note(
            record, request.POST.get("text", ""), seen=int(seen) if seen.isdigit() and len(seen) < 15 else None
        )
        messages.success(request, "The note is saved.")
    except RegistryError as error:
        messages.error(request, error.message)
    return redirect(talk.address(record))


@allowed("create", talk.COMMENT, name="")
@require_POST
def say(request, kind: str, name: str):
    """Add a comment: ``text``."""
    record = _target(request, kind, name)
    try:
        comment = talk.say(record, request.POST.get("text", ""))
    except RegistryError as error:
        messages.error(request, error.message)
        return redirect(talk.address(record))
    return redirect(f"{talk.address(record)}#comment-{comment.id}")


@allowed("create", talk.COMMENT, name="")
@require_POST
def change(request, number: int):
    """Edit an own comment (``text``), or take it back (``do`` = delete)."""
    comment = Comment.objects.filter(connection=request.connection, id=number, deleted=None).first()
    if comment is None:
        raise Http404(f"There is no comment {number} in {request.connection}.")
    record = _target(request, comment.kind, comment.name)
    try:
        if request.POST.get("do") == "delete":
            talk.delete(request.connection, number)
        else:
            talk.edit(request.connection, number, request.POST.get("text", ""))
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
    except RegistryError as error:
        messages.error(request, error.message)
    return redirect(f"{talk.address(record)}#comment-{number}")


@allowed("create", talk.COMMENT, name="")
@require_safe
def suggest(request, kind: str, name: str):
    """User names for an @mention: those who may view the thing; ``q`` is what is typed so far."""
    record = _target(request, kind, name)
    return JsonResponse({"names": talk.people_who_may_view(record, request.GET.get("q", "")[:150])})


def _target(request, kind: str, name: str):
    try:
        return talk.find_target(request.connection, kind, name)
    except Missing as error:
        raise Http404(error.message) from None
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
