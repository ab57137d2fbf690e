"""What the lineage has of datasets: an artifact for each version, and for each part that was made of it.

It is told through SageMaker's own API, as the person who acts. What goes wrong here is logged and loses no dataset.
"""

import logging
import re

from django.utils import timezone

from areas.calls import CallFailed, call
from areas.datasets.models import DatasetVersion

log = logging.getLogger(__name__)


def record_version(version: DatasetVersion) -> None:
    """Make sure of the version's artifact."""
    try:
        _artifact_of(version)
    except CallFailed as error:
        log.warning("The lineage of %s was not recorded: %s: %s", version, error.code, error.message)


def record_parts(version: DatasetVersion, parts: dict[str, str], made: str) -> None:
    """Make sure of the artifacts of ``parts`` (name → S3 URI), DerivedFrom the version; ``made`` is how: ``split``."""
    try:
        source = _artifact_of(version)
        for name, uri in parts.items():
            part = _artifact(version, f"{version.dataset.name}-v{version.number}-{name}", uri, made=made, part=name)
            _associate(version, source, part)
    except CallFailed as error:
        log.warning("The lineage of the parts of %s was not recorded: %s: %s", version, error.code, error.message)


def record_end(version: DatasetVersion) -> None:
    """Note in the version's artifact that its data was deleted. What was trained on it keeps its lineage."""
    try:
        connection = version.dataset.connection
        for found in call(connection, "ListArtifacts", SourceUri=version.location)["ArtifactSummaries"]:
            arn = found["ArtifactArn"]
            properties = call(connection, "DescribeArtifact", ArtifactArn=arn).get("Properties", {})
            properties["DeletedTime"] = timezone.now().isoformat(timespec="seconds")
            call(connection, "UpdateArtifact", ArtifactArn=arn, Properties=properties)
    except CallFailed as error:
        log.warning("The end of %s was not recorded in the lineage: %s: %s", version, error.code, error.message)


def _artifact_of(version: DatasetVersion) -> str:
    more = {"rows": str(version.rows)} if version.rows is not None else {}
    return _artifact(
        version, f"{version.dataset.name}-v{version.number}", version.location, digest=version.digest, **more
    )


def _artifact(version: DatasetVersion, name: str, uri: str, **properties: str) -> str:
    """The ARN of the one artifact of a URI: a job that read from it may have made it before."""
    connection = version.dataset.connection
    properties = {"dataset": version.dataset.name, "version": str(version.number), **properties}
    try:
        return call(
            connection, "CreateArtifact", ArtifactName=_plain(name), Source={"SourceUri": uri}, ArtifactType="DataSet",
            Properties={key: value for key, value in properties.items() if value},
        )["ArtifactArn"]  # fmt: skip
    except CallFailed as error:
        found = call(connection, "ListArtifacts", SourceUri=uri)["ArtifactSummaries"] if _is_there(error) else []
        if not found:
            raise
        return found[0]["ArtifactArn"]


def _associate(version: DatasetVersion, source: str, part: str) -> None:
    try:
        call(
            version.dataset.connection, "AddAssociation", SourceArn=source, DestinationArn=part,
            AssociationType="DerivedFrom",
        )  # fmt: skip
    except CallFailed as error:
        if not _is_there(error):
            raise


def _is_there(error: CallFailed) -> bool:
    return error.code == "ValidationException" and "already exists" in error.message


def _plain(name: str) -> str:
    """A name as SageMaker allows it: letters, digits and single dashes between them, 120 at most."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-")[:120].strip("-")
