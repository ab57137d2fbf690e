"""Configuration and code of two runs, line by line: what Describe says, what the job was given, the source files themselves."""

import difflib
import gzip
import io
import json
import tarfile
import zlib
from collections import Counter
from dataclasses import dataclass, field

from areas import objects
from areas.calls import CallFailed
from areas.experiments import files
from areas.experiments.chosen import RUN, jobs_of, label_of
from catalog.models import Record, Tag

SOURCES = (
    ".py",
    ".txt",
    ".toml",
    ".cfg",
    ".ini",
    ".yaml",
    ".yml",
    ".json",
    ".sh",
    ".md",
    ".diff",
    ".patch",
    ".r",
    ".ipynb",
)
LARGEST_ARCHIVE, LARGEST_UNPACKED, LARGEST, MOST_FILES = 20_000_000, 100_000_000, 300_000, 40
MOST_MEMBERS = 10_000  # of an archive that are looked at
CONTEXT = 3  # lines around a change
MOST_LINES = 3000
MOST_PAIRS = 500_000  # of equal lines; beyond, lines that are everywhere are no landmarks
TIMES = ("CreationTime", "LastModifiedTime", "StartTime", "EndTime")


@dataclass
class Line:
    """A line of a side-by-side diff: numbers and texts of both sides, None where a side has none. ``kind``: same, old, new,
    changed, or gap (lines that are the same were left out)."""

    kind: str
    old_number: int | None = None
    old: str | None = None
    new_number: int | None = None
    new: str | None = None


@dataclass
class Difference:
    title: str
    lines: list[Line] = field(default_factory=list)
    added: int = 0
    removed: int = 0
    note: str = ""

    @property
    def is_same(self) -> bool:
        return not (self.added or self.removed or self.note)


def show(shown) -> dict:
    """Context of the tab: the baseline against the run that ``?other=`` names (else the second)."""
    runs = shown.runs
    if len(runs) < 2:
        return {"alone": True}
    named = {run["name"]: run for run in runs[1:]}
    other = named.get(shown.params.get("other", ""), runs[1])
    old, new = runs[0]["record"], other["record"]
    jobs = jobs_of([old, new])
    found = [
        difference("Hyperparameters and parameters", _parameters(old, jobs), _parameters(new, jobs)),
        difference("Environment", _environment(old, jobs), _environment(new, jobs)),
        difference("Configuration", _configuration(old, jobs), _configuration(new, jobs)),
    ]
    problems: list[str] = []
    before, after = sources(old, jobs.get(old.id), problems), sources(new, jobs.get(new.id), problems)
    paths = sorted({*before, *after}, key=lambda one: (one not in before or one not in after, one))
    found += [difference(path, before.get(path), after.get(path)) for path in paths]
    return {
        "old": runs[0], "new": other, "differences": found, "problems": problems, "has_sources": bool(before or after),
        "changed": sum(not one.is_same for one in found),
        "choices": [{"run": run, "url": shown.address(other=run["name"]), "on": run is other} for run in runs[1:]],
    }  # fmt: skip


def difference(title: str, old: str | None, new: str | None) -> Difference:
    """Two texts side by side, with three lines around each change; one that isn't there at all is said so."""
    if old is None or new is None:
        side = "the baseline has no such file" if old is None else "only the baseline has it"
        text = (new if old is None else old) or ""
        lines = text.splitlines()[:200]
        if old is None:
            return Difference(
                title, [Line("new", None, None, i, one) for i, one in enumerate(lines, 1)], added=len(lines), note=side
            )
        return Difference(title, [Line("old", i, one) for i, one in enumerate(lines, 1)], removed=len(lines), note=side)
    if old == new:
        return Difference(title)
    a, b = old.splitlines()[:MOST_LINES], new.splitlines()[:MOST_LINES]
    made = Difference(title)
    if max(old.count("\n"), new.count("\n")) >= MOST_LINES:
        made.note = f"only the first {MOST_LINES:,} lines are compared"
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=_pairs(a, b) > MOST_PAIRS)
    for at, group in enumerate(matcher.get_grouped_opcodes(CONTEXT)):
        if at or group[0][1] or group[0][3]:
            made.lines.append(Line("gap"))
        for kind, a1, a2, b1, b2 in group:
            if kind == "equal":
                made.lines += [Line("same", a1 + i + 1, a[a1 + i], b1 + i + 1, b[b1 + i]) for i in range(a2 - a1)]
                continue
            made.removed += a2 - a1
            made.added += b2 - b1
            for i in range(max(a2 - a1, b2 - b1)):
                left, right = a1 + i < a2, b1 + i < b2
                made.lines.append(Line(
                    "changed" if left and right else "old" if left else "new",
                    a1 + i + 1 if left else None, a[a1 + i] if left else None,
                    b1 + i + 1 if right else None, b[b1 + i] if right else None,
                ))  # fmt: skip
    if not made.added and not made.removed and not made.note:
        made.note = "only line ends differ"
    return made


def _pairs(a: list[str], b: list[str]) -> int:
    """How many lines of one are a line of the other: what comparing them costs, once or more."""
    theirs = Counter(b)
    return sum(count * theirs[line] for line, count in Counter(a).items())


def sources(run: Record, job: Record | None, problems: list[str]) -> dict[str, str]:
    """Path → text of the code that made a run: the archive that its job was given, and the text files that it logged."""
    found: dict[str, str] = {}
    if job and (uri := _archive(job)):
        try:
            found |= _unpack(run, uri)
        except CallFailed as failed:
            problems.append(f"The code of {label_of(run)} couldn't be read from {uri}: {failed.code}: {failed.message}")
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            problems.append(f"The code of {label_of(run)} at {uri} is no readable archive: {error}")
    for place in files.places(run):
        if place.side != "folder":
            continue
        for one in objects.listing(run.connection, place.uri, deep=True, most=1000).files:
            if one.name.lower().endswith(SOURCES) and one.size <= LARGEST and len(found) < MOST_FILES:
                try:
                    text = objects.text_of(objects.read(run.connection, one.uri, LARGEST)[0])
                except CallFailed as failed:
                    problems.append(f"{one.name} of {label_of(run)} couldn't be read: {failed.code}: {failed.message}")
                    continue
                if text is not None:
                    found.setdefault(one.name, text)
    return found


def _archive(job: Record) -> str:
    """Where the code of a job lies: what the SDK, or its code channel, says."""
    uri = (job.document.get("HyperParameters") or {}).get("sagemaker_submit_directory", "").strip('"')
    if not uri:
        for channel in job.document.get("InputDataConfig") or ():
            if channel.get("ChannelName") == "code":
                uri = ((channel.get("DataSource") or {}).get("S3DataSource") or {}).get("S3Uri", "")
    return uri if uri.startswith("s3://") and uri.endswith((".tar.gz", ".tgz")) else ""


def _unpack(run: Record, uri: str) -> dict[str, str]:
    """Text files of an archive, in memory: nothing is written, so no path in it can lead anywhere."""
    data, size = objects.read(run.connection, uri, LARGEST_ARCHIVE)
    if size > LARGEST_ARCHIVE:
        raise OSError(f"it has {size:,} bytes, more than {LARGEST_ARCHIVE:,}")
    found = {}
    with gzip.open(io.BytesIO(data)) as packed:
        plain = packed.read(LARGEST_UNPACKED)  # what a small file unpacks to has no end
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for _, member in zip(range(MOST_MEMBERS), archive, strict=False):
            if len(found) >= MOST_FILES:
                break
            if member.isfile() and member.size <= LARGEST and member.name.lower().endswith(SOURCES):
                text = objects.text_of(archive.extractfile(member).read())
                if text is not None:
                    found[member.name.removeprefix("./")] = text
    return found


def _parameters(run: Record, jobs: dict[int, Record]) -> str:
    told = run.document.get("Parameters") or {}
    found = {key: value.get("NumberValue", value.get("StringValue")) for key, value in told.items()}
    if job := jobs.get(run.id):
        found = (job.document.get("HyperParameters") or {}) | found
    return _lines(found)


def _environment(run: Record, jobs: dict[int, Record]) -> str:
    job = jobs.get(run.id)
    found = dict((job.document.get("Environment") or {}) if job else {})
    tags = dict(Tag.objects.filter(record=run, key__startswith="mlflow.").values_list("key", "value"))
    found |= {key: value for key, value in tags.items() if key.startswith(("mlflow.source.", "mlflow.user"))}
    found |= run.document.get("MetadataProperties") or {}
    return _lines(found)


def _configuration(run: Record, jobs: dict[int, Record]) -> str:
    told = jobs[run.id].document if run.id in jobs else run.document
    left_out = {*TIMES, "HyperParameters", "Parameters", "Environment", "MetadataProperties", "Metrics",
                "SecondaryStatusTransitions", "DisplayName", "FinalMetricDataList", f"{RUN}Name", f"{RUN}Arn"}  # fmt: skip
    return json.dumps(
        {key: told[key] for key in sorted(told) if key not in left_out}, indent=2, ensure_ascii=False, default=str
    )


def _lines(found: dict) -> str:
    shown = {
        key: int(value) if isinstance(value, float) and value.is_integer() else value for key, value in found.items()
    }
    return "\n".join(f"{key} = {value}" for key, value in sorted(shown.items()))
