"""What a field of a query means: ``metrics."val loss".max`` a metric's highest value, ``RoleArn`` a place in the document."""

import difflib
from dataclasses import dataclass

from catalog.query_language import QueryError, check_text, parts_of

TEXT_FIELDS = ("name", "status", "owner", "parent", "arn")
TIME_FIELDS = ("created", "modified")
RUN_TEXTS = ("title", "note", "source", "experiment", "trial")
RUN_TIMES = ("started", "ended")
STATS = ("last", "min", "max", "best", "mean", "count")
KEYED = {
    "tags": "tag", "tag": "tag", "metrics": "metric", "metric": "metric",
    "params": "parameter", "param": "parameter", "parameters": "parameter",
}  # fmt: skip
# Jobs keep in their documents what runs keep in rows of their own.
OF_JOBS = {"experiment": ("ExperimentConfig", "ExperimentName"), "trial": ("ExperimentConfig", "TrialName")}
DATASET_TAG = "atelier:dataset"


@dataclass(frozen=True)
class Field:
    """``kind``: text, time (Record's own), title, note, source, experiment, trial, dataset, archived, duration, moment (a run's),
    tag, any tag, metric, parameter, document. ``key`` is the column, tag, metric or parameter; ``path`` is of a document.
    """

    kind: str
    key: str = ""
    stat: str = ""  # of a metric
    path: tuple[str, ...] = ()


def read_field(text: str, aliases: dict[str, str] | None = None, *, runs: bool = False, at: int = 0) -> Field:
    """What a field is. ``aliases`` maps words in lower case to fields; ``runs``: rows are trial components. Raises QueryError."""
    check_text(text, at)
    parts = parts_of(text)
    alone = parts[0][0].lower() if len(parts) == 1 else text.lower()
    if aliases and alone in aliases:
        text = aliases[alone]
        parts = parts_of(text)
    lowered = parts[0][0].lower()
    if len(parts) == 1:
        if found := _single(lowered, runs):
            return found
    elif lowered in KEYED:
        return _keyed(KEYED[lowered], parts[1:], text, runs, at)
    if ":" in parts[0][0] and not parts[0][1]:
        return _keyed("metric", parts, text, runs, at)
    if not parts[0][0][:1].isupper():
        raise QueryError(_unknown(text, runs), at)
    if not all(part for part, _ in parts):
        raise QueryError(f"Something is missing between the dots of {text}", at)
    return Field("document", text, path=tuple(part for part, _ in parts))


def _single(name: str, runs: bool) -> Field | None:
    if runs and name == "name":
        return Field("title", "name")
    if name == "id":
        return Field("text", "name")
    if name in TEXT_FIELDS:
        return Field("text", name)
    if name in TIME_FIELDS:
        return Field("time", name)
    if name in ("tag", "tags"):
        return Field("any tag")
    if name == "dataset":
        return Field("tag", DATASET_TAG)
    if runs:
        if name in RUN_TIMES:
            return Field("moment", name)
        if name in (*RUN_TEXTS, "archived", "duration"):
            return Field(name, name)
    elif name in OF_JOBS:
        return Field("document", name, path=OF_JOBS[name])
    return None


def _keyed(kind: str, parts: list[tuple[str, bool]], text: str, runs: bool, at: int) -> Field:
    stat = ""
    if kind == "metric":
        stat = "last"
        if len(parts) > 1 and not parts[-1][1] and parts[-1][0].lower() in STATS:
            stat, parts = parts[-1][0].lower(), parts[:-1]
    key = ".".join(part for part, _ in parts)
    if not key:
        raise QueryError(f"A name is missing after {text}", at + len(text))
    if kind == "parameter" and not runs:
        return Field("document", key, path=("HyperParameters", key))
    return Field(kind, key, stat)


def _unknown(text: str, runs: bool) -> str:
    own = (*TEXT_FIELDS, *TIME_FIELDS, *((*RUN_TIMES, *RUN_TEXTS, "duration", "archived", "dataset") if runs else ()))
    first, dot, rest = text.partition(".")
    near = difflib.get_close_matches(first.lower(), (*own, "tags", "metrics", "params"), 1, 0.7)
    if near:
        return f"There is no field {text}; did you mean {near[0]}{dot}{rest}?"
    return (
        f"There is no field {text}; known are {', '.join(own)}, tags.<key>, metrics.<name>, params.<name>, "
        "and paths such as HyperParameters.max_depth"
    )
