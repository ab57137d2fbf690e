"""What the shell around every page needs: places with their counts, workers, what failed lately, the tour."""

from datetime import timedelta
from functools import cached_property

from django.core.cache import cache
from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from areas.allowed import access, may
from areas.index import AREAS, area_of, modules, resources
from catalog.access import Access
from catalog.models import Record
from jobs import runs
from jobs.models import Run
from registry.notices.models import Notification
from studio.access import opens
from studio.models import Preference
from studio.ui.workers import workers

# The sidebar's groups in the order of the life cycle, with their icons. A group that nothing is in isn't shown.
SECTIONS = {
    "Data": "circle-stack",
    "Build": "cube-transparent",
    "Train": "academic-cap",
    "Pipelines": "share",
    "Deploy": "rocket-launch",
    "Govern": "shield-check",
}
COUNT_SECONDS = 3
FAILURES_SHOWN = 20
UNREAD_COUNTED = 100
FIRST_LOOK = timedelta(days=7)


def theme_of(request) -> str:
    """``light``, ``dark`` or "" (the system's), as the cookie says."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""


def shell(request) -> dict:
    """``theme`` and, for somebody signed in, ``shell``: computed only where a template asks."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {"theme": theme_of(request), "shell": Shell(request) if known else None}


def count_records(connection, access: Access) -> dict[str, tuple[int, int]]:
    """Kind → (how many of them may be viewed, how many of those have not ended), kept for a few seconds."""
    every = Record.objects.filter(connection=connection)
    rows = access.visible_kinds(every)

    def count() -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        counted = rows.order_by().values_list("kind", "status").annotate(Count("id"))
        for kind, status, rows_of in counted:
            resource = resources().get(kind)
            total, running = found.get(kind, (0, 0))
            goes_on = bool(resource and resource.terminal and status not in resource.terminal)
            found[kind] = (total + rows_of, running + rows_of * goes_on)
        return found

    whose = "" if rows is every else f"-{hash(access)}"
    return cache.get_or_set(f"counts-{connection.id}{whose}", count, COUNT_SECONDS)


class Shell:
    """Read by templates/base; every part is computed when first read."""

    def __init__(self, request):
        self.request = request
        self.connection = getattr(request, "connection", None)

    @cached_property
    def preference(self) -> Preference:
        found = Preference.objects.filter(user=self.request.user).first()
        return found or Preference(user=self.request.user)

    @cached_property
    def places(self) -> list[dict]:
        """Every page of the sidebar that this person may open: the Resources, and what areas add in their ``shell`` modules."""
        if not self.connection:
            return []
        counts = count_records(self.connection, access(self.request))
        found = []  # (area, place)
        for module in modules("shell"):
            for place in getattr(module, "PLACES", ()):
                try:
                    url = reverse(place.url)
                except NoReverseMatch:
                    continue
                if not opens(self.request, url):
                    continue
                count = place.count(self.connection) if place.count else 0
                row = self._place(place.section, place.label, url, place.url, count, 0, place.icon)
                found.append((module.__name__.split(".")[1], row))
        for noun, resource in resources().items():
            if not resource.section:  # reached from elsewhere
                continue
            count, running = counts.get(noun, (0, 0))
            label, url = resource.label or resource.title, reverse(resource.slug)
            if opens(self.request, url):
                row = self._place(resource.section, label, url, resource.slug, count, running, resource.icon)
                found.append((area_of(noun), row))
        places = [row for _, row in sorted(found, key=lambda one: AREAS.index(one[0]))]
        taken = {"h"}
        for place in sorted(places, key=lambda place: " " in place["label"]):  # plain words take their first letter
            place["letter"] = next((c for c in place["label"].lower() if c.isalpha() and c not in taken), "")
            taken.add(place["letter"])
        return places

    def _place(self, section, label, url, key, count, running, icon) -> dict:
        path = self.request.path
        current = "page" if path == url else "true" if path.startswith(url) else ""
        return {
            "section": section, "label": label, "url": url, "key": key, "count": count, "running": running,
            "icon": icon, "current": current,
        }  # fmt: skip

    @cached_property
    def sections(self) -> list[dict]:
        found = []
        for name, icon in SECTIONS.items():
            if places := [place for place in self.places if place["section"] == name]:
                found.append({"name": name, "icon": icon, "places": places, "open": True})
        admin = self._admin()
        found.append({"name": "Admin", "icon": "adjustments-horizontal", "places": admin,
                      "open": any(place["current"] for place in admin)})  # fmt: skip
        return found

    @cached_property
    def manages(self) -> set[str]:
        """What of the Studio's own the user may manage here: "User", "Group", "Role", "Connection", "Run"."""
        return {noun for noun in ("User", "Group", "Role", "Connection", "Run") if may(self.request, "manage", noun)}

    def _admin(self) -> list[dict]:
        shown = {
            "connections": ("Connections", True),
            "credentials": ("Credentials", self.request.user.is_superuser),
            "workers": ("Workers and queues", "Run" in self.manages),
            "users": ("People and roles", "User" in self.manages),
        }
        return [
            self._place("Admin", label, reverse(name), "", 0, 0, "") for name, (label, is_in) in shown.items() if is_in
        ]

    @cached_property
    def workers(self) -> dict:
        return workers()

    @cached_property
    def failures(self) -> list[dict]:
        """What failed since this person last looked, newest first: name, kind, url, when, reason, owner."""
        if not self.connection:
            return []
        since = self.preference.seen or timezone.now() - FIRST_LOOK
        return failures_since(self.connection, since, access(self.request))

    @cached_property
    def unread(self) -> list[Notification]:
        """What this person was told and hasn't read, newest first: as many as are worth counting."""
        rows = Notification.objects.filter(user=self.request.user, shown=True, read=None)
        return list(rows.order_by("-id")[:UNREAD_COUNTED])

    @cached_property
    def unread_count(self) -> str:
        """``3``, or ``99+``."""
        count = len(self.unread)
        return str(count) if count < UNREAD_COUNTED else f"{UNREAD_COUNTED - 1}+"

    @cached_property
    def tour(self) -> dict | None:
        from studio.pages.tour import current_step

        if not may(self.request, "create", "TrainingJob"):
            return None  # it leads from page to page by buttons that they don't have
        return current_step(self.request, self.preference)


def failures_since(connection, since, access: Access) -> list[dict]:
    """Records in a failed status and Runs that a service refused, since a moment; each thing once. Two queries."""
    failed = {status for resource in resources().values() for status in resource.failed if resource.status_field}
    records = Record.objects.filter(
        connection=connection, kind__in=list(resources()), status__in=failed, modified__gt=since
    )
    records = access.visible_kinds(records).order_by("-modified")[:FAILURES_SHOWN]
    refused = Run.objects.filter(connection=connection, state=Run.FAILED, ended__gt=since).select_related("user")
    found = {}
    for run in runs.visible(refused, access).order_by("-ended")[:FAILURES_SHOWN]:
        found[run.kind, run.name] = {
            "name": run.name, "kind": run.kind, "url": url_of(run.kind, run.name), "when": run.ended,
            "reason": run.error, "owner": run.user.get_username() if run.user else "", "recorded": False,
        }  # fmt: skip
    for record in records:
        found[record.kind, record.name] = {
            "name": record.name, "kind": record.kind, "url": url_of(record.kind, record.name), "when": record.modified,
            "reason": record.document.get("FailureReason", ""), "owner": record.owner, "recorded": True,
        }  # fmt: skip
    return sorted(found.values(), key=lambda failure: failure["when"], reverse=True)[:FAILURES_SHOWN]


def url_of(kind: str, name: str) -> str:
    """The page of one thing; "" where its kind has none."""
    resource = resources().get(kind)
    try:
        return reverse(resource.codename if resource else kind.lower(), args=[name])
    except NoReverseMatch:
        return ""
