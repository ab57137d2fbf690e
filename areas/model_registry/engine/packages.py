"""Model packages as they change: registered, approved or rejected, described further, deleted."""

from django.db.models import F

from areas.model_registry import aliases
from areas.model_registry.engine import contents
from areas.model_registry.engine.people import by
from areas.model_registry.models import Group
from areas.model_registry.resource import GROUP, PACKAGE
from areas.permissions import Need, of_arn
from catalog.models import Record
from engine import store
from engine.context import Context
from engine.errors import AwsError, invalid, unsupported
from engine.operations import operation
from engine.verbs import shapes
from engine.wire.authorise import allows, denied, refused
from registry import gate

PENDING, DELETED = "PendingManualApproval", "Deleted"
MAX_PROPERTIES = 50
_OF_A_DECISION = {"ModelPackageArn", "ModelApprovalStatus", "ApprovalDescription", "ClientToken"}
_LATER = {
    "ValidationSpecification": "Validation by a transform job (ValidationSpecification)",
    "CertifyForMarketplace": "Certification for AWS Marketplace (CertifyForMarketplace)",
    "SourceAlgorithmSpecification": "A package of an algorithm resource (SourceAlgorithmSpecification)",
    "SecurityConfig": "Encryption with a key of your own (SecurityConfig)",
    "ManagedStorageType": "Storage that SageMaker manages (ManagedStorageType)",
}


@operation("CreateModelPackage")
def create_model_package(context: Context, request: dict) -> dict:
    """Register the next version of a group, or a package without a group. It is Completed at once: nothing is run."""
    group, name = request.get("ModelPackageGroupName"), request.get("ModelPackageName")
    if bool(group) == bool(name):
        raise invalid("Exactly one of ModelPackageName and ModelPackageGroupName must be given.")
    if group and request.get("Tags"):
        raise invalid(
            "Tags can't be given for a versioned model package: it has those of its group. Tag the group instead."
        )
    if context.caller_account:
        raise unsupported("Registering into another account's model package group")
    for member, what in _LATER.items():
        if request.get(member):
            raise unsupported(what)
    _also_needs(context, "create", f"{of_arn(group)[1] if group.startswith('arn:') else group}/" if group else name)
    contents.check_card(request.get("ModelCard", {}))
    kept = shapes.members_of("DescribeModelPackage")
    document = {member: value for member, value in request.items() if member in kept} | contents.checked(
        context, request
    )
    document |= {
        "CreatedBy": by(context), "CertifyForMarketplace": False,
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
    }  # fmt: skip
    parent = ""
    if group:
        parent, number = _next_version(context, group)
        name = f"{parent}/{number}"
        document |= {"ModelPackageGroupName": parent, "ModelPackageVersion": number}
        document.setdefault("ModelApprovalStatus", PENDING)
    arn = PACKAGE.arn(context.account, context.region, name)
    _ask_gate(context, arn, name, parent, wanted=document.get("ModelApprovalStatus", ""))
    record = store.create(
        context, PACKAGE, name, document, status="Completed", parent=parent, tags=request.get("Tags", ())
    )
    return {"ModelPackageArn": record.arn}


@operation("UpdateModelPackage")
def update_model_package(context: Context, request: dict) -> dict:
    """Change the approval, what is said about a package, or what it is made of."""
    record = _locked(context, request["ModelPackageArn"])
    if set(request) - _OF_A_DECISION:
        _also_needs(context, "update", record.name)
    found = contents.checked(context, request)
    if found and context.caller_account:
        raise unsupported("Changing the content of another account's model package")
    contents.check_card(request.get("ModelCard", {}))
    _ask_gate(
        context, record.arn, record.name, record.parent, wanted=request.get("ModelApprovalStatus", ""),
        changes_content=bool(found),
    )  # fmt: skip

    def edit(document: dict) -> None:
        for member in ("ModelApprovalStatus", "ApprovalDescription", "ModelPackageRegistrationType", "ModelLifeCycle"):
            if member in request:
                document[member] = request[member]
        if "ModelCard" in request:
            document["ModelCard"] = document.get("ModelCard", {}) | request["ModelCard"]
        _edit_content(document, found)
        _edit_properties(document, request)
        document["LastModifiedBy"] = by(context)

    store.change(record.id, edit, PACKAGE, now=context.now)
    return {"ModelPackageArn": record.arn}


@operation("DeleteModelPackage")
def delete_model_package(context: Context, request: dict) -> None:
    """Remove a package. The number of a version is not given again; one that an alias points to stays."""
    record = _locked(context, request["ModelPackageName"])
    if kept := aliases.why_kept(record):
        raise AwsError("ConflictException", f"Model package {record.name} can't be deleted because {kept}.")
    _ask_gate(context, record.arn, record.name, record.parent, wanted=DELETED, changes_content=True)
    store.remove(record)


def _also_needs(context: Context, verb: str, name: str) -> None:
    """Who decides needs the permission to approve, which the gateway has asked for; who does more than that, this one too."""
    need = Need(verb, PACKAGE.noun, name)
    if not allows(context, need):
        raise denied(context, need)


def _edit_content(document: dict, found: dict) -> None:
    for member in ("InferenceSpecification", "SourceUri"):
        if member in found:
            document[member] = found[member]
    if "AdditionalInferenceSpecifications" in found:
        more = document.get("AdditionalInferenceSpecifications", []) + found["AdditionalInferenceSpecifications"]
        contents.refuse_doubled(more)
        document["AdditionalInferenceSpecifications"] = more


def _edit_properties(document: dict, request: dict) -> None:
    properties = document.get("CustomerMetadataProperties", {}) | request.get("CustomerMetadataProperties", {})
    for key in request.get("CustomerMetadataPropertiesToRemove", ()):
        properties.pop(key, None)
    if len(properties) > MAX_PROPERTIES:
        raise invalid(
            f"A model package can have at most {MAX_PROPERTIES} CustomerMetadataProperties; these would be {len(properties)}."
        )
    document.pop("CustomerMetadataProperties", None)
    if properties:
        document["CustomerMetadataProperties"] = properties


def _next_version(context: Context, group: str) -> tuple[str, int]:
    """The group's name and the number of its next version. Its row stays locked until the version is there."""
    record = store.look_up(context, GROUP, group)
    rows = Group.objects.filter(record=record)
    if not rows.update(last_version=F("last_version") + 1):  # deleted since it was looked up
        raise store.missing(GROUP, record.name, record.arn)
    return record.name, rows.values_list("last_version", flat=True).get()


def _locked(context: Context, given: str) -> Record:
    """The package, with its row locked: what the gate sees of it is what is changed."""
    record = store.look_up(context, PACKAGE, given)
    found = Record.objects.select_for_update().filter(id=record.id).first()
    if found is None:
        raise store.missing(PACKAGE, record.name, record.arn)
    return found


def _ask_gate(
    context: Context, arn: str, name: str, group: str, *, wanted: str, changes_content: bool = False
) -> None:  # fmt: skip
    try:
        gate.check(
            connection=context.connection, user=context.owner, group=group, arn=arn, wanted=wanted,
            changes_content=changes_content,
        )  # fmt: skip
    except gate.Refused as error:
        raise refused(context, Need("approve", PACKAGE.noun, name), error.reason) from None
