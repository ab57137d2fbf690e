"""Artifacts: data, models, images. There is one for each source."""

import orjson
from django.db.models import QuerySet

from areas.lineage.engine import nodes
from areas.lineage.entities import ARTIFACT, artifact_id
from catalog.models import Record
from engine import edits, store
from engine.context import Context
from engine.errors import invalid
from engine.operations import operation
from engine.verbs import pages, sql, tokens
from engine.verbs.describe import describe

_SUMMARY = ("ArtifactArn", "ArtifactName", "Source", "ArtifactType", "CreationTime", "LastModifiedTime")


@operation("CreateArtifact")
def create_artifact(context: Context, request: dict) -> dict:
    name = artifact_id(request["Source"])
    document = edits.stamped(context, request, is_lineage=True)
    document.setdefault("ArtifactName", "")  # the store would name it by its id
    record = store.create(context, ARTIFACT, name, document, tags=request.get("Tags", ()))
    return {"ArtifactArn": record.arn}


@operation("DescribeArtifact")
def describe_artifact(context: Context, request: dict) -> dict:
    answer = describe(context, ARTIFACT, ARTIFACT.name_of(request["ArtifactArn"]))
    if not answer["ArtifactName"]:
        del answer["ArtifactName"]
    return answer


@operation("UpdateArtifact")
def update_artifact(context: Context, request: dict) -> dict:
    record = store.get(context, ARTIFACT, ARTIFACT.name_of(request["ArtifactArn"]))
    store.change(
        record.id, lambda document: edits.edit(context, document, request, ("Properties",), replace=True),
        ARTIFACT, now=context.now,
    )  # fmt: skip
    return {"ArtifactArn": record.arn}


@operation("DeleteArtifact")
def delete_artifact(context: Context, request: dict) -> dict:
    """Delete the artifact of an ARN, or of a source."""
    arn, source = request.get("ArtifactArn"), request.get("Source")
    if bool(arn) == bool(source):
        raise invalid("Exactly one of ArtifactArn and Source must be given.")
    record = store.get(context, ARTIFACT, ARTIFACT.name_of(arn) if arn else artifact_id(source))
    nodes.check_free(record)
    store.remove(record)
    return {"ArtifactArn": record.arn}


@operation("ListArtifacts")
def list_artifacts(context: Context, request: dict) -> dict:
    descending = request.get("SortOrder", ARTIFACT.sort[1]) == "Descending"
    picked = sql.pick(sql.DOCUMENT, tuple((member,) for member in _SUMMARY))
    found, position = pages.page(
        _filtered(context, request), pages.Order(pages.columns("created", "id"), descending), (sql.value(picked),),
        request.get("MaxResults", ARTIFACT.page_size), tokens.read(context, request),
    )  # fmt: skip
    rows = (dict(zip(_SUMMARY, orjson.loads(text), strict=True)) for _, text in found)
    answer = {"ArtifactSummaries": [{member: value for member, value in row.items() if value} for row in rows]}
    if position:
        answer["NextToken"] = tokens.make(context, request, position)
    return answer


def _filtered(context: Context, request: dict) -> QuerySet:
    rows = context.access.visible(
        Record.objects.filter(connection_id=context.connection.id, kind=ARTIFACT.noun), ARTIFACT.noun
    )
    rows = nodes.of_source(context, request.get("SourceUri"), rows)
    if "ArtifactType" in request:
        phrase, params = sql.text(sql.DOCUMENT, ("ArtifactType",))
        rows = rows.filter(sql.condition((f"{phrase} = %s", (*params, request["ArtifactType"]))))
    if "CreatedAfter" in request:
        rows = rows.filter(created__gt=store.when(request["CreatedAfter"]))
    if "CreatedBefore" in request:
        rows = rows.filter(created__lt=store.when(request["CreatedBefore"]))
    return rows
