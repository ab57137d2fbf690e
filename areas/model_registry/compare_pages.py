"""The page that compares two versions."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from areas.allowed import allowed, may, require, visible
from areas.model_registry import aliases, comparing
from areas.model_registry.errors import Missing
from areas.model_registry.version import Version
from catalog.models import Record

PACKAGE = "ModelPackage"


@allowed("view", PACKAGE)
@require_safe
def compare(request):
    """``?old=churn/2&new=churn/3``: any two, also ``group@alias``. ``all=1`` shows what is the same, too."""
    old_name, new_name = (request.GET.get(side, "").strip() for side in ("old", "new"))
    problems: list[str] = []
    old, new = _find(request, old_name, problems), _find(request, new_name, problems)
    sections = comparing.compare(old, new) if old and new else []
    rows = visible(request, Record.objects.filter(connection=request.connection, kind=PACKAGE), PACKAGE)
    near = [version.group for version in (old, new) if version and version.group]
    newest = rows.filter(parent__in=near) if near else rows
    context = {
        "old": old, "new": new, "old_name": old_name, "new_name": new_name, "problems": problems, "sections": sections,
        "all": request.GET.get("all") == "1", "same": sum(len(one.rows) - len(one.different) for one in sections),
        "different": sum(len(one.different) for one in sections),
        "names": newest.order_by("-created", "-id").values_list("name", flat=True)[:100],
    }  # fmt: skip
    return render(request, "areas/model_registry/compare.html", context)


@allowed("view", PACKAGE)
@require_safe
def go(request):
    """``?version=churn@champion``: to the page of the version that it means now; ``then=deploy`` to the page that deploys it."""
    try:
        record = aliases.resolve(request.connection, request.GET.get("version", "").strip())
    except Missing as error:
        raise Http404(error.message) from None
    require(request, "view", PACKAGE, record.name)
    return redirect("model_package-deploy" if request.GET.get("then") == "deploy" else "model_package", record.name)


def _find(request, name: str, problems: list[str]) -> Version | None:
    if not name:
        return None
    try:
        record = aliases.resolve(request.connection, name)
    except Missing as error:
        problems.append(error.message)
        return None
    if not may(request, "view", PACKAGE, record.name):
        problems.append(f"No role of yours on {request.connection} allows view_model_package of {record.name}.")
        return None
    record.connection = request.connection
    return Version(record)
