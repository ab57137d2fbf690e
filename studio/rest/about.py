"""Routes about the Studio itself: who am I, which connections there are, and my tokens."""

from datetime import datetime, timedelta

from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from areas.allowed import anybody
from areas.rest import ERRORS, Problem
from catalog.access import connections_of
from catalog.paging import read_page
from catalog.tokens import ApiToken
from studio.people import roles
from studio.people.power import Refused
from studio.rest import tokens

router = Router()


class Me(Schema):
    username: str
    is_admin: bool = Field(validation_alias="is_superuser")


class ConnectionOut(Schema):
    name: str
    backend: str
    account: str
    region: str
    endpoint_url: str
    is_default: bool


class TokenOut(Schema):
    """A token, without its text: only its first characters are known."""

    id: int
    name: str
    prefix: str
    writes: bool
    connection: str | None = Field(description="null: every connection.")
    nouns: list[str] = Field(description="Empty: every noun.")
    created: datetime
    expires: datetime | None
    last_used: datetime | None


class TokenMade(TokenOut):
    token: str = Field(description="Shown this once.")


class TokenPage(Schema):
    items: list[TokenOut]
    next_cursor: str | None


class TokenQuery(Schema):
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=2000)


class TokenIn(Schema):
    name: str = Field(min_length=1, max_length=100, description="So that you know it again.")
    writes: bool = Field(True, description="False: it may only read.")
    days: int | None = Field(None, ge=1, le=3650, description="How long it lives; null: until it is revoked.")
    connection: str | None = Field(None, max_length=50, description="Good for this connection only.")
    nouns: list[str] = Field([], max_length=100, description="Good for these nouns only.")

    model_config = {"json_schema_extra": {"examples": [
        {"name": "nightly", "writes": False, "days": 90, "nouns": ["TrainingJob", "ModelPackage"]}
    ]}}  # fmt: skip


@router.get("/me/", response={200: Me, **ERRORS}, operation_id="get_me")
@anybody
def me(request):
    """Whose token this is."""
    return request.user


@router.get("/connections/", response={200: list[ConnectionOut], **ERRORS}, operation_id="list_connections")
@anybody
def list_connections(request):
    """Those on which you have a role."""
    return list(connections_of(request.user)[:200])


@router.get("/connections/{name}/", response={200: ConnectionOut, **ERRORS}, operation_id="get_connection")
@anybody
def get_connection(request, name: str):
    found = connections_of(request.user).filter(name=name).first()
    if found is None:
        raise Http404(f"There is no connection {name!r}.")
    return found


@router.get("/tokens/", response={200: TokenPage, **ERRORS}, operation_id="list_tokens")
@anybody
def list_tokens(request, query: Query[TokenQuery]):
    """Your own, the newest first, without those that are revoked."""
    items, cursor = read_page(_own(request), sort="-created", limit=query.limit, cursor=query.cursor)
    return {"items": [_out(one) for one in items], "next_cursor": cursor}


@router.post("/tokens/", response={201: TokenMade, **ERRORS}, operation_id="create_token")
@anybody
def create_token(request, response: HttpResponse, body: TokenIn):
    """Make a token of your own, for all that you may do or for less. A token that is limited can't make one."""
    used = getattr(request, "token", None)
    if used and (used.connection_id or used.nouns):
        raise Problem(403, f"The token {used.prefix}… is limited, so it can't make others.", "AccessDenied")
    connection = None
    if body.connection:
        connection = connections_of(request.user).filter(name=body.connection).first()
        if connection is None:
            words = f"You have no role on a connection {body.connection}."
            raise Problem(422, words, "InvalidInput", errors=[{"at": "connection", "message": words}])
    try:
        for noun in body.nouns:
            roles.check_noun(noun)
    except Refused as error:
        raise Problem(422, str(error), "InvalidInput", errors=[{"at": "nouns", "message": str(error)}]) from error
    expires = timezone.now() + timedelta(days=body.days) if body.days else None
    if used and used.expires:
        expires = min(expires or used.expires, used.expires)  # nobody prolongs a token by another
    text, made = tokens.create(
        user=request.user, name=body.name, writes=body.writes, expires=expires, connection=connection, nouns=body.nouns
    )
    response["Cache-Control"] = "no-store"
    response["Location"] = f"/api/v1/tokens/{made.pk}/"
    return Status(201, {**_out(made), "token": text})


@router.get("/tokens/{int:number}/", response={200: TokenOut, **ERRORS}, operation_id="get_token")
@anybody
def get_token(request, number: int):
    return _out(_find(request, number))


@router.delete("/tokens/{int:number}/", response={204: None, **ERRORS}, operation_id="revoke_token")
@anybody
def revoke_token(request, number: int):
    """Revoke a token of your own; it is refused from now on."""
    tokens.revoke(_find(request, number))
    return Status(204, None)


def _own(request):
    return ApiToken.objects.filter(user=request.user, revoked=None).select_related("connection", "user")


def _find(request, number: int) -> ApiToken:
    found = _own(request).filter(pk=number).first()
    if found is None:
        raise Http404(f"You have no token {number}.")
    return found


def _out(token: ApiToken) -> dict:
    plain = ("id", "name", "prefix", "writes", "nouns", "created", "expires", "last_used")
    return {field: getattr(token, field) for field in plain} | {
        "connection": token.connection.name if token.connection else None
    }
