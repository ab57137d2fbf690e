"""A new card filled from what the catalog knows of a training job or a model package."""

import json

from areas.allowed import visible_here
from areas.calls import CallFailed, client, service_words
from areas.images import find
from catalog.models import Connection, Record

CARRIED = ("business_details", "intended_uses", "additional_information")  # from one version's card to the next, as AWS
MOST_BYTES = 1 << 20  # of an evaluation report that is read
LISTS = {"training_datasets": 15, "training_metrics": 50, "hyper_parameters": 100}  # the schema's limits


def from_job(job: Record) -> dict:
    """Training details, artifact, image and algorithm of a training job, as a card's content."""
    document = job.document
    image = document.get("AlgorithmSpecification", {}).get("TrainingImage", "")
    known = find(image) if image else None
    details = {
        "training_arn": job.arn,
        "training_datasets": [uri for channel in document.get("InputDataConfig") or () if (uri := _uri(channel))],
        "training_environment": {"container_image": [image]} if image else {},
        "training_metrics": [
            {"name": one["MetricName"], "value": one["Value"]} for one in document.get("FinalMetricDataList") or ()
        ],
        "hyper_parameters": [
            {"name": name, "value": value} for name, value in (document.get("HyperParameters") or {}).items()
        ],
    }
    for name, most in LISTS.items():
        details[name] = details[name][:most]
    artifact = document.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
    overview = {
        "model_name": job.name, "model_creator": job.owner, "algorithm_type": known.title if known else "",
        "model_artifact": [artifact] if artifact else [],
    }  # fmt: skip
    return _less({"model_overview": overview, "training_details": {"training_job_details": details}})


def from_package(connection: Connection, package: Record) -> dict:
    """The package itself, its own card, the job that trained its artifact, its quality report, and what the latest card of
    the same group says of uses, business and ethics."""
    document = package.document
    containers = (document.get("InferenceSpecification") or {}).get("Containers") or []
    artifacts = [one["ModelDataUrl"] for one in containers if one.get("ModelDataUrl")]
    group = document.get("ModelPackageGroupName", "")
    content: dict = {}
    for artifact in artifacts[:1]:
        jobs = Record.objects.filter(
            connection=connection, kind="TrainingJob", document__ModelArtifacts__S3ModelArtifacts=artifact
        )
        job = visible_here(connection, jobs, "TrainingJob").first()
        content = from_job(job) if job else {}
    content |= {name: part for name, part in _latest_of(connection, group).items() if name in CARRIED}
    own = (document.get("ModelCard") or {}).get("ModelCardContent", "")
    content |= json.loads(own) if own else {}
    if report := _quality(connection, document):
        content["evaluation_details"] = [*content.get("evaluation_details", ()), report]
    content["model_overview"] = {
        "model_name": group or package.name, "model_id": package.arn, "model_creator": package.owner,
        "model_description": document.get("ModelPackageDescription", ""), "model_artifact": artifacts,
        "inference_environment": {"container_image": [one["Image"] for one in containers if one.get("Image")]},
        **content.get("model_overview", {}),
    } | ({"model_version": document["ModelPackageVersion"]} if document.get("ModelPackageVersion") else {})  # fmt: skip
    content["model_package_details"] = {
        "model_package_arn": package.arn, "model_package_group_name": group,
        "model_package_version": document.get("ModelPackageVersion"),
        "model_package_description": document.get("ModelPackageDescription", ""),
        "model_package_status": document.get("ModelPackageStatus"),
        "model_approval_status": document.get("ModelApprovalStatus"),
        "approval_description": document.get("ApprovalDescription", ""), "domain": document.get("Domain", ""),
        "task": document.get("Task", ""),
        "inference_specification": {"containers": [
            {"image": one["Image"], "model_data_url": one.get("ModelDataUrl", "")} for one in containers if one.get("Image")
        ]} if any(one.get("Image") for one in containers) else None,
    }  # fmt: skip
    return _less(content)


def _uri(channel: dict) -> str:
    return (channel.get("DataSource") or {}).get("S3DataSource", {}).get("S3Uri", "")


def _latest_of(connection: Connection, group: str) -> dict:
    """The content of the card that was changed last among those of the group's versions."""
    if not group:
        return {}
    found = Record.objects.filter(connection=connection, kind="ModelCard", document__ModelPackageGroupName=group)
    latest = visible_here(connection, found, "ModelCard").order_by("-modified").first()
    return json.loads(latest.document["Content"]) if latest else {}


def _quality(connection: Connection, document: dict) -> dict | None:
    """ModelMetrics.ModelQuality.Statistics as an evaluation, if it is JSON of numbers that can be read now."""
    uri = (document.get("ModelMetrics") or {}).get("ModelQuality", {}).get("Statistics", {}).get("S3Uri", "")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not key:
        return None
    try:
        with service_words():
            body = client(connection, "s3").get_object(Bucket=bucket, Key=key)["Body"].read(MOST_BYTES + 1)
        report = json.loads(body) if len(body) <= MOST_BYTES else None
    except (CallFailed, ValueError):
        return None
    if not isinstance(report, dict):
        return None
    groups = []
    for name, part in report.items():
        metrics = [
            {"name": metric[:255], "type": "number", "value": value} for metric, value in _numbers(part, ()) if metric
        ]
        if metrics:
            groups.append({"name": name[:63] or "metrics", "metric_data": metrics[:100]})
    return {"name": "Model quality report", "metadata": {"report": uri}, "metric_groups": groups} if groups else None


def _numbers(value, place: tuple[str, ...]):
    """("mse", 4.5) of {"mse": {"value": 4.5, "standard_deviation": 2.1}}, and so on down."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _numbers(one, place if name == "value" else (*place, str(name)))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield " ".join(place), value


def _less(value):
    """The content without the members that say nothing."""
    if not isinstance(value, dict):
        return value
    kept = {name: _less(one) for name, one in value.items()}
    return {name: one for name, one in kept.items() if one is not None and one not in ("", [], {})}
