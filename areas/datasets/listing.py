"""The list of datasets: one query for a page of them, whatever their number."""

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from areas.datasets.models import Dataset, DatasetVersion

SORTS = {"name": "name", "rows": "rows", "bytes": "bytes", "versions": "version_count", "modified": "modified"}
SIZE = 50


def find_datasets(connection, text: str = "") -> QuerySet[Dataset]:
    """The datasets with ``text`` in name, title or description, each with ``shown_id`` (its newest ready version, else
    its newest), that version's ``rows`` and ``bytes``, and ``version_count``."""
    ready = Case(When(state=DatasetVersion.READY, then=Value(1)), default=Value(0), output_field=IntegerField())
    best = DatasetVersion.objects.filter(dataset=OuterRef("pk")).annotate(ready=ready).order_by("-ready", "-number")
    found = Dataset.objects.filter(connection=connection).annotate(
        shown_id=Subquery(best.values("pk")[:1]), rows=Subquery(best.values("rows")[:1]),
        bytes=Subquery(best.values("bytes")[:1]), version_count=Count("versions"),
    )  # fmt: skip
    if text:
        found = found.filter(Q(name__icontains=text) | Q(title__icontains=text) | Q(description__icontains=text))
    return found


def add_shown(datasets) -> None:
    """Give each dataset of ``find_datasets`` its ``shown`` version, or None; one query for all of them."""
    versions = DatasetVersion.objects.defer("statistics", "files").in_bulk([one.shown_id for one in datasets])
    for dataset in datasets:
        dataset.shown = versions.get(dataset.shown_id)


def list_datasets(found: QuerySet[Dataset], *, sort: str = "name", page: int | str = 1):
    """A page of ``find_datasets`` with ``shown``. ``sort`` is a key of SORTS, with a minus for descending; unknown ones
    sort by name."""
    field = SORTS.get(sort.lstrip("-"), "name")
    order = F(field).desc(nulls_last=True) if sort.startswith("-") else F(field).asc(nulls_last=True)
    shown = Paginator(found.order_by(order, "name"), SIZE).get_page(page)
    add_shown(shown)
    return shown
