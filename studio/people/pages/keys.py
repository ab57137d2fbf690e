"""Access keys: one's own, made and revoked here and shown once; everybody's keys and tokens, for administrators."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from areas.allowed import anybody
from catalog.models import AccessKey
from catalog.tokens import ApiToken
from studio.client_env import exports
from studio.people import keys
from studio.people.gates import everywhere
from studio.people.pages import attempt, never_kept, page_of
from studio.people.power import Refused
from studio.rest import tokens

LIVES = {"30": 30, "90": 90, "365": 365, "": None}  # days


def expiry(days: str):
    """When something ends that lives for so many days by LIVES; None for never."""
    lives = LIVES.get(days)
    return timezone.now() + timedelta(days=lives) if lives else None


@anybody
def show(request):
    """The user's own keys; POST makes one (``account``, ``label``, ``days``) and shows its secret this once."""
    made, problem = None, ""
    if request.method == "POST":
        try:
            made = keys.make_key(
                request.user, account=request.POST.get("account", ""), label=request.POST.get("label", "").strip(),
                expires=expiry(request.POST.get("days", "")),
            )  # fmt: skip
        except Refused as refusal:
            problem = str(refusal)
    accounts = keys.accounts_of(request.user)
    context = {
        "keys": keys.keys_of(request.user), "accounts": accounts, "made": made, "problem": problem,
        "now": timezone.now(), "here_in": "keys",
    }  # fmt: skip
    if made:
        there = accounts[made.account][0]
        context["exports"] = exports(
            settings.ENGINE_URL, made.key_id, made.secret, there.region, there.execution_role_arn, made.account
        )
    return never_kept(render(request, "people/keys.html", context, status=422 if problem else 200))


@anybody
@require_POST
def revoke(request, key_id: str):
    """Revoke one of the user's own keys."""
    key = keys.keys_of(request.user).filter(key_id=key_id).first()
    if key is None:
        raise Http404("You have no such key.")
    attempt(request, f"Key {key.label or key.key_id} is revoked.", keys.revoke_key, key, by=request.user)
    return redirect("keys")


@everywhere("User")
def show_everybodys(request):
    """Everybody's live keys, or (``what=tokens``) REST tokens; ``q`` is a part of a user name."""
    is_tokens, text = request.GET.get("what") == "tokens", request.GET.get("q", "").strip()[:150]
    if is_tokens:
        rows = ApiToken.objects.filter(revoked=None, user__username__icontains=text).select_related(
            "user", "connection"
        )
    else:
        rows = AccessKey.objects.filter(active=True, speaks_for_others=False, session_token="", user__icontains=text)
    rows = rows.order_by("-created", "pk")
    context = {
        "page": page_of(request, rows), "is_tokens": is_tokens, "text": text, "now": timezone.now(),
        "here_in": "everybodys-keys",
    }  # fmt: skip
    return render(request, "people/everybodys_keys.html", context)


@everywhere("User")
@require_POST
def revoke_anybodys(request):
    """Revoke a person's key (``key``) or token (``token``)."""
    if request.POST.get("token", "").isdecimal():
        token = ApiToken.objects.select_related("user").filter(pk=request.POST["token"], revoked=None).first()
        verb, arguments, what = tokens.revoke, {}, "tokens"
        name = f"Token {token.name} of {token.user.username}" if token else ""
    else:
        token = AccessKey.objects.filter(
            key_id=request.POST.get("key", ""), active=True, speaks_for_others=False
        ).first()
        verb, arguments, what = keys.revoke_key, {"by": request.user}, "keys"
        name = f"Key {token.label or token.key_id} of {token.user or 'root'}" if token else ""
    if token is None:
        raise Http404("There is no such key or token, or it is revoked already.")
    attempt(request, f"{name} is revoked.", verb, token, **arguments)
    answer = redirect("everybodys-keys")
    answer["Location"] += f"?what={what}"
    return answer
