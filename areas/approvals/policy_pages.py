"""Pages of approval policies: the list, making and changing one with a preview of what it means, its versions."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from areas.allowed import allowed
from areas.approvals import forms
from areas.approvals.finding import POLICY, find_policy, may_manage, may_manage_everywhere
from catalog.access import connections_of
from catalog.models import Role
from registry import policies
from registry.approvals import ApprovalPolicy, PolicyVersion
from registry.errors import DeskError
from registry.preview import preview


@allowed("view", POLICY)
@require_safe
def show_list(request):
    rows = policies.visible_to(request.user.get_username(), request.connection)
    return render(request, "areas/approvals/policies.html", {"policies": rows, "may_create": may_manage(request)})


@allowed("manage", POLICY)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request):
    """The form; a POST saves, with ``preview=1`` it only shows what the policy would mean."""
    return _form(request, None)


@allowed("view", POLICY)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, number: int):
    """The policy; who may manage it changes it here."""
    found = find_policy(request, number, "manage" if request.method == "POST" else "view")
    return _form(request, found)


@allowed("view", POLICY)
@require_safe
def show_versions(request, number: int):
    """Every version of a policy, newest first, also of one that was deleted."""
    versions = list(PolicyVersion.objects.filter(policy=number))
    if not versions:
        raise Http404(f"There is no approval policy {number}.")
    found = ApprovalPolicy.objects.filter(id=number).first()
    if found:
        find_policy(request, number)
    elif versions[0].document["connection"] not in ("", request.connection.name if request.connection else ""):
        raise Http404(f"There is no approval policy {number} on {request.connection}.")
    shown = [
        {"version": one, "changes": _changes(one, older)}
        for one, older in zip(versions, [*versions[1:], None], strict=True)
    ]
    return render(
        request, "areas/approvals/versions.html", {"policy": found, "name": versions[0].name, "versions": shown}
    )


@allowed("manage", POLICY)
@require_POST
def delete(request, number: int):
    found = find_policy(request, number, "manage")
    try:
        policies.delete(actor=request.user, policy=found)
    except DeskError as error:
        messages.error(request, error.message)
        return redirect("approval-policy", number)
    messages.success(request, f"The policy {found.name} is deleted.")
    return redirect("approval-policies")


def _form(request, policy: ApprovalPolicy | None):
    shown, error, lines = forms.of_policy(policy), None, None
    everywhere = policy is not None and policy.connection_id is None
    if request.method == "POST":
        shown = forms.read(request.POST)
        everywhere = request.POST.get("where") == "everywhere"
        connection = None if everywhere else request.connection
        try:
            values = forms.values_of(shown)
            if "preview" in request.POST or "preview" in request.GET:
                tried = policies.draft({**values, "name": values["name"] or "draft"}, connection, of=policy)
                lines = preview(tried, request.connection)
            else:
                seen = request.POST.get("version", "")
                saved = policies.save(
                    actor=request.user, values=values, connection=connection, policy=policy,
                    seen_version=int(seen) if seen.isdigit() else None,
                )  # fmt: skip
                messages.success(request, f"The policy {saved.name} is saved (version {saved.version}).")
                return redirect("approval-policy", saved.id)
        except DeskError as refused:
            error = refused
    return render(request, "areas/approvals/policy.html", {
        "policy": policy, "shown": shown, "error": error, "lines": lines, "everywhere": everywhere,
        "roles": Role.objects.values_list("name", flat=True), "may_manage": may_manage(request, policy),
        "may_everywhere": may_manage_everywhere(request), "traffic": forms.TRAFFIC, "lone": forms.LONE,
        "connections": sorted(connections_of(request.user).values_list("name", flat=True)),
    })  # fmt: skip


def _changes(version: PolicyVersion, older: PolicyVersion | None) -> list[dict]:
    before = older.document if older else {}
    return [
        {"member": member, "before": before.get(member), "after": value}
        for member, value in version.document.items()
        if before.get(member) != value
    ]
