"""Evaluation reports among a job's outputs: JSON in the form of a model quality report, as cards and charts.

``{"binary_classification_metrics": {"accuracy": {"value": 0.9, "standard_deviation": 0.01}, "confusion_matrix": …}}``; a script
writes it, so nothing in it is taken for granted. The form is that of ModelMetrics.ModelQuality.Statistics:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

import json
import math
from dataclasses import dataclass, field

from areas import objects
from areas.calls import CallFailed
from areas.drawing import Chart, draw, figure

GROUPS = {
    "binary_classification_metrics": "Binary classification",
    "multiclass_classification_metrics": "Multiclass classification",
    "classification_metrics": "Classification",
    "regression_metrics": "Regression",
    "text_metrics": "Text",
}
LARGEST = 2_000_000  # bytes of a report
MOST_REPORTS, MOST_FILES = 5, 200
MOST_POINTS, MOST_CLASSES, MOST_NUMBERS = 500, 40, 100
CURVES = {
    "receiver_operating_characteristic_curve": (
        "ROC curve", "false_positive_rates", "true_positive_rates", "False positive rate", "True positive rate",
    ),
    "precision_recall_curve": ("Precision and recall", "recalls", "precisions", "Recall", "Precision"),
}  # fmt: skip


@dataclass
class Group:
    """The metrics of one kind of problem: ``numbers`` as (name, value, deviation or ""), ``charts`` for areas/chart.html."""

    title: str
    numbers: list[tuple[str, str, str]] = field(default_factory=list)
    charts: list[dict] = field(default_factory=list)


@dataclass
class Report:
    """One file. ``metrics`` is the ModelMetrics member that gives it to a model package."""

    uri: str
    name: str
    groups: list[Group]

    @property
    def metrics(self) -> str:
        quality = {"Statistics": {"ContentType": "application/json", "S3Uri": self.uri}}
        return json.dumps({"ModelQuality": quality}, indent=2)


def reports_of(connection, outputs: list[dict]) -> tuple[list[Report], str]:
    """The reports among what lies at ``outputs`` (``{"uri"}``), and S3's refusal if there was one."""
    found, problem = [], ""
    for output in outputs:
        folder = objects.listing(connection, f"{output['uri'].rstrip('/')}/", deep=True, most=MOST_FILES)
        problem = problem or (f"{folder.failed.code}: {folder.failed.message}" if folder.failed else "")
        for one in folder.files:
            is_candidate = one.name.lower().endswith(".json") and one.size <= LARGEST and len(found) < MOST_REPORTS
            if is_candidate and (groups := _read(connection, one.uri)):
                found.append(Report(one.uri, one.name, groups))
    return found, problem


def _read(connection, uri: str) -> list[Group]:
    try:
        body, _ = objects.read(connection, uri, LARGEST)
        return groups_of(json.loads(body))
    except (CallFailed, ValueError, RecursionError):
        return []


def groups_of(document) -> list[Group]:
    """What a document says about a model's quality; nothing for any other JSON."""
    if not isinstance(document, dict):
        return []
    found = [_group(title, document[name]) for name, title in GROUPS.items() if isinstance(document.get(name), dict)]
    return [group for group in found if group.numbers or group.charts]


def _group(title: str, metrics: dict) -> Group:
    group = Group(title)
    for name, value in metrics.items():
        name = str(name)[:120]
        number, deviation = _number(value), ""
        if isinstance(value, dict):
            number, deviation = _number(value.get("value")), _number(value.get("standard_deviation"))
        if number is not None and len(group.numbers) < MOST_NUMBERS:
            group.numbers.append((name, figure(number), "" if deviation in (None, "") else figure(deviation)))
        elif name == "confusion_matrix":
            group.charts += _confusion(value)
        elif name in CURVES:
            group.charts += _curve(value, *CURVES[name])
    return group


def _confusion(value) -> list[dict]:
    """``{actual: {predicted: count}}``, as Model Monitor and Pipelines' examples write it."""
    if not isinstance(value, dict) or not all(isinstance(row, dict) for row in value.values()):
        return []
    names = list(dict.fromkeys([*value, *(name for row in value.values() for name in row)]))[:MOST_CLASSES]
    rows = [[_number(value.get(actual, {}).get(predicted, 0)) for predicted in names] for actual in names]
    if not names or any(count is None for row in rows for count in row):
        return []
    labels = [str(name)[:40] for name in names]
    return [
        draw(
            Chart(
                "Confusion matrix",
                "matrix",
                rows,
                labels,
                labels,
                "A row is an actual class, a column a predicted one.",
            )
        )
    ]


def _curve(value, title: str, across: str, up: str, x: str, y: str) -> list[dict]:
    if not isinstance(value, dict):
        return []
    xs, ys = value.get(across), value.get(up)
    if not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys) or len(xs) < 2:
        return []
    points = [(_number(a), _number(b)) for a, b in zip(xs, ys, strict=True)]
    if any(a is None or b is None for a, b in points):
        return []
    step = -(-len(points) // MOST_POINTS)
    return [draw(Chart(title, "linear_graph", [*points[::step], points[-1]], x, y))]


def _number(value) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) and abs(value) < 1e300 else None
    except OverflowError:
        return None
