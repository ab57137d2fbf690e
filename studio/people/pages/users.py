"""Users: the list, a new one, one with all that they have, and what may be done to the account."""

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db.models import Prefetch, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from areas.allowed import allowed
from catalog.access import VERBS, connections_of
from catalog.models import Connection, Grant, Role
from studio.people import explain, grants, keys, roles, sessions, sign_in, users
from studio.people.gates import everywhere, manages_everywhere
from studio.people.pages import attempt, never_kept, page_of
from studio.people.power import Refused

EVERY = "*"  # the choice "every connection"


class AccountForm(forms.Form):
    """What may be changed of an account."""

    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    first_name = forms.CharField(label="First name", required=False, max_length=150)
    last_name = forms.CharField(label="Last name", required=False, max_length=150)
    is_superuser = forms.BooleanField(label="Administrator of the whole Studio", required=False)


class NewUserForm(AccountForm):
    username = forms.CharField(label="User name", max_length=150)
    role = forms.CharField(required=False)
    where = forms.CharField(required=False)


@allowed("manage", "User")
def show_list(request):
    """Users by name, 50 a page; ``q`` is a part of a name or address."""
    text = request.GET.get("q", "").strip()[:150]
    held = Grant.objects.select_related("role", "connection")
    rows = get_user_model().objects.order_by("username").prefetch_related("groups", Prefetch("grants", held))
    for word in text.split():
        rows = rows.filter(
            Q(username__icontains=word) | Q(email__icontains=word) | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
        )  # fmt: skip
    context = {"page": page_of(request, rows), "text": text, "here_in": "users"}
    return render(request, "people/users.html", context)


@allowed("manage", "User")
def create(request):
    """A form for a new account; then the account's page with the link that its owner chooses a password by."""
    form = NewUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        chosen, where = given.pop("role"), given.pop("where")
        try:
            role = role_named(chosen) if chosen else None
            place = where_named(request, where) if role else None
            user = users.create_user(given.pop("username"), by=request.user, role=role, where=place, **given)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{user.username} is made. Hand over the link below.")
            return _page(request, user, link=users.invitation(user))
    context = {**choices(request), "form": form, "here_in": "users"}
    return render(request, "people/user_create.html", context, status=422 if form.errors else 200)


@allowed("manage", "User")
def show(request, user_id: int):
    """One user; POST changes the account."""
    user = find(user_id)
    form = None
    if request.method == "POST":
        form = AccountForm(request.POST)
        if form.is_valid() and attempt(
            request, f"{user.username} is saved.", users.edit_user, user, by=request.user, **form.cleaned_data
        ):
            return redirect("user", user.pk)
        user.refresh_from_db()
    return _page(request, user, form=form)


def _page(request, user, *, form=None, link: str = ""):
    initial = {name: getattr(user, name) for name in users.FIELDS}
    context = {
        **choices(request), "person": user, "form": form or AccountForm(initial=initial),
        "grants": list(explain.grants_of(user)), "groups": user.groups.order_by("name"),
        "sessions": sessions.open_of(user), "keys": keys.keys_of(user), "locked_from": sign_in.locked_from(user.username),
        "tokens": user.api_tokens.filter(revoked=None).select_related("connection").order_by("-created"),
        "dependents": users.dependents(user), "identities": user.identities.all(),
        "link": request.build_absolute_uri(link) if link else "", "may_edit": manages_everywhere(request, "User"),
        "here_in": "users",
    }  # fmt: skip
    return never_kept(render(request, "people/user.html", context, status=422 if form and form.errors else 200))


@everywhere("User")
@require_POST
def act(request, user_id: int, action: str):
    """Deactivate, reactivate, unlock, sign out, reset the password of, or delete an account."""
    user = find(user_id)
    name = user.username
    if action == "reset":
        try:
            link = users.reset_password(user, by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("user", user_id)
        return _page(request, user, link=link)
    verbs = {
        "deactivate": (users.deactivate, f"{name} is deactivated: sessions, tokens and keys open nothing any more."),
        "reactivate": (users.reactivate, f"{name} is active again."),
        "unlock": (users.unlock, f"{name} may try to sign in again."),
        "sign-out": (users.end_sessions, f"{name} is signed out everywhere."),
        "delete": (users.delete_user, f"{name} is deleted."),
    }
    if action not in verbs:
        raise Http404(f"Nothing called {action} can be done to a user.")
    verb, done = verbs[action]
    is_done = attempt(request, done, verb, user, by=request.user)
    return redirect("users") if is_done and action == "delete" else redirect("user", user_id)


@allowed("manage", "User")
def show_access(request, user_id: int):
    """What a user may do on a connection (``on``), and the answer to one question (``verb``, ``noun``, ``thing``)."""
    user = find(user_id)
    connection = where_or_404(request, request.GET.get("on") or getattr(request.connection, "name", EVERY))
    verb, noun = request.GET.get("verb", ""), request.GET.get("noun", "").strip()
    asked = None
    if verb in VERBS and noun:
        asked = explain.answer(user, connection, verb, noun, request.GET.get("thing", "").strip())
    context = {
        "person": user, "on": connection, "held": explain.held(user, connection), "table": explain.table(user, connection),
        "verbs": VERBS, "nouns": roles.nouns(), "verb": verb, "noun": noun, "thing": request.GET.get("thing", ""),
        "asked": asked, "connections": connections_of(request.user).order_by("name"), "here_in": "users",
    }  # fmt: skip
    return render(request, "people/access.html", context)


@allowed("manage", "User")
@require_POST
def give(request, user_id: int):
    """Give a user a role (``role``) on a connection (``where``; ``*`` is every one)."""
    user = find(user_id)
    return _give(request, "user", user_id, user=user)


def give_to_group(request, group):
    return _give(request, "group", group.pk, group=group)


def _give(request, page: str, number: int, **holder):
    def give_it():
        role, where = role_named(request.POST.get("role", "")), where_named(request, request.POST.get("where", ""))
        grants.give(role, by=request.user, where=where, **holder)

    attempt(request, "The role is given.", give_it)
    return redirect(page, number)


@allowed("manage", "User")
@require_POST
def take(request, grant_id: int):
    """Take a role away from whom it was given to."""
    grant = Grant.objects.select_related("role", "connection", "user", "group").filter(pk=grant_id).first()
    if grant is None:
        raise Http404("This role was taken away already.")
    page, number = ("group", grant.group_id) if grant.group_id else ("user", grant.user_id)
    attempt(request, "The role is taken away.", grants.take, grant, by=request.user)
    return redirect(page, number)


def find(user_id: int):
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise Http404("There is no such user.")
    return user


def role_named(number: str) -> Role:
    found = Role.objects.filter(pk=number).first() if number.isdecimal() else None
    if found is None:
        raise Refused("Choose a role.")
    return found


def where_named(request, name: str) -> Connection | None:
    """The connection called so; None for every connection. Raises Refused."""
    if name == EVERY:
        return None
    found = connections_of(request.user).filter(name=name).first()
    if found is None:
        raise Refused("Choose a connection, or every connection.")
    return found


def where_or_404(request, name: str) -> Connection | None:
    try:
        return where_named(request, name)
    except Refused:
        raise Http404(f"There is no connection {name}.") from None


def choices(request) -> dict:
    """What the form for giving a role offers: the roles, and the connections that the user of the request manages."""
    return {
        "roles": Role.objects.order_by("-is_builtin", "name"),
        "connections": connections_of(request.user).order_by("name")[:500],
        "may_everywhere": manages_everywhere(request, "User"),
    }
