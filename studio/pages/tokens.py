"""A person's REST tokens: make one (shown once), see when each was used, revoke."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from studio.rest import tokens
from studio.rest.models import ApiToken

LIVES = {"30": 30, "90": 90, "365": 365, "": None}  # days


def show(request):
    """The list; POST makes a token (``name``, ``writes``, ``days``) and shows its text this once."""
    made, error = "", ""
    if request.method == "POST":
        name = request.POST.get("name", "").strip()[:100]
        days = LIVES.get(request.POST.get("days", ""))
        if name:
            expires = timezone.now() + timedelta(days=days) if days else None
            made, _ = tokens.create(
                user=request.user, name=name, writes=request.POST.get("writes") == "on", expires=expires
            )
        else:
            error = "A token needs a name, so that you know it again."
    own = ApiToken.objects.filter(user=request.user, revoked=None).order_by("-created", "-id")
    context = {"tokens": own, "made": made, "error": error, "now": timezone.now(), "here_in": "tokens"}
    answer = render(request, "settings/tokens.html", context, status=422 if error else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
def revoke(request, token_id: int):
    """Revoke one of the person's own tokens."""
    token = ApiToken.objects.filter(id=token_id, user=request.user, revoked=None).first()
    if token is None:
        raise Http404("You have no such token.")
    tokens.revoke(token)
    messages.success(request, f"Token {token.name} is revoked.")
    return redirect("tokens")
