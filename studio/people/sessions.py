"""Open sessions: which browsers somebody is signed in with, and ending one from another."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from catalog import audit
from studio.people.models import SignedIn

KEY = "signed_in"  # in the session: which SignedIn it belongs to
SEEN_EVERY = timedelta(minutes=1)  # how exact ``seen`` is: not a write per request


def only_open_sessions(get_response):
    """Middleware: a session that was ended elsewhere is nobody's. One statement for each request of a browser."""

    def middleware(request):
        if request.path != "/healthz" and request.session.session_key and request.user.is_authenticated:
            _check_open(request)
        return get_response(request)

    return middleware


def _check_open(request) -> None:
    number = request.session.get(KEY)
    row = SignedIn.objects.filter(id=number, user_id=request.user.pk).values_list("seen").first() if number else None
    if row is None:
        request.session.flush()
        request.user = AnonymousUser()
    elif row[0] < timezone.now() - SEEN_EVERY:
        SignedIn.objects.filter(id=number).update(seen=timezone.now(), source=address_of(request))


def begin(request, user, by: str) -> SignedIn:
    """Note that ``user`` is signed in with this browser now."""
    now = timezone.now()
    user.sign_ins.filter(seen__lt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE)).delete()  # ended by age
    browser = request.META.get("HTTP_USER_AGENT", "").replace("\0", "")[:256]
    row = SignedIn.objects.create(user=user, by=by, browser=browser, source=address_of(request), seen=now)
    request.session[KEY] = str(row.id)
    return row


def end(request) -> None:
    """Forget this browser's session."""
    SignedIn.objects.filter(id=request.session.get(KEY) or None).delete()


def current(request) -> str:
    """The id of the request's own SignedIn; "" if it has none."""
    return request.session.get(KEY, "")


def open_of(user):
    """The sessions of a user that haven't ended by age, the one that was used last first."""
    since = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return user.sign_ins.filter(seen__gte=since).order_by("-seen", "-created")


def sign_out(user, *, only: str = "", but: str = "") -> int:
    """End one session of a user, or all but one; returns how many. They are signed out with their next request."""
    rows = user.sign_ins.all()
    rows = rows.filter(id=only) if only else rows.exclude(id=but) if but else rows
    count, _ = rows.delete()
    if count:
        audit.append("EndSessions", f"User {user.get_username()}", detail={"sessions": count})
    return count


def address_of(request) -> str:
    return request.META.get("REMOTE_ADDR", "")[:64]


def browser_in_words(text: str) -> str:
    """``Firefox on Linux``, as far as a browser's own description tells; the description itself for what is none."""
    names = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
               ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
    name = next((label for mark, label in names if mark in text), "")
    system = next((label for mark, label in systems if mark in text), "")
    if name and system:
        return f"{name} on {system}"
    return text[:60] or "an unknown browser"
