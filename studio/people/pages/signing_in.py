"""Signing in by a provider, by the link of an invitation, and out again; the sessions that are open."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from areas.allowed import anybody, strangers
from catalog import audit
from catalog.actor import PAGE, Actor
from studio.people import oidc, sessions
from studio.people.power import Refused

NEXT = "oidc_next"


@strangers
def begin_oidc(request):
    """To the provider's sign-in page. A link leads here, not a form: the policy lets forms go to nobody but us."""
    if not oidc.is_on():
        raise Http404("No OpenID provider is set up (STUDIO_OIDC_ISSUER).")
    target = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    request.session[NEXT] = target if is_ours else ""
    try:
        return oidc.redirect_to_provider(request, request.build_absolute_uri(reverse("oidc-callback")))
    except Refused as refusal:
        return _failed(request, str(refusal))


@strangers
def finish_oidc(request):
    """Back from the provider: sign in whoever it says it is."""
    if not oidc.is_on():
        raise Http404("No OpenID provider is set up (STUDIO_OIDC_ISSUER).")
    try:
        claims, id_token = oidc.claims_of(request)
        user = oidc.user_of(claims)
    except Refused as refusal:
        actor = Actor("", PAGE, sessions.address_of(request), principal="(not signed in)")
        audit.append("SignIn", "User (unknown)", outcome=audit.REFUSED, actor=actor,
                     detail={"by": "oidc", "reason": str(refusal)})  # fmt: skip
        return _failed(request, str(refusal))
    target = request.session.pop(NEXT, "")
    request.signed_in_by = "oidc"
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[oidc.ID_TOKEN] = id_token
    return redirect(target or settings.LOGIN_REDIRECT_URL)


def _failed(request, words: str):
    return render(
        request, "registration/oidc_failed.html", {"words": words, "provider": settings.OIDC_NAME}, status=403
    )


@strangers
@require_POST
def sign_out(request):
    """End this session; if a provider began it, offer to end the one there too."""
    url = oidc.sign_out_url(request)
    logout(request)
    if not url:
        return redirect("login")
    return render(request, "registration/signed_out.html", {"url": url, "provider": settings.OIDC_NAME})


class Invitation(PasswordResetConfirmView):
    """Whoever holds the link of an invitation or a reset chooses the account's password: once, and while it is fresh."""

    template_name = "registration/invitation.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form):
        if not self.user.is_active:
            raise Http404("This account is deactivated.")
        answer = super().form_valid(form)
        actor = Actor(self.user.get_username(), PAGE, sessions.address_of(self.request))
        audit.append("SetPassword", f"User {self.user.get_username()}", detail={"by": "link"}, actor=actor)
        messages.success(self.request, "Your password is set: sign in with it.")
        return answer


@anybody
def show_sessions(request):
    """The browsers in which the user is signed in."""
    rows = [(row, sessions.browser_in_words(row.browser)) for row in sessions.open_of(request.user)]
    context = {"sessions": rows, "current": sessions.current(request), "here_in": "sessions"}
    return render(request, "people/sessions.html", context)


@anybody
@require_POST
def end_session(request):
    """End one session (``session``), or without that all but this one."""
    number = request.POST.get("session", "")
    if number and not request.user.sign_ins.filter(id=_uuid(number)).exists():
        raise Http404("You have no such session.")
    current = sessions.current(request)
    count = sessions.sign_out(request.user, only=number) if number else sessions.sign_out(request.user, but=current)
    messages.success(request, f"{count} session{'s'[: count != 1]} ended.")
    return redirect("sessions")


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise Http404("You have no such session.") from None
