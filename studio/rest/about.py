"""Routes about the Studio itself: who am I, and which connections there are."""

from ninja import Router, Schema
from pydantic import Field

from areas.allowed import anybody
from catalog.access import connections_of

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


@router.get("/me/", response=Me)
@anybody
def me(request):
    return request.user


@router.get("/connections/", response=list[ConnectionOut])
@anybody
def list_connections(request):
    """Those on which you have a role."""
    return list(connections_of(request.user)[:200])
