"""Runs found, sorted and paged: the one way for tables, charts, REST and MLflow clients to ask for the runs of an experiment.

A page of an experiment walks an index that is in the order of the sort already (``catalog.run_orders``) and asks of each row
whether the query is true of it. Where a condition of the query is true of few runs, those are taken from its own index first.
"""

from functools import cached_property

from django.core import signing
from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.access import Access
from catalog.conditions import Ground, condition, mentions
from catalog.models import Connection, Record, RunParameter, RunRow, TrialMember
from catalog.paging import BadCursor
from catalog.queries import Page, in_order
from catalog.query_fields import read_field
from catalog.query_language import QueryError, parse
from catalog.run_candidates import candidates
from catalog.run_orders import Order, orders_of, orders_of_records

NOUN = "TrialComponent"
FEW = 400  # runs that are looked at one by one; of more, the walk along the sort finds a page sooner
SALT = "runs"


class RunSearch:
    """The runs of a connection, or of one experiment (id of its Record), that a query is true of.

    ``query`` is text or a tree of ``catalog.query_language``; ``sort`` a field of the language, with a minus for descending:
    runs without a value come last. ``access`` leaves out what may not be viewed; archived runs are left out unless asked for,
    by ``archived`` or by the query; ``deleted`` finds those in the bin instead. Raises QueryError (``.at``) at once.
    """

    def __init__(self, connection: Connection, query="", *, experiment: int | None = None, sort: str = "-created",
                 access: Access | None = None, archived: bool = False, deleted: bool = False,
                 aliases: dict[str, str] | None = None):  # fmt: skip
        self.connection, self.experiment, self.sort = connection, experiment, sort
        self.access, self.deleted, self.aliases = access, deleted, aliases
        self.tree = parse(query) if isinstance(query, str) else query
        self.records_ground = Ground("pk", True, aliases)
        if self.tree is not None:
            condition(self.tree, self.records_ground)
        with_archived = archived or (self.tree is not None and mentions(self.tree, "archived", self.records_ground))
        self.hides_archived = not with_archived
        self.descending, name = sort.startswith("-"), sort.removeprefix("-")
        try:
            self.field = read_field(name, aliases, runs=True)
        except QueryError as error:
            raise QueryError(f"Runs can't be sorted so: {error.message}", 0) from None

    @property
    def records(self) -> QuerySet[Record]:
        """All of them as Records, in no order: to join them with something else."""
        found = Record.objects.filter(connection=self.connection, kind=f"Deleted{NOUN}" if self.deleted else NOUN)
        if self.experiment is not None and self.deleted:
            found = found.filter(Exists(self._members.filter(component=OuterRef("pk"))))
        elif self.experiment is not None:
            mine = Exists(RunRow.objects.filter(record=OuterRef("pk"), experiment=self.experiment))
            found = found.filter(Q(mine) | Q(Exists(self._guests.filter(component=OuterRef("pk")))))
        return found.filter(self._wanted(self.records_ground))

    @cached_property
    def count(self) -> int:
        """How many there are: asked when read, not before."""
        if not self._walks:
            return self.records.count()
        if self._few is not None:
            return RunRow.objects.filter(
                self._wanted(Ground("record_id", True, self.aliases)), record__in=self._few
            ).count()
        for option in self._options:
            if len(option) == 1 and option[0].model is RunParameter:
                return option[0].order_by().filter(self._wanted(self._ground("run_id"))).count()
        return self._of(RunRow, "record_id").count()

    def page(self, number: int, size: int) -> Page:
        """One page by its number, counted from 1, with the total."""
        page = Page(total=self.count, size=size)
        page.number = min(max(number, 1), page.pages)
        page.records = self.rows(page.number, size)
        return page

    def rows(self, number: int, size: int) -> list[Record]:
        """The records of a page, without asking how many there are."""
        return in_order(self._slice((max(number, 1) - 1) * size, size))

    def ids(self, limit: int) -> list[int]:
        """Ids of the first runs, in the order of the sort."""
        return self._slice(0, limit)

    def after(self, cursor: str, limit: int) -> tuple[list[Record], str | None]:
        """(the next ``limit`` runs after a cursor, the cursor of the next page or None). Raises BadCursor.

        Sorted by creation, a metric or a parameter, the next page begins after the last run of this one, whatever came meanwhile.
        """
        place, begin = self._read(cursor)
        found: list[tuple[int, tuple]] = []  # (which of the orders, its row)
        orders = self._orders
        for at in range(place, len(orders)):
            order = orders[at]
            rows = order.beyond(begin) if at == place and begin and order.is_keyed else order.rows
            skip = begin[0] if at == place and begin and not order.is_keyed else 0
            found += [(at, row) for row in rows[skip : skip + limit + 1 - len(found)]]
            if len(found) > limit:
                break
        page = found[:limit]
        records = in_order([row[-1] for _, row in page])
        if len(found) <= limit:
            return records, None
        last, row = page[-1]
        if orders[last].is_keyed:
            return records, self._write(last, row)
        same = sum(at == last for at, _ in page)
        return records, self._write(last, [same + (begin[0] if begin and last == place else 0)])

    def _slice(self, start: int, size: int) -> list[int]:
        found: list[int] = []
        for order in self._orders:
            rows = [row[-1] for row in order.rows[start : start + size - len(found)]]
            found += rows
            if len(found) == size:
                break
            start = 0 if rows or not start else max(start - order.rows.order_by().count(), 0)
        return found

    def _write(self, place: int, row) -> str:
        values = [one.isoformat() if hasattr(one, "isoformat") else one for one in row]
        return signing.Signer(salt=SALT).sign_object([self.sort, self.experiment, place, values])

    def _read(self, cursor: str) -> tuple[int, list | None]:
        if not cursor:
            return 0, None
        try:
            sort, experiment, place, values = signing.Signer(salt=SALT).unsign_object(cursor)
        except (signing.BadSignature, ValueError):
            sort = None
        if sort != self.sort or experiment != self.experiment or place >= len(self._orders):
            raise BadCursor("The cursor is not of this list and sort order; start again without it.")
        return place, values

    @property
    def _walks(self) -> bool:
        """Whether the tables that know a run's experiment are asked, and not the Records."""
        return self.experiment is not None and not self.deleted

    @cached_property
    def _orders(self) -> list[Order]:
        if self._walks:
            return orders_of(self.field, self.descending, self._of)
        return orders_of_records(self.field, self.descending, self.records)

    def _of(self, model, record: str) -> QuerySet:
        """The rows of a table that belong to runs that are found; ``record`` is its column with the id of the run's Record."""
        rows = model.objects.all()
        if self._few is not None:
            rows = rows.filter(**{f"{record}__in": self._few})
        elif self._has_guests:
            rows = rows.filter(Q(experiment=self.experiment) | Q(**{f"{record}__in": self._guests.values("component")}))
        else:
            rows = rows.filter(experiment=self.experiment)
        return rows.filter(self._wanted(self._ground(record)))

    def _ground(self, record: str) -> Ground:
        return Ground(record, True, self.aliases, None if self._has_guests else self.experiment)

    def _wanted(self, ground: Ground) -> Q:
        """What query, archive and permissions want of a row."""
        found = Q() if self.tree is None else condition(self.tree, ground)
        if self.hides_archived and self._has_archived:
            found &= ~ground.row(Q(archived__isnull=False))
        if self.access is not None:
            everything = Record.objects.all()
            visible = self.access.visible(everything, NOUN)
            if visible is not everything:
                found &= Q(Exists(visible.filter(pk=OuterRef(ground.record))))
        return found

    @property
    def _members(self) -> QuerySet[TrialMember]:
        name = Record.objects.filter(id=self.experiment).values("name")[:1]
        return TrialMember.objects.filter(trial__parent=name, trial__connection=self.connection)

    @property
    def _guests(self) -> QuerySet[TrialMember]:
        """Memberships of runs whose first experiment is another."""
        return TrialMember.objects.filter(guest_of=self.experiment, guest_of__gt=0)

    @cached_property
    def _has_guests(self) -> bool:
        return self._guests.exists()

    @cached_property
    def _has_archived(self) -> bool:
        if self.experiment is None or self.deleted or self._has_guests:
            return True
        return RunRow.objects.filter(experiment=self.experiment, archived__isnull=False).exists()

    @cached_property
    def _options(self) -> list[list[QuerySet]]:
        """Parts of the query that an index answers: each a list of queries for ids that all matches are among."""
        if self.tree is None or self._has_guests:
            return []
        return candidates(self.tree, self.connection, self.experiment, self.aliases)

    @cached_property
    def _few(self) -> list[int] | None:
        """Ids of runs that all matches are among, if a part of the query is true of few."""
        if not self._walks:
            return None
        for option in self._options:
            found: set[int] = set()
            for rows in option:
                found.update(rows[: FEW + 1])
                if len(found) > FEW:
                    break
            else:
                return sorted(found)
        return None


__all__ = ["NOUN", "BadCursor", "QueryError", "RunSearch"]
