"""Users by REST, to read: for who may manage them."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import Prefetch, Q
from django.http import Http404
from ninja import Field, Query, Router, Schema

from areas.allowed import allowed
from areas.rest import ERRORS
from catalog.models import Grant
from catalog.paging import read_page

router = Router()


class GrantOut(Schema):
    role: str
    connection: str | None = Field(description="null: every connection.")


class UserOut(Schema):
    """An account with its groups and the roles given to it; what a group's roles add is not in ``roles``."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str
    is_active: bool
    is_superuser: bool
    joined: datetime
    last_sign_in: datetime | None
    groups: list[str]
    roles: list[GrantOut]


class UserPage(Schema):
    items: list[UserOut]
    next_cursor: str | None


class UserQuery(Schema):
    text: str = Field("", max_length=150, description="Part of a name or address.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=2000)


@router.get("/", response={200: UserPage, **ERRORS}, operation_id="list_users")
@allowed("manage", "User")
def list_users(request, query: Query[UserQuery]):
    """By user name."""
    rows = _users()
    for word in query.text.split():
        rows = rows.filter(
            Q(username__icontains=word) | Q(email__icontains=word) | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
        )  # fmt: skip
    items, cursor = read_page(rows, sort="username", limit=query.limit, cursor=query.cursor)
    return {"items": [_out(one) for one in items], "next_cursor": cursor}


@router.get("/{int:number}/", response={200: UserOut, **ERRORS}, operation_id="get_user")
@allowed("manage", "User")
def get_user(request, number: int):
    found = _users().filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no user {number}.")
    return _out(found)


def _users():
    held = Grant.objects.select_related("role", "connection").order_by("role__name", "id")
    return get_user_model().objects.prefetch_related("groups", Prefetch("grants", held))


def _out(user) -> dict:
    plain = ("id", "username", "email", "first_name", "last_name", "is_active", "is_superuser")
    return {field: getattr(user, field) for field in plain} | {
        "joined": user.date_joined, "last_sign_in": user.last_login,
        "groups": sorted(group.name for group in user.groups.all()),
        "roles": [
            {"role": grant.role.name, "connection": grant.connection.name if grant.connection else None}
            for grant in user.grants.all()
        ],
    }  # fmt: skip
