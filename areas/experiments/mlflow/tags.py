"""Tags of runs and experiments: what ``catalog.models.Tag`` can hold is there, the rest in ``LongTag``.

Two tags are members of AWS's instead: a run's name is its display name, a note is what people write about it.
"""

from collections.abc import Iterable

from areas.experiments.mlflow.tables import LongTag
from catalog.models import Record, RunRow, Tag

RUN_NAME, NOTE, USER = "mlflow.runName", "mlflow.note.content", "mlflow.user"
_KEY, _VALUE, _MOST = 128, 256, 50  # what a Tag holds, and how many a Record has


def read(records: Iterable[Record]) -> dict[int, dict[str, str]]:
    """Id of a Record → its tags as they were logged, without name and note. Two statements."""
    ids = [one.id for one in records]
    found: dict[int, dict[str, str]] = {number: {} for number in ids}
    for number, key, value in Tag.objects.filter(record__in=ids).values_list("record", "key", "value"):
        found[number][key] = value
    for number, key, value, is_apart in LongTag.objects.filter(record__in=ids).values_list(
        "record", "key", "value", "is_apart"
    ):
        kept = found[number].get(key)
        if is_apart or (kept is not None and kept == value[:_VALUE]):  # else people changed it since
            found[number][key] = value
    return found


def write(record: Record, tags: dict[str, str]) -> None:
    """Add tags, or change their values. Call it in a transaction."""
    if not tags:
        return
    there = set(Tag.objects.filter(record=record).values_list("key", flat=True))
    fits, apart = {}, {}
    for key, value in tags.items():
        has_room = key in there or len(there) < _MOST
        if len(key) <= _KEY and has_room and not key.lower().startswith("aws:"):
            there.add(key)
            fits[key] = value
        else:
            apart[key] = value
    Tag.objects.bulk_create(
        [Tag(record=record, key=key, value=value[:_VALUE]) for key, value in fits.items()],
        update_conflicts=True, unique_fields=["record", "key"], update_fields=["value"],
    )  # fmt: skip
    long = [LongTag(record=record, key=key, value=value, is_apart=True) for key, value in apart.items()]
    long += [LongTag(record=record, key=key, value=value) for key, value in fits.items() if len(value) > _VALUE]
    if short := [key for key, value in fits.items() if len(value) <= _VALUE]:
        LongTag.objects.filter(record=record, key__in=short).delete()
    LongTag.objects.bulk_create(
        long, update_conflicts=True, unique_fields=["record", "key"], update_fields=["value", "is_apart"]
    )


def remove(record: Record, key: str) -> bool:
    """Whether there was such a tag."""
    gone = Tag.objects.filter(record=record, key=key).delete()[0]
    return bool(LongTag.objects.filter(record=record, key=key).delete()[0] or gone)


def write_note(run: Record, text: str) -> None:
    RunRow.objects.filter(record=run).update(note=text)


def notes(runs: Iterable[Record]) -> dict[int, str]:
    rows = RunRow.objects.filter(record__in=[one.id for one in runs]).exclude(note="")
    return dict(rows.values_list("record", "note"))
