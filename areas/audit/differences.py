"""What an entry changed, a line for each value: path, before, after."""

from dataclasses import dataclass

from areas.audit.story import document
from catalog.models import AuditEntry

MOST = 200  # lines


@dataclass(frozen=True)
class Difference:
    path: str  # "ModelMetrics.Bias.Report.S3Uri"
    before: object
    after: object
    was: bool  # whether it was there before
    now: bool


def differences(entry: AuditEntry) -> list[Difference]:
    """Only what is different, in the order of its paths; at most 200 lines."""
    before, after = _flat(document(entry.before)), _flat(document(entry.after))
    paths = dict.fromkeys([*before, *after])
    found = (
        Difference(path, before.get(path), after.get(path), path in before, path in after)
        for path in paths
        if path not in before or path not in after or before[path] != after[path]
    )
    return [one for one, _ in zip(found, range(MOST), strict=False)]


def _flat(value, path: str = "") -> dict:
    """``{"a": {"b": 1}}`` → ``{"a.b": 1}``; an empty object or list is a value."""
    if isinstance(value, dict) and value:
        members = value.items()
    elif isinstance(value, list) and value:
        members = enumerate(value)
    else:
        return {path: value} if path else {}
    return {
        key: one
        for name, member in members
        for key, one in _flat(member, f"{path}.{name}" if path else str(name)).items()
    }
