"""What a group's resource policy lets another account do with the group and its versions."""

from areas.model_registry import policy
from areas.model_registry.models import Group
from areas.model_registry.resource import GROUP, PACKAGE
from areas.permissions import Need
from engine.context import Context
from engine.sharing import policy_of


@policy_of(GROUP.noun)
def shares_group(context: Context, need: Need) -> bool:
    return _allowed(context, need.account, need.name, (GROUP.arn(need.account, context.region, need.name),))


@policy_of(PACKAGE.noun)
def shares_package(context: Context, need: Need) -> bool:
    """A version by its own ARN; what is about all versions (a list, a new one) by the group's ARN, or by ``…/group/*``."""
    group, _, version = (need.name or f"{need.parent}/").partition("/")
    arn = PACKAGE.arn(need.account, context.region, f"{group}/{version or '*'}")
    resources = (arn,) if version else (arn, GROUP.arn(need.account, context.region, group))
    return _allowed(context, need.account, group, resources)


def groups_shared_with(context: Context) -> list[int]:
    """Record ids of the other accounts' groups that the caller's account may describe."""
    rows = Group.objects.filter(
        record__connection__backend="embedded", record__connection__region=context.region
    ).exclude(policy="").exclude(record__connection__account=context.account)  # fmt: skip
    return [
        number
        for number, arn, text in rows.values_list("record_id", "record__arn", "policy")
        if policy.allows(
            policy.read(text),
            principal=context.principal,
            account=context.account,
            action="sagemaker:DescribeModelPackageGroup",
            resources=(arn,),
        )
    ]


def _allowed(context: Context, owner: str, group: str, resources: tuple[str, ...]) -> bool:
    """Ask the policy as it is now, about the operation that the context is in."""
    text = Group.objects.filter(
        record__connection__backend="embedded", record__connection__account=owner,
        record__connection__region=context.region, record__kind=GROUP.noun, record__name=group,
    ).values_list("policy", flat=True).first()  # fmt: skip
    return bool(text) and policy.allows(
        policy.read(text), principal=context.principal, account=context.account,
        action=f"sagemaker:{context.operation}", resources=resources,
    )  # fmt: skip
