"""Signing in by an OpenID Connect provider: authorization code with PKCE; state, nonce, issuer, audience and signature checked.

Authlib speaks the protocol; it is imported where it is used, because most Studios have no provider. What is ours: who may
come in, which account is theirs, and which of our groups they are in.
"""

import re
from functools import cache

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone

from catalog import audit
from studio.people import groups, users
from studio.people.models import Identity
from studio.people.power import Refused, changing

TIMEOUT = 10  # seconds, of each call to the provider
ID_TOKEN = "oidc_id_token"  # in the session: tells the provider whose session there is to end


def is_on() -> bool:
    """Whether a provider is named in the settings."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def redirect_to_provider(request, back_to: str):
    """The redirect to the provider's sign-in page, which sends the browser on to ``back_to``. Raises Refused."""
    from authlib.integrations.base_client import OAuthError
    from requests import RequestException

    try:
        return _provider().authorize_redirect(request, back_to)
    except (RequestException, OAuthError, ValueError, RuntimeError) as error:
        raise Refused(_away(error)) from error


def claims_of(request) -> tuple[dict, str]:
    """What the provider says of who comes back from it, verified, and the ID token that says so. Raises Refused."""
    from authlib.integrations.base_client import OAuthError
    from joserfc.errors import JoseError
    from requests import RequestException

    provider = _provider()
    try:
        token = provider.authorize_access_token(request)
        claims = dict(token.get("userinfo") or {})
        if not claims.get("sub"):
            raise Refused(f"{settings.OIDC_ISSUER} sent no ID token.")
        if claims.get("iss", "").rstrip("/") != settings.OIDC_ISSUER:
            raise Refused(f"The ID token is {claims.get('iss')}'s, not {settings.OIDC_ISSUER}'s.")
        if "userinfo_endpoint" in provider.load_server_metadata():
            more = dict(provider.userinfo(token=token))
            if more.get("sub") == claims["sub"]:  # OpenID Connect Core 5.3.2
                claims = more | claims
    except OAuthError as error:
        raise Refused(_refusal(error)) from error
    except JoseError as error:
        raise Refused(f"The ID token of {settings.OIDC_ISSUER} is not valid: {error}.") from error
    except (RequestException, ValueError, RuntimeError, KeyError) as error:
        raise Refused(_away(error)) from error
    return claims, token["id_token"]


def sign_out_url(request) -> str:
    """Where to end the session at the provider too; "" if this one wasn't begun there, or it has no such page."""
    id_token = request.session.get(ID_TOKEN)
    if not (id_token and is_on()):
        return ""
    from requests import RequestException

    try:
        made = _provider().create_logout_url(
            request.build_absolute_uri(settings.LOGIN_URL), id_token, client_id=settings.OIDC_CLIENT_ID
        )
    except (RequestException, RuntimeError, ValueError):  # away, or without such a page: ours is ended all the same
        return ""
    return made["url"]


def user_of(claims: dict):
    """The account of who the provider says it is: made at the first sign-in, without a role. Raises Refused.

    Only issuer and subject tell whose account it is. A name or address that a local account has already leads to a new
    account with another name, never into that one.
    """
    _check_domain(claims)
    with changing():
        found = (
            Identity.objects.select_related("user").filter(issuer=settings.OIDC_ISSUER, subject=claims["sub"]).first()
        )
        identity = found or _make(claims)
        user = identity.user
        if not user.is_active:
            raise Refused(f"The account {user.username} is deactivated; an administrator can reactivate it.")
        _follow_groups(identity, claims)
        identity.used = timezone.now()
        identity.email = _email(claims)
        identity.save()
    return user


def _make(claims: dict) -> Identity:
    user = get_user_model()(
        username=_free_name(claims), email=_email(claims), first_name=_text(claims, "given_name", 150),
        last_name=_text(claims, "family_name", 150),
    )  # fmt: skip
    user.set_unusable_password()
    user.save(force_insert=True)
    audit.append("CreateUser", f"User {user.username}",
                 after={"username": user.username, "issuer": settings.OIDC_ISSUER, "subject": claims["sub"]})  # fmt: skip
    return Identity(user=user, issuer=settings.OIDC_ISSUER, subject=claims["sub"])


def _free_name(claims: dict) -> str:
    """``preferred_username`` or the address before its @, with a number behind it if somebody is called so."""
    wanted = _text(claims, "preferred_username", 140) or _email(claims).partition("@")[0] or "user"
    wanted = re.sub(r"[^\w.@+-]", "-", wanted)[:140]
    taken = {
        name.lower()
        for name in get_user_model().objects.filter(username__istartswith=wanted).values_list("username", flat=True)
    }
    number = 1
    name = wanted
    while name.lower() in taken or users.was_deleted(name):
        number += 1
        name = f"{wanted}-{number}"
    return name


def _follow_groups(identity: Identity, claims: dict) -> None:
    """Be in those of our groups that the claim names, and leave those that only it had given. Unknown names mean nothing."""
    if not settings.OIDC_GROUPS_CLAIM:
        return
    claimed = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    claimed = [claimed] if isinstance(claimed, str) else claimed
    named = {name for name in claimed if isinstance(name, str)}
    user, held = identity.user, set(identity.user.groups.values_list("name", flat=True))
    known = {group.name: group for group in Group.objects.filter(name__in=named | set(identity.groups))}
    for name in sorted(named & set(known) - held):
        groups.add_member(known[name], user, by=None)
    for name in sorted(set(identity.groups) & set(known) & held - named):
        groups.remove_member(known[name], user, by=None)
    ours = (named & set(known) - held) | (set(identity.groups) & named)
    identity.groups = sorted(ours)


def _check_domain(claims: dict) -> None:
    if not settings.OIDC_ALLOWED_DOMAINS:
        return
    domain = _email(claims).rpartition("@")[2].lower()
    if claims.get("email_verified") is not True or domain not in settings.OIDC_ALLOWED_DOMAINS:
        raise Refused(f"Only verified addresses of {', '.join(settings.OIDC_ALLOWED_DOMAINS)} may sign in here.")


def _email(claims: dict) -> str:
    return _text(claims, "email", 254)


def _text(claims: dict, name: str, limit: int) -> str:
    value = claims.get(name)
    return value.replace("\0", "")[:limit] if isinstance(value, str) else ""


def _provider():
    return _registered(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_SCOPES)


@cache
def _registered(issuer: str, client_id: str, secret: str, scopes: str):
    scopes = (
        scopes if "openid" in scopes.split() else f"openid {scopes}"
    )  # without it there is no nonce and no ID token
    from authlib.integrations.django_client import OAuth

    return OAuth().register(
        "provider", client_id=client_id, client_secret=secret or None,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": scopes, "code_challenge_method": "S256", "default_timeout": TIMEOUT,
                       **({} if secret else {"token_endpoint_auth_method": "none"})},
    )  # fmt: skip


def _refusal(error) -> str:
    if error.error == "mismatching_state":
        return "This sign-in was begun in another browser or too long ago: begin it again."
    words = f": {error.description}" if error.description else ""
    return f"{settings.OIDC_ISSUER} refused the sign-in ({error.error}{words})."


def _away(error: Exception) -> str:
    return f"{settings.OIDC_ISSUER} can't be reached or doesn't answer as an OpenID provider does ({type(error).__name__})."
