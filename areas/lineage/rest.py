"""GET /api/v1/lineage/: what a thing was made of, and what became of it."""

from datetime import datetime
from typing import Literal

from ninja import Query, Router, Schema
from pydantic import Field

from areas.allowed import access, allowed
from areas.lineage import reading
from areas.lineage.asked import NotATime, read_time
from areas.rest import ERRORS, Problem

PREFIX = "/lineage/"
router = Router()


class NodeOut(Schema):
    arn: str
    kind: Literal["Artifact", "Action", "Context", "TrialComponent"]
    type: str = Field(description="DataSet, Model, Image, TrainingJob, ModelDeployment, Endpoint …")
    name: str
    source: str = Field(description="What it stands for: S3 URI, image, or ARN.")
    level: int = Field(description="Associations from the start: negative before it, positive after it, 0 the start.")
    created: datetime
    deleted: datetime | None = Field(description="When the entity was deleted.")
    ended: datetime | None = Field(description="When what it stands for was deleted.")


class EdgeOut(Schema):
    source: str
    destination: str
    type: str
    created: datetime


class LineageOut(Schema):
    start: NodeOut
    nodes: list[NodeOut]
    edges: list[EdgeOut]


class LineageQuery(Schema):
    arn: str = Field(
        min_length=1, description="ARN of a job, model, package, endpoint or lineage entity; S3 URI; image."
    )
    direction: Literal["up", "down", "both"] = "both"
    depth: int = Field(1, ge=1, le=10)
    at: str = Field("", description="As it was then: 2026-11-22 (the end of the day) or 2026-11-22T10:15:00Z.")
    types: str = Field("", description="Only nodes of these types, with commas between them: DataSet,Model")


@router.get("/", response={200: LineageOut, **ERRORS}, operation_id="query_lineage")
@allowed("view", "Lineage")
def query(request, query: Query[LineageQuery]):
    """Nodes within ``depth`` associations, nearest first, and the associations among them."""
    try:
        moment = read_time(query.at)
    except NotATime as error:
        raise Problem(422, str(error), "InvalidInput") from error
    start = reading.find(request.connection, access(request), query.arn)
    if start is None:
        raise Problem(
            404, f"Nothing in the lineage of {request.connection.name} is or stands for {query.arn}.", "NotFound"
        )
    depths = {way: query.depth if query.direction in (way, "both") else 0 for way in ("up", "down")}
    types = [one.strip() for one in query.types.split(",") if one.strip()]
    found = reading.look(start, access(request), **depths, at=moment, types=types)
    arns = {start.id: start.arn} | {number: vertex.arn for number, vertex in found.vertices.items()}
    nearest = sorted(found.vertices.values(), key=lambda vertex: (abs(found.levels[vertex.id]), vertex.id))
    return {
        "start": _node(start, 0),
        "nodes": [_node(vertex, found.levels[vertex.id]) for vertex in nearest],
        "edges": [
            {"source": arns[link.source], "destination": arns[link.destination], "type": link.type, "created": link.created}
            for link in found.links
        ],
    }  # fmt: skip


def _node(node, level: int) -> dict:
    return {
        "arn": node.arn, "kind": node.kind, "type": node.type, "name": node.name, "source": node.source, "level": level,
        "created": node.created, "deleted": node.removed, "ended": node.ended,
    }  # fmt: skip
