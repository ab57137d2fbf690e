"""Signing in and out, the theme, which connection, what was seen: small things that belong to the person."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from areas.allowed import anybody, strangers
from catalog import audit
from registry.notices.models import Notification
from studio.models import Preference
from studio.people import oidc, sessions

YEAR = 365 * 24 * 3600


def back(request):
    """A redirect to ``next`` of the form, if it is ours, else Home."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if target and safe else "/")


class SignIn(LoginView):
    """The sign-in page. Until somebody has signed in for the first time it says where the credentials are."""

    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def get(self, request, *args, **kwargs):
        if request.htmx:  # a part of a page asked after the session ended: the whole page must come here
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        signed_in_before = get_user_model().objects.filter(last_login__isnull=False).exists()
        hint = "" if signed_in_before else settings.CREDENTIALS_FILE
        provider = settings.OIDC_NAME if oidc.is_on() else ""
        return super().get_context_data(first_run=hint, provider=provider, **kwargs)


@strangers
def admin_login(request):
    """Django's admin has no sign-in of its own: there is one door, with one lock."""
    target = urlencode({"next": request.GET.get("next") or "/admin/"})
    return redirect(f"{settings.LOGIN_URL}?{target}")


class ChangePassword(PasswordChangeView):
    """Change one's own password; it ends every other session."""

    template_name = "registration/change_password.html"
    success_url = reverse_lazy("sessions")

    def form_valid(self, form):
        with transaction.atomic():
            answer = super().form_valid(form)
            user = self.request.user
            user.sign_ins.exclude(id=sessions.current(self.request)).delete()
            audit.append("ChangePassword", f"User {user.get_username()}")
        messages.success(self.request, "Your password is changed, and your other sessions have ended.")
        return answer


@strangers
@require_POST
def choose_theme(request):
    """Keep light, dark or system in a cookie, which the server reads for every page: no flash of the wrong scheme."""
    chosen = request.POST.get("theme", "")
    response = HttpResponse(status=204) if request.headers.get("X-Requested-With") == "fetch" else back(request)
    if chosen in ("light", "dark"):
        response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie("theme")
    return response


@anybody
@require_POST
def choose_connection(request):
    """Make a connection the current one for this session."""
    name = request.POST.get("connection", "")
    if name in request.connections:
        request.session["connection"] = name
    else:
        messages.error(request, f"There is no connection {name}.")
    return back(request)


@anybody
@require_POST
def mark_seen(request):
    """Nothing that failed up to now is shown as new any more, and what the person was told counts as read."""
    Preference.objects.update_or_create(user=request.user, defaults={"seen": timezone.now()})
    Notification.objects.filter(user=request.user, read=None).update(read=timezone.now())
    return back(request)
