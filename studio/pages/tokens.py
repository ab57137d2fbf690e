"""A person's REST tokens: make one (shown once), see when each was used, revoke."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from areas.allowed import anybody
from catalog.access import connections_of
from catalog.tokens import ApiToken
from studio.people import roles
from studio.people.pages import never_kept
from studio.people.pages.keys import expiry
from studio.people.power import Refused
from studio.rest import tokens


@anybody
def show(request):
    """The list; POST makes a token (``name``, ``writes``, ``days``, ``where``, ``nouns``) and shows its text this once."""
    made, error = "", ""
    if request.method == "POST":
        try:
            made = _make(request)
        except Refused as refusal:
            error = str(refusal)
    own = (
        ApiToken.objects.filter(user=request.user, revoked=None)
        .select_related("connection")
        .order_by("-created", "-id")
    )
    context = {
        "tokens": own, "made": made, "error": error, "now": timezone.now(), "nouns": roles.nouns(), "here_in": "tokens",
        "connections": connections_of(request.user).order_by("name"),
    }  # fmt: skip
    return never_kept(render(request, "settings/tokens.html", context, status=422 if error else 200))


def _make(request) -> str:
    name = request.POST.get("name", "").strip()[:100]
    if not name:
        raise Refused("A token needs a name, so that you know it again.")
    chosen, connection = request.POST.get("where", ""), None
    if chosen:
        connection = connections_of(request.user).filter(name=chosen).first()
        if connection is None:
            raise Refused(f"You have no role on a connection {chosen}.")
    nouns = roles.split(request.POST.get("nouns", ""))
    for noun in nouns:
        roles.check_noun(noun)
    text, _ = tokens.create(
        user=request.user, name=name, writes=request.POST.get("writes") == "on",
        expires=expiry(request.POST.get("days", "")), connection=connection, nouns=nouns,
    )  # fmt: skip
    return text


@anybody
@require_POST
def revoke(request, token_id: int):
    """Revoke one of the person's own tokens."""
    token = ApiToken.objects.filter(id=token_id, user=request.user, revoked=None).select_related("user").first()
    if token is None:
        raise Http404("You have no such token.")
    tokens.revoke(token)
    messages.success(request, f"Token {token.name} is revoked.")
    return redirect("tokens")
