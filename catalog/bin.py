"""The bin: experiments, trials and trial components that were deleted wait here for 30 days, then they are gone.

What is in the bin keeps its Record with everything that hangs on it (tags, metrics, parameters, memberships) under the kind
``Deleted<Noun>``; its name is free for others. Nothing else in the project sees it, but for who asks for that kind.
Nothing here asks who may, nor writes audit entries but for ``restore`` and ``purge``: a deletion is audited by its caller.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, Substr
from django.utils import timezone

from catalog import audit, runs
from catalog.access import Access
from catalog.actor import current
from catalog.measures import MetricSeries
from catalog.models import Binned, Record, RunParameter, RunRow, TrialMember

KEPT = timedelta(days=30)
NOUNS = ("Experiment", "Trial", "TrialComponent")
PREFIX = "Deleted"  # of the kind
_ARN_PREFIX = "deleted/"
_CHUNK = 1000

PUT, RESTORED, PURGED = "put", "restored", "purged"
# (what happened, ids of the Records) in the transaction: who keeps something of their own about these Records listens.
listeners: list[Callable[[str, list[int]], None]] = []


class CannotRestore(Exception):
    """Why something can't come back, in a sentence for people."""


def put(record: Record) -> None:
    """Put one thing into the bin as it is. ``record`` becomes what it is now."""
    with transaction.atomic():
        _put(Record.objects.filter(id=record.id), record.kind, None)
        record.refresh_from_db()


def put_runs(rows: QuerySet[Record]) -> int:
    """Put trial components into the bin, however many; returns how many went."""
    with transaction.atomic():
        return _put(rows, "TrialComponent", None)


def put_experiment(experiment: Record) -> tuple[int, int]:
    """Put an experiment into the bin with its trials, and with the runs that are in no other experiment before it.

    Returns how many trials and runs went along; ``restore`` of the experiment brings all of them back.
    """
    with transaction.atomic():
        trials, components = goes_along(experiment).values()
        runs_along = _put(components, "TrialComponent", experiment.id)
        trials_along = _put(trials, "Trial", experiment.id)
        _put(Record.objects.filter(id=experiment.id), "Experiment", None)
        experiment.refresh_from_db()
    return trials_along, runs_along


def goes_along(experiment: Record) -> dict[str, QuerySet[Record]]:
    """Noun → what goes into the bin with an experiment: its trials, and the runs that have their home in it."""
    trials = Record.objects.filter(connection_id=experiment.connection_id, kind="Trial", parent=experiment.name)
    members = TrialMember.objects.filter(trial__in=trials).values("component")
    return {"Trial": trials, "TrialComponent": Record.objects.filter(id__in=members, run_row__experiment=experiment.id)}


def kept_from(experiment: Record, access: Access) -> str:
    """The noun of which something would go along that may not be deleted; "" if all of it may."""
    for noun, rows in goes_along(experiment).items():
        mine = access.visible(rows, noun, "delete")
        if mine is not rows and rows.exclude(id__in=mine.values("id")).exists():
            return noun
    return ""


def _put(rows: QuerySet[Record], kind: str, along: int | None) -> int:
    """Put records of one kind into the bin; a fixed number of statements for each thousand."""
    locked = rows.filter(kind=kind).order_by("id").select_for_update(of=("self",))
    found = list(locked.values_list("id", "name", "arn"))
    by = current().user or current().principal
    for at in range(0, len(found), _CHUNK):
        part = found[at : at + _CHUNK]
        ids = [number for number, _, _ in part]
        these = Record.objects.filter(id__in=ids)
        connections = these.values("connection")
        # Of two with one name in the bin the later one keeps it, so that it is found by it.
        clash = Record.objects.filter(connection__in=connections, kind=PREFIX + kind, name__in=[one[1] for one in part])
        clash.update(name=Concat(Substr(F("name"), 1, 230), Value("/"), Cast("id", CharField())))
        Binned.objects.bulk_create(
            Binned(record_id=number, kind=kind, name=name, arn=arn, at=timezone.now(), by=by[:256], along=along)
            for number, name, arn in part
        )
        these.update(kind=PREFIX + kind, arn=Concat(Value(_ARN_PREFIX), F("arn"), output_field=TextField()))
        _leave(kind, ids)
        _tell(PUT, ids)
    return len(found)


def _leave(kind: str, ids: list[int]) -> None:
    """Take what goes out of the tables that lists of runs read."""
    if kind == "TrialComponent":
        RunRow.objects.filter(record__in=ids).update(experiment=0)
        TrialMember.objects.filter(component__in=ids).exclude(guest_of=0).update(guest_of=0)
        RunParameter.objects.filter(run__in=ids).update(experiment=0)
        MetricSeries.objects.filter(Q(run__in=ids) | Q(record__in=ids)).update(experiment=0)
    elif kind == "Trial":
        _index(TrialMember.objects.filter(trial__in=ids).values_list("component", flat=True))


def restore(record: Record) -> Record:
    """Bring a thing back under its name with all that hangs on it; of an experiment, with the trials and runs that went along.

    CannotRestore if its name is taken, or what it belongs to is gone. Writes one audit entry.
    """
    with transaction.atomic():
        entry = Binned.objects.select_for_update().filter(record=record).first()
        if entry is None:
            raise CannotRestore(f"{record} is not in the bin.")
        along = Binned.objects.filter(along=record.id)
        trials = list(along.filter(kind="Trial"))
        members = list(along.filter(kind="TrialComponent"))
        if entry.along and (home := Binned.objects.filter(record=entry.along).first()):
            raise CannotRestore(f"{entry} went into the bin with {home}: restore that.")
        if entry.kind == "Trial":
            _check_experiment(record)
        _bring_back([entry], record)
        _bring_back(trials, record)
        _bring_back(members, record)
        numbers = [one.record_id for one in members]
        if entry.kind == "TrialComponent":
            numbers.append(record.id)
        elif entry.kind == "Trial":
            numbers += TrialMember.objects.filter(trial=record).values_list("component", flat=True)
        else:
            numbers += TrialMember.objects.filter(trial__in=[one.record_id for one in trials]).values_list(
                "component", flat=True
            )
        _index(numbers)
        record.refresh_from_db()
        audit.append(
            f"Restore{record.kind}", record.arn, on=record.connection.name,
            detail={"trials": len(trials), "runs": len(members)} if trials or members else None,
        )  # fmt: skip
    return record


def _check_experiment(trial: Record) -> None:
    there = Record.objects.filter(connection_id=trial.connection_id, kind="Experiment", name=trial.parent)
    if not there.exists():
        raise CannotRestore(
            f"Trial {trial.document.get('TrialName', trial.name)} belongs to Experiment {trial.parent}, which is gone: "
            "restore that first."
        )


def _bring_back(entries: list[Binned], what: Record) -> None:
    for at in range(0, len(entries), _CHUNK):
        part = entries[at : at + _CHUNK]
        names = [one.name for one in part]
        taken = Record.objects.filter(connection_id=what.connection_id, kind=part[0].kind, name__in=names)
        if name := taken.values_list("name", flat=True).first():
            raise CannotRestore(f"There is another {part[0].kind} called {name} now: rename or delete that first.")
        records = Record.objects.in_bulk([one.record_id for one in part])
        for one in part:
            found = records[one.record_id]
            found.kind, found.name, found.arn = one.kind, one.name, one.arn
        Record.objects.bulk_update(records.values(), ["kind", "name", "arn"], batch_size=200)
        Binned.objects.filter(record__in=records).delete()
        _tell(RESTORED, list(records))


def purge(before: datetime | None = None, *, most: int = 100_000) -> int:
    """Really delete what was put into the bin before a moment (30 days ago), in small transactions; returns how many."""
    before = before or timezone.now() - KEPT
    counts: dict[str, int] = {}
    while sum(counts.values()) < most:
        with transaction.atomic():
            chosen = Binned.objects.select_for_update(skip_locked=True).filter(at__lt=before).order_by("at")
            part = list(chosen.values_list("record_id", "kind")[: _CHUNK // 4])
            ids = [number for number, _ in part]
            _tell(PURGED, ids)
            Record.objects.filter(id__in=ids).delete()
        for _, kind in part:
            counts[kind] = counts.get(kind, 0) + 1
        if not part:
            break
    if counts:
        audit.append("EmptyBin", "Bin", detail={"before": before, **counts})
    return sum(counts.values())


def _index(numbers: Iterable[int]) -> None:
    numbers = list(dict.fromkeys(numbers))
    for at in range(0, len(numbers), _CHUNK):
        runs.index(Record.objects.filter(id__in=numbers[at : at + _CHUNK], kind="TrialComponent"))


def _tell(what: str, ids: list[int]) -> None:
    for listener in listeners if ids else ():
        listener(what, ids)
