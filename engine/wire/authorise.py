"""May this caller do this? The rules of catalog.access, by the permission that areas.permissions reads off the operation."""

import time

from areas import index, permissions
from areas.permissions import Need
from catalog.access import EVERYTHING, NOBODY, Access, access_of
from catalog.actor import COMMAND, SYSTEM, WIRE
from engine import sharing
from engine.context import Context
from engine.errors import AwsError
from engine.s3 import shared

TTL = 2.0  # seconds for which the data plane keeps what somebody may do

_kept: dict[tuple, tuple[float, Access]] = {}


def authorise(context: Context, request: dict) -> None:
    """Let the caller's access be ``context.access``, or refuse. What another account shares is handled as that account's.

    Raises AccessDeniedException that names caller, action, resource and reason.
    """
    context.access = _unnamed(context) or _access_of(context)
    needs = permissions.needs(context.service, context.operation, request)
    for need in needs:
        _enter_and_check(context, need)


def _enter_and_check(context: Context, need: Need) -> None:
    if need.account and need.account != context.account:
        sharing.enter(context, need)
    if not allows(context, need):
        raise denied(context, need)


def check_at_all(context: Context, given: dict[str, str]) -> None:
    """Refuse who may call the operation on nothing whatever, before we look at what is asked: a stranger to the connection
    learns nothing of what there is, or of what is built. ``given`` are the words of the request, not validated."""
    if (context.service, context.operation) in permissions.OPEN:
        return
    verb, noun = permissions.permission(context.service, context.operation)
    verbs = {verb, "approve"} if noun == "ModelPackage" and verb in ("create", "update") else {verb}
    if _covers(remembered(context) or read(context), verbs, noun) or _covers(read(context), verbs, noun):
        return
    told = permissions.need(context.service, context.operation, given)
    raise denied(context, told if told and not noun else Need(verb, noun))


def _covers(access: Access, verbs: set[str], noun: str) -> bool:
    """Whether a rule is about one of the verbs and the noun ("": any noun)."""
    if access.is_everything:
        return True
    return any(rule.covers(verb, noun) if noun else rule.covers_verb(verb) for rule in access.rules for verb in verbs)


def allows(context: Context, need: Need) -> bool:
    access = context.access
    if (need.verb, need.noun) == ("view", "S3Object") and shared.is_shared(need.name.partition("/")[0]):
        return True
    if need.name or need.is_prefix:
        return access.may(need.verb, need.noun, need.name, lambda: _tags(context, need), is_prefix=need.is_prefix)
    if need.verb == "view" or (need.verb == "create" and not need.name):
        return access.may(need.verb, need.noun)
    # Something is meant that the request doesn't name: only a rule for all things of the kind covers it.
    return access.is_everything or any(
        rule.covers(need.verb, need.noun) and not rule.names and not rule.tags for rule in access.rules
    )


def remembered(context: Context) -> Access | None:
    """The caller's access, if it was read less than TTL seconds ago. Never touches the database."""
    if unnamed := _unnamed(context):
        return unnamed
    found = _kept.get(_kept_by(context))
    return found[1] if found and time.monotonic() - found[0] < TTL else None


def _unnamed(context: Context) -> Access | None:
    """The access of a caller without a user: the account's root, or the Studio's own work. What the Studio asks for a person
    whom it can't name is asked by nobody."""
    if context.user:
        return None
    if _limit(context):
        return EVERYTHING.only(None, context.nouns)
    return EVERYTHING if context.via in (WIRE, SYSTEM, COMMAND) else NOBODY


def read(context: Context) -> Access:
    """The caller's access from the database, kept for ``remembered``."""
    found = _access_of(context)
    if len(_kept) >= 10_000:
        _kept.clear()
    _kept[_kept_by(context)] = (time.monotonic(), found)
    return found


def _access_of(context: Context) -> Access:
    found = access_of(context.user, context.connection.id)
    return found.only(None, _limit(context) or None)


def _kept_by(context: Context) -> tuple:
    return context.user, context.account, context.region, _limit(context)


def _limit(context: Context) -> tuple[str, ...]:
    """What the caller's own key is limited to. What the Studio asks in somebody's name it has compared with their token."""
    return context.nouns if context.via == WIRE else ()


def denied(context: Context, need: Need) -> AwsError:
    """The refusal, as AWS words it, with the permission that is missing."""
    reason = f"no role of {context.user or 'the caller'} on connection {context.connection.name} allows {need.codename}"
    return refused(context, need, reason)


def refused(context: Context, need: Need, reason: str) -> AwsError:
    """AccessDenied, as AWS words it; ``reason`` is the end of a sentence that goes on after "because"."""
    action = f"{context.service.removesuffix('-runtime').removesuffix('-metrics')}:{context.operation}"
    return AwsError(
        "AccessDenied" if context.service in ("s3", "iam", "sts") else "AccessDeniedException",
        f"User: {context.principal} is not authorized to perform: {action} on resource: {_arn(context, need)} "
        f"because {reason}",
        403 if context.service in ("s3", "iam", "sts", "sagemaker-runtime", "sagemaker-metrics") else 400,
    )


def _arn(context: Context, need: Need) -> str:
    if context.service == "s3" or need.noun == "S3Object":
        return f"arn:aws:s3:::{need.name or '*'}"
    resource = index.resources().get(need.noun)
    path = resource.arn_path if resource else need.codename.partition("_")[2].replace("_", "-")
    return f"arn:aws:sagemaker:{context.region}:{context.account}:{path}/{need.name or '*'}"


def _tags(context: Context, need: Need) -> dict[str, str]:
    """The tags that decide: those that a new thing will have, else those that the thing has."""
    from catalog.models import Tag

    if need.verb == "create":
        return need.tags
    found = Tag.objects.filter(record__connection_id=context.connection.id, record__kind=need.noun)
    return dict(found.filter(record__name=need.name).values_list("key", "value"))
