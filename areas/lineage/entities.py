"""What artifacts, actions, contexts and trial components have in common: how they are told apart, typed and grouped."""

import hashlib
import json

from areas.index import resources
from areas.lineage.models import ACTION as ACTION_KIND
from areas.lineage.models import ARTIFACT as ARTIFACT_KIND
from areas.lineage.models import CONTEXT as CONTEXT_KIND
from areas.lineage.models import TRIAL_COMPONENT as TRIAL_COMPONENT_KIND
from areas.lineage.resource import ACTION, CONTEXT
from areas.spec import Resource

ARTIFACT = Resource(
    noun="Artifact",
    section="",
    missing=("ResourceNotFound", "Artifact {arn} does not exist."),
    duplicate=("ValidationException", "Artifact with the same source already exists: {arn}"),
    sort=("CreationTime", "Descending"),
)

RESOURCES = {
    ARTIFACT_KIND: ARTIFACT, ACTION_KIND: ACTION, CONTEXT_KIND: CONTEXT,
    TRIAL_COMPONENT_KIND: resources()["TrialComponent"],
}  # fmt: skip
KIND_OF_PATH = {resource.arn_path: kind for kind, resource in RESOURCES.items()}


def artifact_id(source: dict) -> str:
    """The 32 hexadecimal digits of an artifact's ARN. One source is one artifact, so they are made from the source."""
    types = sorted((one["SourceIdType"], one["Value"]) for one in source.get("SourceTypes", ()))
    return hashlib.md5(json.dumps([source["SourceUri"], types]).encode(), usedforsecurity=False).hexdigest()


def source_key(source: str) -> str:
    """What the graph finds the entities of a source by."""
    return hashlib.md5(source.encode(), usedforsecurity=False).hexdigest()


def source_of(kind: str, document: dict) -> str:
    """What an entity stands for: an S3 URI, an image's URI, or the ARN of a job, package or endpoint."""
    return document.get("Source", {}).get("SourceArn" if kind == TRIAL_COMPONENT_KIND else "SourceUri", "")


def type_of(kind: str, document: dict) -> str:
    """ArtifactType, ActionType or ContextType; TrainingJob, ProcessingJob or TransformJob of a job's trial component."""
    if kind != TRIAL_COMPONENT_KIND:
        return document.get(f"{kind}Type", "")
    return document.get("Source", {}).get("SourceType", "").removeprefix("SageMaker") or "ExperimentTrialComponent"


def shown_name(kind: str, document: dict) -> str:
    """The name that its maker gave it; "" of an artifact without one."""
    return document.get(f"{kind}Name", "")
