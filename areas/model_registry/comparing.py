"""What differs between two model versions, of one group or of two."""

from dataclasses import dataclass, field

from areas.model_registry.version import Version
from areas.snippets import literal

# Fewer is better where a metric's name has one of these words.
LOWER = ("loss", "error", "rmse", "mse", "mae", "rmsle", "mape", "latency", "merror", "perplexity", "deviation")


@dataclass
class Row:
    """A line of the comparison. ``old`` or ``new`` is None where that version says nothing."""

    label: str
    old: object
    new: object
    delta: float | None = None  # of two numbers
    verdict: str = ""  # good, bad, or "" where that can't be said

    @property
    def differs(self) -> bool:
        return self.old != self.new


@dataclass
class Section:
    title: str
    rows: list[Row] = field(default_factory=list)
    is_numbers: bool = False

    @property
    def different(self) -> list[Row]:
        return [row for row in self.rows if row.differs]


def compare(old: Version, new: Version) -> list[Section]:
    """Everything that can be compared, by section; whoever shows it leaves out what is the same."""
    sections = [
        Section("Metrics", _numbers(old.metrics, new.metrics), is_numbers=True),
        Section("Parameters", _texts(old.parameters, new.parameters)),
        Section("Containers", _texts(_containers(old), _containers(new))),
        Section("Data", _texts(_data(old), _data(new))),
        Section("Code", _texts(_code(old), _code(new))),
        Section("Approval and stage", _texts(_standing(old), _standing(new))),
        Section("Customer metadata", _texts(old.properties, new.properties)),
    ]
    return [section for section in sections if section.rows]


def verdict(name: str, delta: float) -> str:
    """Whether a change of a metric of that name is good; "" if nothing changed."""
    if not delta:
        return ""
    fewer = any(word in name.lower() for word in LOWER)
    return "good" if (delta < 0) == fewer else "bad"


def _numbers(old: dict[str, float], new: dict[str, float]) -> list[Row]:
    rows = []
    for name in sorted({*old, *new}):
        row = Row(name, old.get(name), new.get(name))
        if row.old is not None and row.new is not None:
            row.delta = row.new - row.old
            row.verdict = verdict(name, row.delta)
        rows.append(row)
    return rows


def _texts(old: dict[str, str], new: dict[str, str]) -> list[Row]:
    names = [*old, *(name for name in new if name not in old)]
    return [Row(name, old.get(name), new.get(name)) for name in names]


def _containers(version: Version) -> dict[str, str]:
    found = {}
    for number, container in enumerate(version.containers, 1):
        place = f"{number}. " if len(version.containers) > 1 else ""
        for member, value in container.items():
            if member == "Environment":
                found |= {f"{place}Environment {name}": text for name, text in value.items()}
            else:
                found[f"{place}{member}"] = value if isinstance(value, str) else literal(value)
    specification = version.document.get("InferenceSpecification") or {}
    for member, value in specification.items():
        if member != "Containers" and value:
            found[member] = ", ".join(value) if isinstance(value, list) else str(value)
    return found


def _data(version: Version) -> dict[str, str]:
    found = {"dataset": version.dataset} if version.dataset else {}
    return found | {channel.name: channel.uri for channel in version.channels}


def _code(version: Version) -> dict[str, str]:
    found = dict(version.code)
    if version.job:
        found["Training job"] = version.job.name
        found["Training image"] = (version.job.document.get("AlgorithmSpecification") or {}).get("TrainingImage", "")
        resources = version.job.document.get("ResourceConfig") or {}
        found["Instances"] = f"{resources.get('InstanceCount', '')} × {resources.get('InstanceType', '')}"
    return found


def _standing(version: Version) -> dict[str, str]:
    document, stage = version.document, version.stage
    found = {
        "Approval": document.get("ModelApprovalStatus", ""), "Approval description": document.get("ApprovalDescription", ""),
        "Stage": stage.get("Stage", ""), "Stage status": stage.get("StageStatus", ""),
        "Description": document.get("ModelPackageDescription", ""), "Registered by": version.record.owner,
    }  # fmt: skip
    return {label: value for label, value in found.items() if value}
