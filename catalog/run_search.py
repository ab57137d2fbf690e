"""Runs found, sorted and paged: the one way for tables, charts, REST and MLflow clients to ask for the runs of an experiment."""

from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.access import Access
from catalog.models import Connection, Record
from catalog.paging import read_page
from catalog.queries import Page, page_of, search_records, sort_records
from catalog.runs import RunRow, TrialMember

NOUN = "TrialComponent"


class RunSearch:
    """The runs of a connection, or of one experiment (id of its Record), that a query is true of.

    ``query`` is text or a tree of ``catalog.query_language``; ``sort`` a field of the language, with a minus for descending;
    ``access`` leaves out what may not be viewed; archived runs are left out unless asked for. Raises QueryError (``.at``) at once.
    """

    def __init__(self, connection: Connection, query="", *, experiment: int | None = None, sort: str = "-created",
                 access: Access | None = None, archived: bool = False, deleted: bool = False,
                 aliases: dict[str, str] | None = None):  # fmt: skip
        self.connection, self.experiment, self.sort = connection, experiment, sort
        rows = Record.objects.filter(connection=connection, kind=f"Deleted{NOUN}" if deleted else NOUN)
        if experiment is not None:
            name = Record.objects.filter(id=experiment).values("name")[:1]
            member = TrialMember.objects.filter(
                component=OuterRef("pk"), trial__parent=name, trial__connection=connection
            )
            row = RunRow.objects.filter(record=OuterRef("pk"), experiment=experiment)
            rows = rows.filter(Q(Exists(row)) | Q(Exists(member)))
        if not archived:
            rows = rows.filter(~Exists(RunRow.objects.filter(record=OuterRef("pk"), archived__isnull=False)))
        if access is not None:
            rows = access.visible(rows, NOUN)
        self.records: QuerySet = search_records(rows, query, aliases)

    @cached_property
    def count(self) -> int:
        """How many there are: asked when read, not before."""
        return self.records.order_by().count()

    def page(self, number: int, size: int) -> Page:
        """One page by its number, counted from 1, with the total."""
        return page_of(sort_records(self.records, self.sort), number, size)

    def after(self, cursor: str, limit: int) -> tuple[list[Record], str | None]:
        """(the next ``limit`` runs after a cursor, the next cursor or None). Raises BadCursor."""
        return read_page(self.records, sort="-created", limit=limit, cursor=cursor)

    def ids(self, limit: int) -> list[int]:
        """Ids of the first runs, in the order of the sort."""
        return list(sort_records(self.records, self.sort).values_list("id", flat=True)[:limit])
