"""The routes that every declared noun has: list, describe, create, update, actions, delete, tags, metrics, logs."""

from ninja import Field, Query, Router, Schema

import areas.converters  # noqa: F401 - registers <record:…>
from areas.allowed import allowed
from areas.rest import ERRORS
from areas.spec import Resource
from catalog.models import MetricPoint
from studio.rest import changing
from studio.rest.examples import UPDATE
from studio.rest.find import find_record
from studio.rest.logs import add_logs
from studio.rest.records import ListQuery, PointOut, RecordOut, RecordPage, page, whole


class MetricQuery(Schema):
    metric: str = Field("", max_length=255, description="Only the points of this metric.")
    after: int = Field(0, ge=0, le=2**63 - 1, description="id of the last point that you have.")
    limit: int = Field(1000, ge=1, le=10_000)


def router_of(resource: Resource) -> Router:
    """A Router with the noun's routes; operation ids are AWS's words in snake case."""
    router, noun, words = Router(), resource.codename, resource.title.lower()
    plural = resource.slug.replace("-", "_")

    @router.get(
        "/", response={200: RecordPage, **ERRORS}, operation_id=f"list_{plural}", summary=f"List {words}",
        description=resource.purpose,
    )  # fmt: skip
    @allowed("view", resource.noun)
    def list_records(request, query: Query[ListQuery]):
        return page(request, resource, query)

    @router.get(
        "/{record:name}/", response={200: RecordOut, **ERRORS}, operation_id=f"describe_{noun}",
        summary=f"Describe {resource.singular}",
    )  # fmt: skip
    @allowed("view", resource.noun)
    def describe(request, name: str):
        return whole(find_record(request, resource, name))

    changing.add_create(router, resource)
    if resource.noun in UPDATE:
        changing.add_update(router, resource)
    for action in resource.actions:
        changing.add_action(router, resource, action)
    changing.add_tags(router, resource)
    if resource.metrics:
        _add_metrics(router, resource)
    if resource.logs:
        add_logs(router, resource)
    return router


def _add_metrics(router: Router, resource: Resource) -> None:
    @router.get(
        "/{record:name}/metrics/", response={200: list[PointOut], **ERRORS}, operation_id=f"metrics_{resource.codename}",
        summary=f"Metrics of a {resource.singular}",
    )  # fmt: skip
    @allowed("view", resource.noun)
    def metrics(request, name: str, query: Query[MetricQuery]):
        """Points in the order of their arrival."""
        points = MetricPoint.objects.filter(record=find_record(request, resource, name), id__gt=query.after)
        if query.metric:
            points = points.filter(name=query.metric)
        return list(points.order_by("id").values("id", "name", "step", "time", "value")[: query.limit])
