"""A model from a training job. The endpoints area finds this by name, to deploy a job at once."""

import re

from areas.images import find, images, recipe_behind
from catalog.models import Record
from jobs.models import Run

PATTERN = r"^[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?"
CARRIED, RUN_TAG = "atelier:", "atelier:run"  # the Run that made a thing made only that


class NotAModel(Exception):
    """A sentence that says why no model can be made of a job."""


def model_request(job: Record, name: str = "") -> dict:
    """The CreateModel request that serves what a training job made, with its tags carried along.

    A script's own code is served with it, as the SDK does. Raises NotAModel.
    """
    document = job.document
    artifact = document.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
    if job.status not in ("Completed", "Stopped") or not artifact:
        raise NotAModel(f"Training job {job.name} is {job.status}: it has left no model to serve.")
    uri = document.get("AlgorithmSpecification", {}).get("TrainingImage", "")
    container = {"Image": serving_image(uri), "ModelDataUrl": artifact}
    environment = script_environment(document.get("HyperParameters") or {}, job.connection.region)
    if environment:
        container["Environment"] = environment
    tags = {tag.key: tag.value for tag in job.tags.all() if tag.key.startswith(CARRIED) and tag.key != RUN_TAG}
    tags["atelier:job"] = job.name
    return {
        "ModelName": name or next_name(job.connection, job.name),
        "PrimaryContainer": container,
        "ExecutionRoleArn": document.get("RoleArn", job.connection.execution_role_arn),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def serving_image(uri: str) -> str:
    """The image that serves what ``uri`` trained: the same one, or its inference sibling."""
    image = find(uri)
    if image is None or image.serve:
        return uri
    sibling = images().get(image.repository.replace("training", "inference"))
    return uri.replace(image.repository, sibling.repository) if sibling else uri


def script_environment(hyperparameters: dict, region: str) -> dict[str, str]:
    """What tells a serving image where a script's handlers are: beside a training script of one's own, apart from JumpStart's."""
    program, code = (
        hyperparameters.get(f"sagemaker_{name}", "").strip('"') for name in ("program", "submit_directory")
    )
    if not program or not code:
        return {}
    if recipe := recipe_behind(code):
        program, code = "inference.py", recipe.serving_source.format(region=region)
    return {"SAGEMAKER_PROGRAM": program, "SAGEMAKER_SUBMIT_DIRECTORY": code, "SAGEMAKER_CONTAINER_LOG_LEVEL": "20"}


def next_name(connection, stem: str, kind: str = "Model") -> str:
    """``stem`` if it is free, else ``stem-2``, ``stem-3`` …"""
    stem = re.sub(r"[^a-zA-Z0-9]+", "-", stem).strip("-")[:56] or "model"
    taken = set(
        Record.objects.filter(connection=connection, kind=kind, name__startswith=stem).values_list("name", flat=True)
    )
    open_runs = Run.objects.filter(connection=connection, kind=kind, name__startswith=stem, state__in=Run.OPEN)
    taken |= set(open_runs.values_list("name", flat=True))
    number, name = 1, stem
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name
