"""Which permission an AWS operation needs: a verb, AWS's noun, and the name of the thing. Standard library only.

The wire asks before it handles, and the Studio asks before it calls an AWS account, so both obey the same rules.
"""

import re
from dataclasses import dataclass, field, replace

from areas.reached import reached


@dataclass(frozen=True)
class Need:
    """``verb`` on the ``noun`` called ``name`` ("" where the operation names none: a list, a search)."""

    verb: str
    noun: str
    name: str = ""
    account: str = ""  # of the ARN that names it, if an ARN does
    tags: dict[str, str] = field(default_factory=dict)  # those that a new thing will have
    parent: str = ""  # the group of a model package that the call doesn't name
    is_prefix: bool = False  # everything is meant whose name begins with ``name``

    @property
    def codename(self) -> str:
        """``create_training_job``"""
        return f"{self.verb}_{_snake(self.noun)}"


_VERBS = (
    ("BatchDescribe", "view"), ("BatchGet", "view"), ("BatchPut", "update"), ("Describe", "view"), ("List", "view"),
    ("Search", "view"), ("Query", "view"), ("Get", "view"), ("Head", "view"), ("Render", "view"), ("Create", "create"),
    ("Import", "create"), ("Register", "create"), ("Deregister", "delete"), ("Associate", "update"),
    ("Disassociate", "update"), ("Attach", "update"), ("Detach", "update"), ("Update", "update"), ("Put", "update"),
    ("Retry", "update"), ("Start", "update"), ("Send", "update"), ("Enable", "manage"), ("Disable", "manage"),
    ("Stop", "stop"), ("Abort", "stop"), ("Delete", "delete"), ("Invoke", "invoke"), ("Add", "create"),
    ("BatchAdd", "create"), ("BatchDelete", "delete"), ("BatchReboot", "update"), ("BatchReplace", "update"),
    ("Extend", "update"), ("Tag", "update"), ("Untag", "update"), ("Cancel", "stop"), ("Filter", "view"),
    ("Simulate", "view"), ("Test", "view"), ("Remove", "delete"), ("Copy", "create"), ("Upload", "create"), ("Complete", "create"),
)  # fmt: skip

# What the names of operations don't tell. (service, operation) → (verb, noun)
_ODD = {
    ("sagemaker", "Search"): ("view", ""),  # the noun is what is searched for
    ("sagemaker", "AddTags"): ("update", ""),  # the noun is in the ARN
    ("sagemaker", "DeleteTags"): ("update", ""),
    ("sagemaker", "ListTags"): ("view", ""),
    ("sagemaker", "AddAssociation"): ("create", "Association"),
    ("sagemaker", "QueryLineage"): ("view", "Lineage"),
    ("sagemaker", "StartPipelineExecution"): ("create", "PipelineExecution"),
    ("sagemaker", "BatchDescribeModelPackage"): ("view", "ModelPackage"),
    ("sagemaker", "GetSearchSuggestions"): ("view", ""),
    ("sagemaker", "UpdateEndpointWeightsAndCapacities"): ("update", "Endpoint"),
    ("sagemaker", "PutModelPackageGroupPolicy"): ("update", "ModelPackageGroup"),
    ("sagemaker", "GetModelPackageGroupPolicy"): ("view", "ModelPackageGroup"),
    ("sagemaker", "DeleteModelPackageGroupPolicy"): ("update", "ModelPackageGroup"),
    ("sagemaker", "GetLineageGroupPolicy"): ("view", "LineageGroup"),
    ("sagemaker", "ListTrainingJobsForHyperParameterTuningJob"): ("view", "HyperParameterTuningJob"),
    ("sagemaker", "ListModelCardVersions"): ("view", "ModelCard"),
    ("sagemaker", "ListAliases"): ("view", "ImageVersion"),
    ("cloudwatch", "SetAlarmState"): ("update", "Alarm"),
    ("sagemaker-runtime", "InvokeEndpoint"): ("invoke", "Endpoint"),
    ("sagemaker-runtime", "InvokeEndpointAsync"): ("invoke", "Endpoint"),
    ("sagemaker-runtime", "InvokeEndpointWithResponseStream"): ("invoke", "Endpoint"),
    ("sagemaker-metrics", "BatchPutMetrics"): ("update", "TrialComponent"),
    ("sagemaker-metrics", "BatchGetMetrics"): ("view", "TrialComponent"),
}

# Nouns of the services beside SageMaker's: what is in a service is one noun.
_SERVICE_NOUNS = {"s3": "S3Object", "logs": "LogStream", "iam": "ExecutionRole", "cloudwatch": "Alarm"}

# What everybody with a key may ask: who they are.
OPEN = {("sts", "GetCallerIdentity")}

_APPROVED = ("Approved", "Rejected")
_DECISION = {"ModelPackageName", "ModelPackageArn", "ModelApprovalStatus", "ApprovalDescription"}


def needs(service: str, operation: str, request: dict) -> list[Need]:
    """All that a call needs: an approval that also makes a version, or changes more of it, needs that as well; and who has
    SageMaker read, write or use something (``areas.reached``) must be allowed to."""
    first = need(service, operation, request)
    if first is None:
        return []
    found = [first]
    if first.verb == "approve" and not request.keys() <= _DECISION:
        found.append(replace(first, verb=permission(service, operation)[0], tags=_tags(request)))
    if service == "sagemaker" and operation.startswith(("Create", "Update")):
        found += [Need(*one) for one in reached(first.noun, request)]
    if operation in ("AssociateTrialComponent", "DisassociateTrialComponent"):
        found.append(Need("update", "Trial", request.get("TrialName", "")))
    if operation == "CreateTrial":
        found.append(Need("update", "Experiment", request.get("ExperimentName", "")))
    if service == "s3" and (source := request.get("CopySource")):
        copied = f"{source['Bucket']}/{source['Key']}" if isinstance(source, dict) else source.lstrip("/")
        found.append(Need("view", "S3Object", copied))
    return found


def need(service: str, operation: str, request: dict) -> Need | None:
    """What a call needs; None if everybody with a key may make it."""
    if (service, operation) in OPEN:
        return None
    verb, noun = permission(service, operation)
    if service == "s3":
        bucket, key = request.get("Bucket", ""), request.get("Key") or request.get("Prefix") or ""
        is_prefix = operation.startswith("List") or operation == "DeleteObjects"
        return Need(verb, noun, f"{bucket}/{key}" if bucket else "", is_prefix=bool(bucket) and is_prefix)
    if service == "logs":
        return Need(verb, noun, *_stream(request))
    if service == "sagemaker" and operation in ("Search", "GetSearchSuggestions"):
        return None  # the noun is what is searched for: the handler asks
    if not noun:
        return Need(verb, *of_arn(request.get("ResourceArn", "")))
    name, account = _named(noun, operation, request)
    if noun == "ModelPackage" and request.get("ModelApprovalStatus") in _APPROVED and verb in ("create", "update"):
        verb = "approve"
    parent = _plain_name(request.get("ModelPackageGroupName", ""))[0] if noun == "ModelPackage" else ""
    return Need(verb, noun, name, account, _tags(request) if verb == "create" else {}, parent)


def _tags(request: dict) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in request.get("Tags", ()) if isinstance(tag, dict)}


def permission(service: str, operation: str) -> tuple[str, str]:
    """``("create", "TrainingJob")`` for CreateTrainingJob; the noun is "" where only the request tells it."""
    if found := _ODD.get((service, operation)):
        return found
    prefix, verb = next(((prefix, verb) for prefix, verb in _VERBS if operation.startswith(prefix)), ("", "manage"))
    rest = operation.removeprefix(prefix)
    if service in _SERVICE_NOUNS:
        return verb, _SERVICE_NOUNS[service]
    return verb, _singular(rest) if prefix == "List" else rest


def of_arn(arn: str) -> tuple[str, str, str]:
    """``(noun, name, account)`` of an ARN of SageMaker's: ``model-package/g/3`` is the ModelPackage ``g/3``."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return "", arn, ""
    path, _, name = parts[5].partition("/")
    return _NOUNS.get(path) or "".join(word.capitalize() for word in path.split("-")), name, parts[4]


_NOUNS = {"experiment-trial": "Trial", "experiment-trial-component": "TrialComponent"}


def _named(noun: str, operation: str, request: dict) -> tuple[str, str]:
    for member in (
        f"{noun}Arn",
        f"{noun}Name",
    ):  # where both are given, the name is what the thing of that ARN shall be called
        value = request.get(member)
        if isinstance(value, str) and value:
            return _plain_name(value)
    if noun == "ModelPackage" and (group := request.get("ModelPackageGroupName")):
        name, account = _plain_name(group)
        return (f"{name}/" if operation.startswith("Create") else "", account)
    return "", ""


def _stream(request: dict) -> tuple[str, str, dict, str, bool]:
    """``group/stream`` of a call to CloudWatch Logs, as the rest of a Need; or what the names of all streams that it is about
    begin with."""
    group = request.get("logGroupName") or request.get("logGroupIdentifier") or ""
    if group.startswith("arn:"):
        group = group.split(":log-group:")[-1].removesuffix(":*")
    if not group:
        return request.get("logGroupNamePrefix") or "", "", {}, "", True
    if stream := request.get("logStreamName"):
        return f"{group}/{stream}", "", {}, "", False
    names = request.get("logStreamNames") or ()
    if len(names) == 1:
        return f"{group}/{names[0]}", "", {}, "", False
    return f"{group}/{request.get('logStreamNamePrefix') or ''}", "", {}, "", True


def _plain_name(value: str) -> tuple[str, str]:
    if not value.startswith("arn:"):
        return value, ""
    _, name, account = of_arn(value)
    return name, account


def _singular(plural: str) -> str:
    if plural.endswith("ies"):
        return plural[:-3] + "y"
    return plural[:-1] if plural.endswith("s") and not plural.endswith("ss") else plural


def _snake(noun: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", noun).lower()
