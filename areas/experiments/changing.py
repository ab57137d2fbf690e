"""What people do to runs: one use case each, for one run or for many. The wire's operation where there is one, our own tables
where SageMaker has no word for it (notes, archive). Each raises CallFailed in the service's words, or Refused in ours."""

import re
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from areas.calls import call
from areas.experiments.chosen import has_ended, label_of
from areas.permissions import of_arn
from catalog import audit
from catalog import bin as bin_
from catalog import runs as runs_
from catalog.models import Connection, Record, Tag
from catalog.runs import RunRow

NOTE, LABEL = 20_000, 120  # characters
_AWS_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
NAMED = 200  # runs that an audit entry names
# Jobs that can be stopped, and the member of their Stop request that names them.
STOPPABLE = {
    "TrainingJob": "TrainingJobName", "ProcessingJob": "ProcessingJobName", "TransformJob": "TransformJobName",
}  # fmt: skip


class Refused(Exception):
    """Why a run can't be changed so; one sentence for people."""


def job_of(run: Record) -> tuple[str, str]:
    """(noun, name) of the job that a run stands for; ("", "") where nobody but its script drives it."""
    noun, name, _ = of_arn((run.document.get("Source") or {}).get("SourceArn", ""))
    return (noun, name) if noun in STOPPABLE else ("", "")


def stop(connection: Connection, run: Record) -> None:
    """Stop the job behind a run; mark a run that has no job as stopped, now."""
    if has_ended(run):
        raise Refused(f"{label_of(run)} has ended already.")
    noun, name = job_of(run)
    if noun:
        call(connection, f"Stop{noun}", **{STOPPABLE[noun]: name})
        return
    call(
        connection, "UpdateTrialComponent", TrialComponentName=run.name,
        Status={"PrimaryStatus": "Stopped", "Message": "Marked as stopped in the Studio."}, EndTime=timezone.now(),
    )  # fmt: skip


def rename(connection: Connection, record: Record, label: str) -> None:
    """Give a run or an experiment another display name; its name, which others refer to, stays.

    AWS takes letters, digits and dashes alone, so a name with spaces or folders is written by us, and only here; an AWS account
    refuses it in its own words.
    """
    label = label.strip()
    if not label:
        raise Refused("A display name is missing.")
    if len(label) > LABEL:
        raise Refused(f"A display name has at most {LABEL} characters; this one has {len(label)}.")
    if not connection.is_embedded or _AWS_NAME.fullmatch(label):
        call(connection, f"Update{record.kind}", **{f"{record.kind}Name": record.name, "DisplayName": label})
        return
    with transaction.atomic():
        found = Record.objects.select_for_update().get(id=record.id)
        before, now = label_of(found), timezone.now()
        found.document |= {"DisplayName": label, "LastModifiedTime": now.timestamp()}
        found.modified = now
        found.save(update_fields=["document", "modified"])
        runs_.index([found])
        audit.append(
            f"Update{record.kind}",
            record.arn,
            on=connection.name,
            before={"DisplayName": before},
            after={"DisplayName": label},
        )


def write_note(connection: Connection, run: Record, text: str) -> None:
    """Write what people should know of a run, as Markdown; an empty text takes the note away."""
    text = text.strip()
    if len(text) > NOTE:
        raise Refused(f"A note has at most {NOTE:,} characters; this one has {len(text):,}.")
    with transaction.atomic():
        row, _ = RunRow.objects.select_for_update().get_or_create(record=run, defaults={"created": run.created})
        if row.note == text:
            return
        before, row.note = row.note, text
        row.save(update_fields=["note"])
        audit.append("WriteRunNote", run.arn, on=connection.name, before={"Note": before}, after={"Note": text})


def archive(connection: Connection, runs: Iterable[Record], *, archived: bool) -> int:
    """Leave runs out of tables unless asked for, or take them back in; how many changed. They lose nothing."""
    by_id = {run.id: run for run in runs}
    with transaction.atomic():
        there = RunRow.objects.select_for_update().filter(record__in=by_id, archived__isnull=archived)
        changing = list(there.values_list("record", flat=True))
        if not changing:
            return 0
        RunRow.objects.filter(record__in=changing).update(archived=timezone.now() if archived else None)
        names = [by_id[number].name for number in changing]
        audit.append(
            "ArchiveRun" if archived else "UnarchiveRun", by_id[changing[0]].arn if len(changing) == 1 else "",
            on=connection.name, detail={"count": len(names), "runs": names[:NAMED]},
        )  # fmt: skip
    return len(changing)


def tag(connection: Connection, run: Record, key: str, value: str) -> None:
    key, value = key.strip(), value.strip()
    if not key:
        raise Refused("A tag needs a key.")
    call(connection, "AddTags", ResourceArn=run.arn, Tags=[{"Key": key, "Value": value}])
    if not connection.is_embedded:  # the engine writes its own tags; AWS's arrive with the next sync
        Tag.objects.update_or_create(record=run, key=key, defaults={"value": value})


def untag(connection: Connection, run: Record, key: str) -> None:
    call(connection, "DeleteTags", ResourceArn=run.arn, TagKeys=[key.strip()])
    if not connection.is_embedded:
        run.tags.filter(key=key.strip()).delete()


def delete(connection: Connection, runs: Iterable[Record]) -> int:
    """Put runs into the bin for 30 days; how many went. An AWS account has no bin: ``delete_for_good``."""
    by_id = {run.id: run for run in runs}
    with transaction.atomic():
        gone = bin_.put_runs(Record.objects.filter(id__in=by_id))
        if gone:
            names = [run.name for run in by_id.values()]
            arn = next(iter(by_id.values())).arn if len(by_id) == 1 else ""
            audit.append(
                "DeleteTrialComponent",
                arn,
                on=connection.name,
                detail={"count": gone, "runs": names[:NAMED], "bin": True},
            )
    return gone


def delete_for_good(connection: Connection, run: Record) -> None:
    """Take a run out of its trials and delete it, on an AWS account."""
    for trial in run.memberships.values_list("trial__name", flat=True):
        call(connection, "DisassociateTrialComponent", TrialComponentName=run.name, TrialName=trial)
    call(connection, "DeleteTrialComponent", TrialComponentName=run.name)
