"""Saved views: what a list's address says, kept under a name by one person, for themselves or for all who can open the list."""

from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.contrib import messages
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_POST

from areas.allowed import anybody
from areas.words import whole
from catalog.models import Connection
from studio.access import opens

MOST = 200  # of one person on one list
TRANSIENT = ("page", "view", "part", "since", "ids", "format", "open", "show", "connection")


class SavedView(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    connection = models.ForeignKey(Connection, null=True, on_delete=models.CASCADE)
    page = models.CharField(max_length=500)  # path of the list
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True)  # of its address, less what only that visit needed
    shared = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "connection", "page", "name"], name="one_view_by_name"),
        ]
        indexes = [models.Index(fields=["connection", "page"], name="view_page")]

    def __str__(self):
        return f"{self.name} of {self.page}"


def lasting(query: str) -> str:
    """A query of an address without what only one visit needs, in one order of its parts."""
    pairs = [(key, value) for key, value in parse_qsl(query) if key not in TRANSIENT and value]
    return urlencode(sorted(pairs, key=lambda pair: pair[0]))  # parts of one name keep their order: columns


def views_of(request) -> list[dict]:
    """The views of the page that a request is for: one's own first, then what others share."""
    if not request.user.is_authenticated:
        return []
    found = SavedView.objects.filter(page=request.path, connection=getattr(request, "connection", None))
    found = found.filter(Q(user=request.user) | Q(shared=True)).select_related("user").order_by("name", "id")
    opened, now = request.GET.get("view", ""), lasting(request.META.get("QUERY_STRING", ""))
    rows = [
        {
            "view": one, "is_own": one.user_id == request.user.id, "is_open": str(one.id) == opened,
            "is_changed": str(one.id) == opened and one.query != now,
            "url": f"{one.page}?{one.query}{'&' if one.query else ''}view={one.id}",
        }
        for one in found
    ]  # fmt: skip
    return sorted(rows, key=lambda row: not row["is_own"])


@anybody
@require_POST
def keep(request):
    """``act``: save a new view, change one's own to what ``query`` says, or delete it. Back to the list."""
    page, query = request.POST.get("page", ""), lasting(request.POST.get("query", "")[:8000])
    try:
        resolve(page)
    except Resolver404:
        page = ""
    if not page or len(page) > 500 or not opens(request, page):
        messages.error(request, "There is no such list.")
        return redirect("/")
    act = request.POST.get("act", "")
    mine = SavedView.objects.filter(user=request.user, connection=request.connection, page=page)
    if act == "save":
        return _save(request, mine, page, query)
    number = request.POST.get("view", "")
    view = mine.filter(id=whole(number)).first()
    if view is None:
        messages.error(request, "That view is somebody else's, or gone.")
        return redirect(_address(page, query))
    if act == "delete":
        view.delete()
        messages.success(request, f"View {view.name} is deleted.")
        return redirect(_address(page, query))
    if act == "change":
        view.query = query
    elif act == "share":
        view.shared = not view.shared
    view.save()
    return redirect(_address(page, view.query if act == "change" else query, view.id))


def _save(request, mine, page: str, query: str):
    name = request.POST.get("name", "").strip()[:80]
    if not name:
        messages.error(request, "A view needs a name.")
        return redirect(_address(page, query))
    if mine.count() >= MOST:
        messages.error(request, f"You have {MOST} views of this list; delete one first.")
        return redirect(_address(page, query))
    view, _ = mine.update_or_create(
        name=name, defaults={"query": query, "shared": request.POST.get("shared") == "1"},
        create_defaults={
            "user": request.user, "connection": request.connection, "page": page, "query": query, "name": name,
            "shared": request.POST.get("shared") == "1",
        },
    )  # fmt: skip
    messages.success(request, f"View {name} is saved.")
    return redirect(_address(page, query, view.id))


def _address(page: str, query: str, view: int | None = None) -> str:
    params = QueryDict(query, mutable=True)
    if view:
        params["view"] = str(view)
    return f"{page}?{params.urlencode()}" if params else page
