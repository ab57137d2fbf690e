"""How a person reads an entity: the word for what it is, its short name, its icon, and the page of what it stands for."""

import re
from datetime import UTC, datetime

from django.urls import NoReverseMatch, reverse

from areas.index import resources
from areas.lineage.models import ACTION, ARTIFACT, CONTEXT, TRIAL_COMPONENT
from areas.permissions import of_arn

_PLAIN = {
    (TRIAL_COMPONENT, "TrainingJob"): ("Training job", "academic-cap"),
    (TRIAL_COMPONENT, "ProcessingJob"): ("Processing job", "arrows-right-left"),
    (TRIAL_COMPONENT, "TransformJob"): ("Transform job", "queue-list"),
    (TRIAL_COMPONENT, "ExperimentTrialComponent"): ("Run", "beaker"),
    (ARTIFACT, "DataSet"): ("Data", "circle-stack"),
    (ARTIFACT, "Image"): ("Image", "square-3-stack-3d"),
    (ARTIFACT, "Checkpoint"): ("Checkpoints", "flag"),
    (ARTIFACT, "Model"): ("Model artifact", "cube-transparent"),
    (ACTION, "Approval"): ("Approval", "check-badge"),
    (ACTION, "ModelDeployment"): ("Deployment", "rocket-launch"),
    (CONTEXT, "Endpoint"): ("Endpoint", "signal"),
    (CONTEXT, "ModelGroup"): ("Model group", "rectangle-stack"),
}
_ICONS = {ARTIFACT: "document", ACTION: "bolt", CONTEXT: "rectangle-group", TRIAL_COMPONENT: "beaker"}
_PLURALS = {"Data": "data sources", "Checkpoints": "checkpoint folders"}
_STAMPED = re.compile(r"(.+)-(\d{10,13})-aws-(endpoint|model-group)")
_DATASET = re.compile(r"s3://[^/]+/datasets/([a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62})/")


def word_of(node) -> str:
    """``Training job``, ``Model version``: what a node (or vertex) is."""
    if node.kind == ARTIFACT and node.type == "Model" and node.source.startswith("arn:"):
        return "Model version" if ":model-package/" in node.source else "Model"
    found = _PLAIN.get((node.kind, node.type))
    return found[0] if found else node.type or node.kind


def icon_of(node) -> str:
    if word_of(node) == "Model version":
        return "archive-box"
    found = _PLAIN.get((node.kind, node.type))
    return found[1] if found else _ICONS[node.kind]


def plural_of(node) -> str:
    word = word_of(node)
    return _PLURALS.get(word, f"{word.lower()}s")


def label_of(node) -> str:
    """The short name: of a job its name, of S3 data the end of its URI, of a deployment what and when."""
    if node.kind == ACTION and (stamped := _STAMPED.fullmatch(node.name)):
        what, digits, _ = stamped.groups()
        seconds = int(digits) / (1000 if len(digits) == 13 else 1)
        return f"{what}, {datetime.fromtimestamp(seconds, UTC):%d %b %H:%M}"
    if node.source.startswith("arn:") and node.kind != ACTION:
        return of_arn(node.source)[1] or node.source
    if node.name:
        return node.name
    if node.source.startswith("s3://"):
        parts = node.source.removeprefix("s3://").rstrip("/").split("/")
        return "/".join(parts[-2:])
    return node.source.rpartition("/")[2] or node.source or node.arn.rpartition("/")[2]


def page_of(node) -> str:
    """Where the Studio shows what the node stands for; "" if nowhere."""
    if matched := _DATASET.match(node.source):
        return _reverse("dataset", matched[1])
    if not node.source.startswith("arn:aws"):
        return ""
    noun, name, _ = of_arn(node.source)
    resource = resources().get(noun)
    return _reverse(resource.codename, name) if resource and name else ""


def _reverse(view: str, name: str) -> str:
    try:
        return reverse(view, args=[name])
    except NoReverseMatch:
        return ""
