"""The list of datasets: one query for a page of them, whatever their number."""

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Subquery, Value, When

from areas.datasets.models import Dataset, DatasetVersion

SORTS = {"name": "name", "rows": "rows", "bytes": "bytes", "versions": "version_count", "modified": "modified"}
SIZE = 50


def list_datasets(connection, *, text: str = "", sort: str = "name", page: int | str = 1):
    """A page of datasets, each with ``shown`` (its newest ready version, else its newest), ``rows``, ``bytes``,
    ``version_count``. ``sort`` is a key of SORTS, with a minus for descending; unknown ones sort by name."""
    ready = Case(When(state=DatasetVersion.READY, then=Value(1)), default=Value(0), output_field=IntegerField())
    best = DatasetVersion.objects.filter(dataset=OuterRef("pk")).annotate(ready=ready).order_by("-ready", "-number")
    found = Dataset.objects.filter(connection=connection).annotate(
        shown_id=Subquery(best.values("pk")[:1]), rows=Subquery(best.values("rows")[:1]),
        bytes=Subquery(best.values("bytes")[:1]), version_count=Count("versions"),
    )  # fmt: skip
    if text:
        found = found.filter(Q(name__icontains=text) | Q(title__icontains=text) | Q(description__icontains=text))
    field = SORTS.get(sort.lstrip("-"), "name")
    order = F(field).desc(nulls_last=True) if sort.startswith("-") else F(field).asc(nulls_last=True)
    shown = Paginator(found.order_by(order, "name"), SIZE).get_page(page)
    versions = DatasetVersion.objects.defer("statistics", "files").in_bulk([one.shown_id for one in shown])
    for dataset in shown:
        dataset.shown = versions.get(dataset.shown_id)
    return shown
