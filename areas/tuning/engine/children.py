"""The training jobs of a tuning job: made by CreateTrainingJob's own code, as their owner and with what that person may do now."""

import secrets
import time

from django.db import transaction

from areas.tuning.definitions import OBJECTIVE, Definition
from areas.tuning.models import Trial
from catalog import audit
from catalog.actor import WIRE, WORKER, Actor, acting
from catalog.models import Record
from engine import changes
from engine.context import Context
from engine.errors import AwsError
from engine.operations import handler_for
from engine.wire.authorise import authorise

# Members of a definition that a training job has under the same name.
_SAME = (
    "InputDataConfig", "OutputDataConfig", "ResourceConfig", "RoleArn", "StoppingCondition", "VpcConfig",
    "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "RetryStrategy",
    "Environment",
)  # fmt: skip


class _Undone(Exception):
    """Ends a rehearsal."""


def context_of(account: str, region: str, owner: str, operation: str, nouns: list[str]) -> Context:
    """As if the tuning job's owner asked, with a key that is limited to ``nouns``."""
    person = {"principal": owner} if owner.startswith("arn:") else {"user": owner}
    return Context("sagemaker", operation, account, region, via=WIRE, nouns=tuple(nouns), now=time.time(), **person)


def rehearse(context: Context, job: str, arn: str, definition: Definition, parameters: dict[str, str]) -> None:
    """Create a training job and undo it, so that what would refuse every one of them refuses the tuning job. Raises AwsError."""
    request = request_of(job, arn, definition, parameters, 1, ())
    try:
        with transaction.atomic(), changes.collected():
            _create(context, request)
            raise _Undone
    except _Undone:
        pass


def launch(
    context: Context, tuning: Record, definition: Definition, parameters: dict[str, str], *, number: int, slot: int
) -> Trial:
    """Start a training job and note it as a trial, both or neither. Raises AwsError where it can't be started."""
    tags = [{"Key": key, "Value": value} for key, value in tuning.tags.values_list("key", "value")]
    request = request_of(tuning.name, tuning.arn, definition, parameters, number, tags)
    actor = Actor(context.user, WORKER, principal=context.principal, nouns=context.nouns)
    with transaction.atomic(), acting(actor):
        arn = _create(context, request)
        job = Record.objects.get(
            connection_id=tuning.connection_id, kind="TrainingJob", name=request["TrainingJobName"]
        )
        trial = Trial.objects.create(
            tuning=tuning, number=number, slot=slot, name=job.name, definition=definition.name, parameters=parameters,
            job=job, created=job.document["CreationTime"],
        )  # fmt: skip
        audit.append(
            "CreateTrainingJob", arn, on=tuning.connection.name, detail={"tuning": tuning.arn, "parameters": parameters}
        )
    return trial


def stop(tuning: Record, trial: Trial) -> None:
    """Have a trial's training job stop; one that is about to end anyway does so."""
    context = Context("sagemaker", "StopTrainingJob", tuning.connection.account, tuning.connection.region)
    try:
        with transaction.atomic():
            handler_for("sagemaker", "StopTrainingJob")(context, {"TrainingJobName": trial.name})
    except AwsError:
        return  # it has ended meanwhile


def _create(context: Context, request: dict) -> str:
    authorise(context, request)
    return handler_for("sagemaker", "CreateTrainingJob")(context, request)["TrainingJobArn"]


def request_of(
    job: str, arn: str, definition: Definition, parameters: dict[str, str], number: int, tags: list[dict]
) -> dict:
    """CreateTrainingJob's request, with the tuning job's ARN. Several that run at once keep their checkpoints apart."""
    body = definition.body
    name = f"{job}-{number:03d}-{secrets.token_hex(4)}"
    request = {
        "TrainingJobName": name,
        "TuningJobArn": arn,
        "AlgorithmSpecification": body["AlgorithmSpecification"],
        "HyperParameters": {**definition.static, **parameters, OBJECTIVE: definition.metric},
        **{member: body[member] for member in _SAME if member in body},
    }
    if given := body.get("HyperParameterTuningResourceConfig"):
        request["ResourceConfig"] = resources_of(given)
    if checkpoints := body.get("CheckpointConfig"):
        request["CheckpointConfig"] = {**checkpoints, "S3Uri": f"{checkpoints['S3Uri'].rstrip('/')}/{name}"}
    if tags:
        request["Tags"] = tags
    return request


def resources_of(given: dict) -> dict:
    """ResourceConfig of a HyperParameterTuningResourceConfig: its first choice, which this engine always has."""
    chosen = given["InstanceConfigs"][0] if given.get("InstanceConfigs") else given
    members = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
    return {member: {**given, **chosen}[member] for member in members if member in chosen or member in given}
