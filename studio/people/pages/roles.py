"""Roles: the list, and the editor for rules of our own roles, which shows what a rule matches before it is saved."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from areas.allowed import allowed
from catalog.access import VERBS
from catalog.models import Role
from studio.people import roles
from studio.people.gates import everywhere, manages_everywhere
from studio.people.pages import attempt
from studio.people.power import Refused

RULES = 30  # of one role; the form ends somewhere
EMPTY = {"verbs": ["view"], "nouns": "", "names": "", "tags": ""}


@allowed("manage", "Role")
def show_list(request):
    found = [(role, [roles.words(rule) for rule in role.rules]) for role in roles.listed()]
    context = {"roles": found, "may_edit": manages_everywhere(request, "Role"), "here_in": "roles"}
    return render(request, "people/roles.html", context)


@everywhere("Role")
def create(request):
    """The editor for a new role, or (``from``) for a copy of another."""
    original = _find(request.GET["from"]) if request.GET.get("from", "").isdecimal() else None
    rows = [_row(rule) for rule in original.rules] if original else [dict(EMPTY)]
    return _edit(request, None, "", original.description if original else "", rows)


@everywhere("Role")
def edit(request, role_id: int):
    """The editor for a role of ours; a built-in one is shown as it is."""
    role = _find(role_id)
    return _edit(request, role, role.name, role.description, [_row(rule) for rule in role.rules])


def _edit(request, role: Role | None, name: str, description: str, rows: list[dict]):
    """``do`` of the form: save, add (a rule), check (what the rules match), remove-<n>."""
    problem = ""
    if request.method == "POST":
        name, description = request.POST.get("name", "").strip(), request.POST.get("description", "").strip()
        rows = _rows(request.POST)
        do = request.POST.get("do", "save")
        if do == "add":
            rows.append(dict(EMPTY))
        elif do.startswith("remove-") and do[7:].isdecimal():
            rows = [row for number, row in enumerate(rows) if number != int(do[7:])]
        elif do == "save" and not any(row["problem"] for row in rows):
            try:
                rules = [row["rule"] for row in rows]
                if role:
                    roles.edit_role(role, name, description, rules, by=request.user)
                else:
                    roles.create_role(name, description, rules, by=request.user)
            except Refused as refusal:
                problem = str(refusal)
            else:
                return redirect("roles")
    for row in rows:
        if row.get("rule") and not row["problem"]:
            row["count"], row["first"] = roles.matches(row["rule"], request.connection)
    context = {
        "role": role, "name": name, "description": description, "rows": rows, "problem": problem, "verbs": (*VERBS, "*"),
        "nouns": roles.nouns(), "here_in": "roles", "may_add": len(rows) < RULES,
    }  # fmt: skip
    bad = problem or (request.method == "POST" and any(row.get("problem") for row in rows))
    return render(request, "people/role.html", context, status=422 if bad else 200)


@everywhere("Role")
@require_POST
def delete(request, role_id: int):
    role = _find(role_id)
    if attempt(request, f"Role {role.name} is deleted.", roles.delete_role, role, by=request.user):
        return redirect("roles")
    return redirect("role", role_id)


def _rows(form) -> list[dict]:
    """The rules of the form as they were written, each with the ``rule`` that it means or the ``problem`` with it."""
    count = form.get("rules", "0")
    rows = []
    for number in range(min(int(count) if count.isdecimal() else 0, RULES)):
        row = {part: form.get(f"{part}-{number}", "") for part in ("nouns", "names", "tags")}
        rows.append(_read({"verbs": form.getlist(f"verbs-{number}"), **row}))
    return rows


def _row(rule: dict) -> dict:
    tags = ", ".join(f"{key}={value}" for key, value in (rule.get("tags") or {}).items())
    return {
        "verbs": rule["verbs"], "nouns": ", ".join(rule["nouns"]), "names": ", ".join(rule.get("names") or ()),
        "tags": tags, "rule": rule, "problem": "",
    }  # fmt: skip


def _read(row: dict) -> dict:
    row["problem"], row["rule"] = "", None
    try:
        rule = {"verbs": row["verbs"], "nouns": roles.split(row["nouns"])}
        if names := roles.split(row["names"]):
            rule["names"] = names
        if tags := roles.read_tags(row["tags"]):
            rule["tags"] = tags
        roles.check_rule(rule)
        row["rule"] = rule
    except Refused as refusal:
        row["problem"] = str(refusal)
    return row


def _find(role_id) -> Role:
    role = Role.objects.filter(pk=role_id).first()
    if role is None:
        raise Http404("There is no such role.")
    return role
