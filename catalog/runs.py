"""What an experiment's table of runs is searched and sorted by. A run is a trial component; these are its thin rows.

The Record of kind TrialComponent stays the truth; ``index`` makes these rows from it, in the transaction of every change.
"""

import string
from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import models
from django.db.models.functions import Coalesce

from catalog.measures import MetricSeries
from catalog.models import Record

WORD = 100  # characters of a parameter's text that the index knows, folded
TITLE = 256  # characters of a run's display name that lists show and sort by
_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def folded(text: str) -> str:
    """Text as comparisons see it: A-Z in lower case, all else as it is, the same on SQLite and PostgreSQL."""
    return text.translate(_FOLD)


class RunRow(models.Model):
    """A run in the experiment that it was first associated with. A list of 50,000 walks these rows, not the documents."""

    record = models.OneToOneField(Record, on_delete=models.CASCADE, primary_key=True, related_name="run_row")
    experiment = models.BigIntegerField(default=0)  # id of the Record of that experiment; 0: none, or it is in the bin
    source = models.BigIntegerField(null=True)  # id of the Record of the job that it stands for
    created = models.DateTimeField()
    title = models.CharField(max_length=TITLE, blank=True)  # its display name; its name where it has none
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)  # from its start to its end
    archived = models.DateTimeField(null=True)  # left out of the table unless asked for
    note = models.TextField(blank=True)  # what people write about it, as Markdown

    class Meta:
        indexes = [
            models.Index(fields=["experiment", "created", "record"], name="run_created"),
            models.Index(  # as MLflow's clients list runs
                "experiment", Coalesce("started", "created"), "record", name="run_started"
            ),
            models.Index(fields=["source"], name="run_source"),
            models.Index(fields=["experiment"], condition=models.Q(archived__isnull=False), name="run_archived"),
        ]

    def __str__(self):
        return f"run {self.record_id}"


class RunParameter(models.Model):
    """One parameter of a run. ``number`` is NULL where the value is no number, also when it was written as text: ``"6"`` is 6."""

    run = models.ForeignKey(Record, on_delete=models.CASCADE, db_index=False, related_name="run_parameters")
    experiment = models.BigIntegerField(default=0)  # as in RunRow
    key = models.CharField(max_length=320)
    word = models.CharField(max_length=WORD)  # the value's first characters, folded
    text = models.TextField()  # the whole value
    number = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="one_parameter_by_key")]
        indexes = [
            models.Index(fields=["experiment", "key", "number", "run"], name="parameter_number"),
            models.Index(fields=["experiment", "key", "word", "run"], name="parameter_word"),
        ]

    def __str__(self):
        return f"{self.key}={self.text}"


class TrialMember(models.Model):
    """AssociateTrialComponent: a trial component belongs to a trial, and so to the trial's experiment. It may be in several."""

    trial = models.ForeignKey(Record, on_delete=models.CASCADE, db_index=False, related_name="members")
    component = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="memberships")
    created = models.DateTimeField(auto_now_add=True)
    guest_of = models.BigIntegerField(default=0)  # id of the trial's experiment, where that isn't the run's first one

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "component"], name="one_membership")]
        indexes = [
            models.Index(fields=["guest_of", "component"], condition=models.Q(guest_of__gt=0), name="member_guest")
        ]

    def __str__(self):
        return f"{self.component_id} in {self.trial_id}"


def index(records: Iterable[Record]) -> None:
    """Bring the thin rows of trial components up to date with their documents. Call it in the transaction of the change;
    a fixed number of statements for any number of records. Its experiment is that of its first membership.
    """
    records = [one for one in records if one.kind == "TrialComponent"]
    if not records:
        return
    numbers = [one.id for one in records]
    experiments = _experiments(numbers)
    arns = {one.id: one.document.get("Source", {}).get("SourceArn", "") for one in records}
    jobs = dict(Record.objects.filter(arn__in={arn for arn in arns.values() if arn}).values_list("arn", "id"))
    sources = {number: jobs.get(arn) for number, arn in arns.items()}
    RunRow.objects.bulk_create(
        [
            RunRow(
                record=one, experiment=experiments.get(one.id, 0), source=sources[one.id], created=one.created,
                title=(one.document.get("DisplayName") or one.name)[:TITLE],
                started=_moment(one.document.get("StartTime")), ended=_moment(one.document.get("EndTime")),
                seconds=_lasted(one.document),
            )
            for one in records
        ],
        update_conflicts=True, unique_fields=["record"],
        update_fields=["experiment", "source", "title", "started", "ended", "seconds"],
    )  # fmt: skip
    _index_parameters(records, experiments)
    for one in records:
        mine = models.Q(record_id=one.id) | models.Q(record_id=sources[one.id] or 0)
        MetricSeries.objects.filter(mine).exclude(run=one.id, experiment=experiments.get(one.id, 0)).update(
            run=one.id, experiment=experiments.get(one.id, 0)
        )


def _experiments(components: list[int]) -> dict[int, int]:
    """Component → the experiment it was first associated with, by the ids of their Records. In all others it is a guest."""
    found: dict[int, int] = {}
    guests: dict[int, list[int]] = {}
    memberships = TrialMember.objects.filter(component__in=components).order_by("id")
    members = memberships.values_list(
        "id", "component", "guest_of", "trial__connection", "trial__parent", "trial__kind"
    )
    # A trial in the bin belongs to no experiment.
    rows = [(*one[:4], one[4] if one[5] == "Trial" else "") for one in members]
    names = {(connection, parent) for *_, connection, parent in rows}
    known = {
        (one.connection_id, one.name): one.id
        for one in Record.objects.filter(kind="Experiment", name__in={name for _, name in names}).only("connection", "name")
    }  # fmt: skip
    for member, component, guest_of, connection, parent in rows:
        number = known.get((connection, parent), 0)
        first = found.setdefault(component, number) if number else 0
        wanted = number if number != first else 0
        if wanted != guest_of:
            guests.setdefault(wanted, []).append(member)
    for number, members in guests.items():
        TrialMember.objects.filter(id__in=members).update(guest_of=number)
    return found


def _moment(seconds) -> datetime | None:
    """A time of a document, which is in epoch seconds."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _lasted(document: dict) -> float | None:
    start, end = document.get("StartTime"), document.get("EndTime")
    return round(end - start, 6) if isinstance(start, (int, float)) and isinstance(end, (int, float)) else None


def _index_parameters(records: list[Record], experiments: dict[int, int]) -> None:
    wanted = {
        (one.id, key): RunParameter(run=one, experiment=experiments.get(one.id, 0), key=key, **_value(value))
        for one in records for key, value in (one.document.get("Parameters") or {}).items()
    }  # fmt: skip
    there = {
        (one.run_id, one.key): one for one in RunParameter.objects.filter(run__in=[record.id for record in records])
    }
    if gone := [one.id for key, one in there.items() if key not in wanted]:
        RunParameter.objects.filter(id__in=gone).delete()
    fresh = [one for key, one in wanted.items() if key not in there or _differs(one, there[key])]
    RunParameter.objects.bulk_create(
        fresh, update_conflicts=True, unique_fields=["run", "key"],
        update_fields=["experiment", "word", "text", "number"],
    )  # fmt: skip


def _differs(one: RunParameter, other: RunParameter) -> bool:
    return (one.text, one.number, one.experiment) != (other.text, other.number, other.experiment)


def _value(value: dict) -> dict:
    """``{"NumberValue": 6.0}`` or ``{"StringValue": "6"}`` as word, text and number."""
    if "NumberValue" in value:
        number = float(value["NumberValue"])
        text = str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    else:
        text = str(value.get("StringValue", ""))
        number = as_number(text)
    if number is not None and number != number:
        number = None
    return {"word": folded(text[:WORD]), "text": text, "number": number}


def as_number(text: str) -> float | None:
    """The number that a text is, written as people do: ``6``, ``-1e-3``; None where it is none, as ``nan`` and ``0x6``."""
    stripped = text.strip()
    if not stripped or len(stripped) > 40 or not set(stripped) <= set("0123456789+-.eE"):
        return None
    try:
        return float(stripped)
    except ValueError:
        return None
