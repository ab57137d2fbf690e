"""The figures that a run logged, read from S3: what the SageMaker SDK's ``log_confusion_matrix``, ``log_roc_curve`` and
``log_precision_recall`` wrote, MLflow's tables, and images."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from areas import objects
from areas.calls import CallFailed, call
from areas.experiments import files
from areas.objects import IMAGES, File
from catalog.models import Record

MOST_FILES = 1000  # files of a folder that are looked at
MOST_READ = 60  # JSON files that are read
LARGEST = 5_000_000  # bytes of a JSON file
LARGEST_NUMBER = 2**1023  # JSON's whole numbers may have any number of digits
MOST_POINTS, MOST_ROWS, MOST_COLUMNS, MOST_CLASSES = 2000, 100, 50, 100
TYPES = {"ConfusionMatrix": "confusion", "ROCCurve": "roc", "PrecisionRecallCurve": "precision_recall"}


@dataclass(frozen=True)
class Figure:
    """One figure. ``data`` by ``kind``:

    - confusion: ``{"matrix": [[int]], "labels": [str]}``, a row for each true class
    - roc: ``{"x": false positive rates, "y": true positive rates, "score": area | None}``
    - precision_recall: ``{"x": recall, "y": precision, "score": average precision | None, "base": no skill | None}``
    - table: ``{"columns": [str], "rows": [[text]], "count": int}``, the first rows
    - image: ``{"type": "image/png", "size": bytes}``

    ``problem`` says why a figure can't be drawn; its data is empty then.
    """

    kind: str
    title: str
    uri: str
    data: dict
    problem: str = ""


class Unreadable(Exception):
    """A file that says it is a figure, and isn't one."""


def figures(run: Record) -> list[Figure]:
    """Every figure that lies below the run's own folders, sorted by kind and title. Files that say nothing of a figure are left
    out; a file that is lost, broken or refused is there with its ``problem``."""
    known: dict[str, File] = {}
    for place in files.places(run):
        if place.side == "folder":
            known |= {
                one.uri: one for one in objects.listing(run.connection, place.uri, deep=True, most=MOST_FILES).files
            }
    found = [one for one in map(_image, known.values()) if one]
    read = 0
    told = {uri: kind for kind, uri in _told_by_lineage(run, known)}
    for uri in dict.fromkeys([*told, *known]):
        if (uri in told or uri.lower().endswith(".json")) and read < MOST_READ:
            read += 1
            found += _read(run.connection, uri, known.get(uri), told.get(uri, ""))
    order = list(TYPES.values())
    return sorted(found, key=lambda one: (order.index(one.kind) if one.kind in order else 9, one.kind, one.title))


def _image(file: File) -> Figure | None:
    ending = file.uri.lower().rpartition(".")[2]
    media = IMAGES.get("jpeg" if ending == "jpg" else ending)
    return Figure("image", file.name, file.uri, {"type": media, "size": file.size}) if media else None


def _told_by_lineage(run: Record, known: dict[str, File]) -> Iterator[tuple[str, str]]:
    """(kind, address) of graphs that the SDK associated with the run and put into a bucket of its writer's choice."""
    there = {uri.rpartition("/")[2] for uri in known}
    for mine, other in (("Source", "Destination"), ("Destination", "Source")):
        try:
            answer = call(run.connection, "ListAssociations", MaxResults=100, **{f"{mine}Arn": run.arn})
        except CallFailed:
            continue  # no node of the lineage yet, or no right to look: the folders tell the rest
        for one in answer["AssociationSummaries"]:
            kind = TYPES.get(one.get(f"{other}Type", ""))
            if not kind or f"{one.get(f'{other}Name')}.json" in there:
                continue
            try:
                artifact = call(run.connection, "DescribeArtifact", ArtifactArn=one[f"{other}Arn"])
            except CallFailed:
                continue
            if artifact["Source"]["SourceUri"].startswith("s3://"):
                yield kind, artifact["Source"]["SourceUri"]


def _read(connection, uri: str, file: File | None, kind: str) -> list[Figure]:
    title = uri.rpartition("/")[2].rpartition(".")[0]
    if file and file.size > LARGEST:
        return []  # no figure of the SDK's or table of MLflow's for people to read is that large
    try:
        body, size = objects.read(connection, uri, LARGEST)
    except CallFailed as failed:
        return [Figure(kind or "table", title, uri, {}, f"{failed.code}: {failed.message}")]
    try:
        document = json.loads(body) if size <= LARGEST else None
    except (ValueError, RecursionError):
        if not kind and TYPES.keys().isdisjoint(word for word in TYPES if word.encode() in body):
            return []
        return [Figure(kind or "table", title, uri, {}, "The file is no JSON: it may have been cut short.")]
    if not isinstance(document, dict):
        return []
    try:
        return [parsed] if (parsed := parse(document, title, uri)) else []
    except Unreadable as wrong:
        return [Figure(TYPES.get(document.get("type"), "table"), title, uri, {}, str(wrong))]


def parse(document: dict, title: str, uri: str = "") -> Figure | None:
    """The figure of a JSON document; None if it is none. Raises Unreadable for one whose members don't fit."""
    kind = TYPES.get(document.get("type")) if isinstance(document.get("type"), str) else None
    title = _plain(document["title"]) if kind and isinstance(document.get("title"), str) else title
    if kind == "confusion":
        return Figure(kind, title, uri, _confusion(document))
    if kind == "roc":
        data = _curve(document, "falsePositiveRate", "truePositiveRate", "areaUnderCurve")
        return Figure(kind, title, uri, data)
    if kind == "precision_recall":
        data = _curve(document, "recall", "precision", "averagePrecisionScore")
        return Figure(kind, title, uri, data | {"base": _number(document.get("noSkill"))})
    columns, rows = document.get("columns"), document.get("data")
    if isinstance(columns, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
        shown = [[_cell(value) for value in row[:MOST_COLUMNS]] for row in rows[:MOST_ROWS]]
        names = [_plain(str(name)) for name in columns[:MOST_COLUMNS]]
        return Figure("table", title, uri, {"columns": names, "rows": shown, "count": len(rows)})
    return None


def _confusion(document: dict) -> dict:
    matrix = document.get("confusionMatrix")
    if not isinstance(matrix, list) or not matrix or any(
        not isinstance(row, list) or len(row) != len(matrix) or any(_number(one) is None for one in row)
        for row in matrix
    ):  # fmt: skip
        raise Unreadable("confusionMatrix must be a square of numbers, a row for each true class.")
    if len(matrix) > MOST_CLASSES:
        raise Unreadable(f"A matrix of {len(matrix)} classes can't be drawn: {MOST_CLASSES} are the most.")
    labels = document.get("labels")
    if not isinstance(labels, list) or len(labels) != len(matrix):
        labels = range(len(matrix))
    return {"matrix": matrix, "labels": [_plain(str(one)) for one in labels]}


def _curve(document: dict, x: str, y: str, score: str) -> dict:
    columns = [document.get(x), document.get(y)]
    for name, column in zip((x, y), columns, strict=True):
        if not isinstance(column, list) or not column or any(_number(one) is None for one in column):
            raise Unreadable(f"{name} must be a list of numbers.")
    if len(columns[0]) != len(columns[1]):
        raise Unreadable(f"{x} has {len(columns[0])} numbers and {y} {len(columns[1])}: they must be as many.")
    size = len(columns[0])
    if size > MOST_POINTS:
        chosen = [round(i * (size - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS)]
        columns = [[column[i] for i in chosen] for column in columns]
    return {"x": columns[0], "y": columns[1], "score": _number(document.get(score))}


def _number(value) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < LARGEST_NUMBER and math.isfinite(value) else None


def _cell(value) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = _plain(text)
    return text if len(text) <= 300 else f"{text[:299]}…"


def _plain(text: str) -> str:
    """Text without halves of surrogate pairs, which JSON may write and no page can."""
    return text.encode(errors="replace").decode()
