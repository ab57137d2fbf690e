"""Model package groups: made, found by name or ARN, deleted when empty; their resource policies."""

from areas.model_registry import policy
from areas.model_registry.engine.people import by
from areas.model_registry.models import Group
from areas.model_registry.resource import GROUP, PACKAGE
from catalog.models import Record
from engine import store, verbs
from engine.context import Context
from engine.errors import AwsError, invalid, unsupported
from engine.operations import operation


@operation("CreateModelPackageGroup")
def create_model_package_group(context: Context, request: dict) -> dict:
    """Make an empty group: its first version will be number 1."""
    if request.get("ManagedConfiguration", {}).get("ManagedStorageType"):
        raise unsupported("Storage that SageMaker manages (ManagedConfiguration)")
    document = {"CreatedBy": by(context)}
    if "ModelPackageGroupDescription" in request:
        document["ModelPackageGroupDescription"] = request["ModelPackageGroupDescription"]
    record = store.create(
        context, GROUP, request["ModelPackageGroupName"], document, status="Completed", tags=request.get("Tags", ())
    )
    Group.objects.create(record=record)
    return {"ModelPackageGroupArn": record.arn}


@operation("DescribeModelPackageGroup")
def describe_model_package_group(context: Context, request: dict) -> dict:
    record = store.look_up(context, GROUP, request["ModelPackageGroupName"])
    return verbs.describe(context, GROUP, record.name)


@operation("DeleteModelPackageGroup")
def delete_model_package_group(context: Context, request: dict) -> None:
    """Remove an empty group with its policy; ConflictException while it has versions."""
    record = store.look_up(context, GROUP, request["ModelPackageGroupName"])
    Group.objects.select_for_update().filter(record=record).first()  # whoever adds a version waits, and finds no group
    versions = Record.objects.filter(connection_id=record.connection_id, kind=PACKAGE.noun, parent=record.name).count()
    if versions:
        raise AwsError(
            "ConflictException",
            f"Model package group {record.arn} is not empty: delete its {versions} model package"
            f"{'' if versions == 1 else 's'} first.",
        )
    store.remove(record)


@operation("PutModelPackageGroupPolicy")
def put_model_package_group_policy(context: Context, request: dict) -> dict:
    """Keep a resource policy that can be evaluated. ValidationException says what is wrong with it."""
    record = _known(context, request)
    try:
        policy.read(request["ResourcePolicy"])
    except ValueError as error:
        raise invalid(str(error)) from None
    Group.objects.filter(record=record).update(policy=request["ResourcePolicy"])
    return {"ModelPackageGroupArn": record.arn}


@operation("GetModelPackageGroupPolicy")
def get_model_package_group_policy(context: Context, request: dict) -> dict:
    """The text as it was put."""
    return {"ResourcePolicy": _policy(_known(context, request))}


@operation("DeleteModelPackageGroupPolicy")
def delete_model_package_group_policy(context: Context, request: dict) -> None:
    record = _known(context, request)
    _policy(record)
    Group.objects.filter(record=record).update(policy="")


def _known(context: Context, request: dict) -> Record:
    name = request["ModelPackageGroupName"]
    record = store.find(context, GROUP, name)
    if record is None:
        raise invalid(f"Cannot find Model Package Group: {GROUP.arn(context.account, context.region, name)}")
    return record


def _policy(record: Record) -> str:
    text = Group.objects.filter(record=record).values_list("policy", flat=True).first()
    if not text:
        raise invalid(f"Cannot find resource policy for: {record.arn}")
    return text
