"""Model packages as something to deploy: a container of a model that names a package, made into one that can be started."""

from areas import index
from areas.permissions import Need, of_arn
from catalog.models import Record
from engine import sharing, store
from engine.context import Context
from engine.errors import invalid, unsupported
from engine.wire.authorise import denied

NOUN = "ModelPackage"
_CODE = ("SAGEMAKER_SUBMIT_DIRECTORY", "SAGEMAKER_PROGRAM")
_OWN = ("ModelPackageName", "Environment", "ContainerHostname", "InferenceSpecificationName", "Mode")


def find(context: Context, given: str) -> Record:
    """The package of this name or ARN, of the caller's account or shared with it. The noun's own error if there is none, and
    AccessDeniedException if the caller's own roles don't let them see it."""
    resource = index.resources()[NOUN]
    noun, name, account = of_arn(given) if given.startswith("arn:") else (NOUN, given, "")
    if noun != NOUN:
        raise invalid(f"{given} is not the ARN of a model package.")
    if not context.access.may("view", NOUN, name):
        raise denied(context, Need("view", NOUN, name, account))
    if account in ("", context.account):
        return store.look_up(context, resource, given)
    record = Record.objects.filter(arn=given, kind=NOUN, connection__backend="embedded").first()
    if record is None or not sharing.shares(context, Need("view", NOUN, name, account)):
        raise store.missing(resource, name, given)
    return record


def check(context: Context, container: dict) -> dict:
    """The container that a model's container stands for, if the package may be deployed: approved, or without versions and
    not rejected. ValidationException says why not."""
    if extra := sorted(member for member in container if member not in _OWN):
        raise invalid(f"{extra[0]} can't be given with ModelPackageName: the model package brings it.")
    record = find(context, container["ModelPackageName"])
    approval = record.document.get("ModelApprovalStatus", "Approved")
    if approval != "Approved":
        raise invalid(f"Model package {record.arn} is {approval}: it has to be Approved to be deployed.")
    if brought := sorted(name for name in container.get("Environment", {}) if name in _CODE):
        raise invalid(
            f"{brought[0]} of a model package can't be replaced: what was approved is served with its own code."
        )
    return _resolved(record, container)


def resolve(context: Context, container: dict) -> dict:
    """A model's container as a server needs it: with the image and data of its package as they are now.

    ``account`` in it is whose data it is. The approval was asked when the model was made.
    """
    if "ModelPackageName" not in container:
        return container
    given = container["ModelPackageName"]
    rows = Record.objects.filter(kind=NOUN, connection__backend="embedded").select_related("connection")
    if given.startswith("arn:"):
        record = rows.filter(arn=given).first()
    else:
        record = rows.filter(connection_id=context.connection.id, name=given).first()
    if record is None:
        raise store.missing(index.resources()[NOUN], given, given)
    return _resolved(record, container)


def _resolved(record: Record, container: dict) -> dict:
    document, wanted = record.document, container.get("InferenceSpecificationName")
    specification = document.get("InferenceSpecification")
    if wanted:
        named = {one["Name"]: one for one in document.get("AdditionalInferenceSpecifications", ())}
        if wanted not in named:
            raise invalid(
                f"Model package {record.arn} has no inference specification {wanted}; it has {', '.join(sorted(named)) or 'none'}."
            )
        specification = named[wanted]
    if not specification:
        raise invalid(f"Model package {record.arn} has no InferenceSpecification: there is nothing to deploy.")
    if len(specification["Containers"]) > 1:
        raise unsupported("An inference pipeline of several containers")
    found = specification["Containers"][0]
    environment = {**found.get("Environment", {}), **container.get("Environment", {})}
    resolved = {**found, "account": record.connection.account}
    if environment:
        resolved["Environment"] = environment
    if hostname := container.get("ContainerHostname"):
        resolved["ContainerHostname"] = hostname
    return resolved
