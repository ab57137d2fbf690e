"""The routes that every declared noun has: list, describe, create, update, actions, delete, tags, metrics, logs."""

from ninja import Field, Query, Router, Schema

import areas.converters  # noqa: F401 - registers <record:…>
from areas.allowed import allowed
from areas.rest import ERRORS
from areas.spec import Resource
from catalog.measures import MetricSeries
from catalog.metrics import arrived
from catalog.points import as_rows, read_cursor, write_cursor
from studio.rest import changing
from studio.rest.examples import UPDATE
from studio.rest.find import find_record
from studio.rest.logs import add_logs
from studio.rest.records import ListQuery, PointOut, RecordOut, RecordPage, page, whole


class MetricQuery(Schema):
    metric: str = Field("", max_length=255, description="Only the points of this metric.")
    cursor: str = Field(
        "", max_length=20_000, description="From the header Link of the answer before: what is beyond it, now or later."
    )
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
        """Points, metric by metric, each in the order of their arrival. The header Link leads to what comes after them."""
        series = MetricSeries.objects.filter(record=find_record(request, resource, name)).order_by("id")
        if query.metric:
            series = series.filter(name=query.metric)
        series, seen = list(series), read_cursor(query.cursor)
        found = arrived(series, seen, query.limit)
        rows = [
            row for one in series if one.id in found for row in as_rows(one.name, seen.get(one.id, 0), found[one.id])
        ]
        if rows:
            request.next_cursor = write_cursor(seen | {key: seen.get(key, 0) + len(one) for key, one in found.items()})
        return rows
