"""Groups: the list, a new one, one with its members and roles."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Count
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from areas.allowed import allowed
from catalog.models import Grant
from studio.people import groups
from studio.people.gates import everywhere, manages_everywhere
from studio.people.pages import attempt, page_of
from studio.people.pages.users import choices, give_to_group
from studio.people.power import Refused


@allowed("manage", "Group")
def show_list(request):
    """Groups by name; POST makes one (``name``)."""
    if request.method == "POST":
        name = request.POST.get("name", "").strip()
        attempt(request, f"Group {name} is made.", groups.create_group, name, by=request.user)
        return redirect("groups")
    rows = Group.objects.annotate(members=Count("user", distinct=True), given=Count("grants", distinct=True))
    context = {
        "page": page_of(request, rows.order_by("name")), "may_edit": manages_everywhere(request, "Group"),
        "here_in": "groups",
    }  # fmt: skip
    return render(request, "people/groups.html", context)


@allowed("manage", "Group")
def show(request, group_id: int):
    """One group; POST renames it (``name``)."""
    group = _find(group_id)
    if request.method == "POST":
        name = request.POST.get("name", "").strip()
        attempt(request, f"The group is called {name} now.", groups.rename_group, group, name, by=request.user)
        return redirect("group", group_id)
    context = {
        **choices(request), "group": group, "page": page_of(request, group.user_set.order_by("username")),
        "grants": Grant.objects.filter(group=group).select_related("role", "connection").order_by("connection__name", "role__name"),
        "may_edit": manages_everywhere(request, "Group"), "here_in": "groups",
    }  # fmt: skip
    return render(request, "people/group.html", context)


@everywhere("Group")
@require_POST
def change_member(request, group_id: int):
    """Put a user into a group (``add``: user name), or take one out (``remove``)."""
    group = _find(group_id)
    name = (request.POST.get("add") or request.POST.get("remove") or "").strip()

    def change():
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise Refused(f"There is no user {name or 'without a name'}.")
        (groups.add_member if request.POST.get("add") else groups.remove_member)(group, user, by=request.user)

    attempt(request, f"The members of {group.name} are changed.", change)
    return redirect("group", group_id)


@allowed("manage", "Group")
@require_POST
def give(request, group_id: int):
    """Give everybody of a group a role (``role``) on a connection (``where``; ``*`` is every one)."""
    return give_to_group(request, _find(group_id))


@everywhere("Group")
@require_POST
def delete(request, group_id: int):
    group = _find(group_id)
    if attempt(request, f"Group {group.name} is deleted.", groups.delete_group, group, by=request.user):
        return redirect("groups")
    return redirect("group", group_id)


def _find(group_id: int) -> Group:
    group = Group.objects.filter(pk=group_id).first()
    if group is None:
        raise Http404("There is no such group.")
    return group
