"""Experiments of an AWS account, brought into the catalog: what changed within seconds, what was deleted or regrouped in time.

Search tells all of a thing at once (its tags, the trials that it is in, the sums of its metrics), in the order of its changes, so
that a hundred of them cost one call. Two marks go along that order: one stays at its end and sees what is new; the other begins
again and again from the start, and sees what is gone and which memberships changed, of which no time tells.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from areas import calls
from areas.experiments.resource import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from areas.spec import Resource
from catalog import metrics, runs
from catalog.models import Connection, Record, Tag, TrialMember
from jobs import sync
from jobs.models import Mark

NOUNS = (EXPERIMENT, TRIAL, TRIAL_COMPONENT)  # in the order in which they refer to each other
PAGES = 5  # of a hundred, for each noun and mark at a tick
REST = timedelta(minutes=10)  # between two rounds of the second mark
SETTLED = timedelta(seconds=60)  # what changed since may be on its way to us
AGAIN = ":again"  # the second mark's kind ends so
_START = datetime(2015, 1, 1, tzinfo=UTC)
_BESIDE = (
    "Tags",
    "Parents",
    "Metrics",
    "TrialComponentSummaries",
    "SourceDetail",
)  # in a search record, not in Describe


def follow(connection: Connection) -> None:
    """Called every 20 seconds for each AWS connection. Raises CallFailed."""
    for resource in NOUNS:
        _read_on(connection, resource, "")
        _read_on(connection, resource, AGAIN)


def _read_on(connection: Connection, resource: Resource, word: str) -> None:
    """Read some pages on from a mark, and move it."""
    mark, _ = Mark.objects.get_or_create(connection=connection, kind=resource.noun + word)
    if mark.refilled and mark.refilled > timezone.now():  # the second mark rests until then
        return
    begun = at = mark.until or _START
    request = {
        "Resource": resource.search, "SortBy": "LastModifiedTime", "SortOrder": "Ascending", "MaxResults": 100,
        "SearchExpression": {"Filters": [
            {"Name": "LastModifiedTime", "Operator": "GreaterThanOrEqualTo", "Value": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
        ]},
    }  # fmt: skip
    pages = 0
    # A second with more than so many changes is read to its end: the next tick would begin with the same ones.
    while (pages < PAGES or at - begun < timedelta(seconds=1)) and sync.take(connection):
        asked = timezone.now()
        page = calls.call(connection, "Search", **request)
        found = [one[resource.noun] for one in page["Results"]]
        is_last, since = "NextToken" not in page, at
        at = max([at, *(one["LastModifiedTime"] for one in found)])
        with transaction.atomic():
            _write(connection, resource, found)
            if word:
                names = {one[resource.name_field] for one in found}
                _take_away(connection, resource, since, asked - SETTLED if is_last else at, names)
            Mark.objects.filter(id=mark.id).update(until=at)
            if word and is_last:
                Mark.objects.filter(id=mark.id).update(until=None, refilled=asked + REST)
        if is_last:
            break
        request["NextToken"], pages = page["NextToken"], pages + 1


def _take_away(connection: Connection, resource: Resource, since: datetime, until: datetime, names: set[str]) -> None:
    """Forget what was changed last between two moments, as far as we know, and isn't among those. AWS has no bin."""
    rows = Record.objects.filter(connection=connection, kind=resource.noun, modified__gt=since, modified__lt=until)
    rows.exclude(name__in=names).delete()


def _write(connection: Connection, resource: Resource, found: list[dict]) -> None:
    """Write search records into the catalog, with what hangs on them: the same few statements for a page of any size."""
    kept = {one[resource.name_field]: one for one in found}
    Record.objects.bulk_create(
        [_record(connection, resource, name, one) for name, one in kept.items()],
        update_conflicts=True, unique_fields=["connection", "kind", "name"],
        update_fields=["arn", "parent", "created", "modified", "owner", "document"],
    )  # fmt: skip
    records = list(Record.objects.filter(connection=connection, kind=resource.noun, name__in=kept))
    _write_tags(records, kept)
    if resource is TRIAL_COMPONENT:
        _write_memberships(connection, records, kept)
        runs.index(records)
        metrics.keep_sums({record.id: sync.wire_form(kept[record.name].get("Metrics", [])) for record in records})


def _record(connection: Connection, resource: Resource, name: str, one: dict) -> Record:
    by = one.get("CreatedBy", {})
    document = {member: value for member, value in one.items() if member not in _BESIDE}
    return Record(
        connection=connection, kind=resource.noun, name=name, arn=one[resource.arn_field],
        parent=one.get("ExperimentName", "") if resource is TRIAL else "", created=one["CreationTime"],
        modified=one.get("LastModifiedTime") or one["CreationTime"], document=sync.wire_form(document),
        owner=(by.get("UserProfileName") or by.get("IamIdentity", {}).get("Arn", ""))[:256],
    )  # fmt: skip


def _write_tags(records: list[Record], kept: dict[str, dict]) -> None:
    wanted = {(record.id, tag["Key"]): tag["Value"] for record in records for tag in kept[record.name].get("Tags", ())}
    there = Tag.objects.filter(record__in=records).values_list("id", "record", "key")
    Tag.objects.filter(id__in=[number for number, *place in there if tuple(place) not in wanted]).delete()
    Tag.objects.bulk_create(
        [Tag(record_id=number, key=key, value=value) for (number, key), value in wanted.items()],
        update_conflicts=True, unique_fields=["record", "key"], update_fields=["value"],
    )  # fmt: skip


def _write_memberships(connection: Connection, records: list[Record], kept: dict[str, dict]) -> None:
    """Of trials that are not in the catalog yet, the second mark tells later."""
    names = {record.id: [one["TrialName"] for one in kept[record.name].get("Parents", ())] for record in records}
    trials = dict(
        Record.objects.filter(connection=connection, kind=TRIAL.noun, name__in={one for all in names.values() for one in all})
        .values_list("name", "id")
    )  # fmt: skip
    wanted = [
        (trials[name], number) for number, mine in names.items() for name in mine if name in trials
    ]  # in the order that AWS tells: the first is where the run is at home
    there = {
        (trial, component): number
        for number, trial, component in TrialMember.objects.filter(component__in=names).values_list("id", "trial", "component")
    }  # fmt: skip
    TrialMember.objects.filter(id__in=[number for pair, number in there.items() if pair not in set(wanted)]).delete()
    TrialMember.objects.bulk_create(
        TrialMember(trial_id=trial, component_id=number) for trial, number in wanted if (trial, number) not in there
    )
