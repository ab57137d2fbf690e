"""What one account lets another do with its things: resource policies (areas bring them for their nouns)."""

from collections.abc import Callable

from areas.permissions import Need
from engine.context import Context

# (context, need) -> whether the owner's policy allows the calling account the operation on the thing
Policy = Callable[[Context, Need], bool]

_policies: dict[str, Policy] = {}


def policy_of(noun: str) -> Callable[[Policy], Policy]:
    """Register the function that asks a noun's resource policy."""

    def register(policy: Policy) -> Policy:
        _policies[noun] = policy
        return policy

    return register


def shares(context: Context, need: Need) -> bool:
    """Whether the owner of the thing lets the caller's account do, on it, the operation that the context is in."""
    policy = _policies.get(need.noun)
    return bool(policy and policy(context, need))


def enter(context: Context, need: Need) -> None:
    """Go on as the account that the ARN names, if its policy allows that; else everything stays as it is, and the caller's
    own account is asked for a thing that it hasn't got."""
    if shares(context, need):
        context.caller_account = context.account
        context.account = need.account
        context.__dict__.pop("connection", None)
