"""CreateXgboostReport: what the tensors of an XGBoost job say of its model. ``xgboost_report.html``, ``.ipynb`` and
``xgboost-reports/*.json``. A part whose tensors were not saved is left out, and the report says which."""

from pathlib import Path

from areas.debugger.report import pages
from areas.debugger.rules.base import NoTensors
from areas.debugger.rules.classes import matrix, to_classes
from areas.debugger.trial import Trial

BINS = 10
FEATURES = 20


def write(trial: Trial, folder: Path) -> None:
    """Write the report below ``folder``. NoTensors if nothing was saved that it could be about."""
    import numpy as np

    parts: dict[str, tuple[str, object, str]] = {}  # file → (heading, numbers, HTML)
    _losses(trial, parts)
    _importance(trial, parts)
    pair = _last_pair(trial)
    if pair is not None:
        labels, predictions, step = pair
        objective = _hyperparameter(trial, "objective")
        regression = objective.startswith(("reg:", "count:")) and objective != "reg:logistic"
        if not objective:
            regression = bool(np.any(labels != np.rint(labels)))
        if regression:
            _of_regression(labels, predictions.reshape(-1), step, parts)
        else:
            _ofto_classes(trial, labels.astype(int), predictions, step, parts)
    if not parts:
        raise NoTensors("no tensors for collections metrics, feature_importance, predictions and labels")
    sections = [(heading, html) for heading, _, html in parts.values()]
    if pair is None:
        sections.append(("Predictions", pages.words("The collections labels and predictions were not saved.")))
    for name, (_, numbers, _) in parts.items():
        pages.write_json(folder / "xgboost-reports", name, numbers)
    (folder / "xgboost_report.html").write_text(pages.page("XGBoost training report", sections))
    (folder / "xgboost_report.ipynb").write_text(pages.notebook("XGBoost training report", "xgboost-reports"))


def _hyperparameter(trial: Trial, name: str) -> str:
    tensor = f"hyperparameters/{name}"
    if not trial.has(tensor):
        return ""
    found = trial.tensor(tensor)
    return str(found.value(found.steps()[0])).strip('"')


def _losses(trial: Trial, parts: dict) -> None:
    series = {}
    for name in sorted(set(trial.tensor_names(collection="metrics")) | set(trial.tensor_names(collection="losses"))):
        values = trial.tensor(name).values()
        series[name] = (list(values), [float(value) for value in values.values()])
    if series:
        parts["Loss"] = ("Metrics by step", series, pages.lines(series, "step"))


def _importance(trial: Trial, parts: dict) -> None:
    found = {}
    for name in trial.tensor_names(regex="^feature_importance/(weight|gain|cover)/"):
        _, kind, feature = name.split("/", 2)
        tensor = trial.tensor(name)
        found.setdefault(kind, {})[feature] = float(tensor.value(tensor.steps()[-1]))
    if found:
        ranked = {kind: dict(sorted(one.items(), key=lambda item: -item[1])[:FEATURES]) for kind, one in found.items()}
        html = "".join(pages.words(f"By {kind}") + pages.bars(one) for kind, one in ranked.items())
        parts["FeatureImportance"] = ("Feature importance at the last step", found, html)


def _last_pair(trial: Trial):
    """(labels, predictions, step) of the last step that has both; None if there is none."""
    if not (trial.has("labels") and trial.has("predictions")):
        return None
    both = set(trial.tensor("labels").found) & set(trial.tensor("predictions").found)
    if not both:
        return None
    step = max(both)
    return trial.tensor("labels").value(step), trial.tensor("predictions").value(step), step


def _ofto_classes(trial: Trial, labels, predictions, step: int, parts: dict) -> None:
    import numpy as np

    kinds, counts = np.unique(labels, return_counts=True)
    spread = {f"class {kind}": int(count) for kind, count in zip(kinds, counts, strict=True)}
    parts["LabelDistribution"] = ("Labels", spread, pages.bars(spread))
    guesses = to_classes(predictions, len(labels), False)
    cells = matrix(labels, guesses)
    names = [f"class {kind}" for kind in range(len(cells))]
    rows = [[name, *map(int, row)] for name, row in zip(names, cells, strict=True)]
    parts["ConfusionMatrix"] = (
        f"Confusion matrix at step {step}: rows are true classes", cells, pages.table(["", *names], rows)
    )  # fmt: skip
    _evaluation(cells, names, parts)
    _diagonal(trial, parts)
    if len(kinds) == 2 and predictions.ndim == 1:
        _roc(labels, predictions, parts)


def _evaluation(cells, names: list[str], parts: dict) -> None:
    import numpy as np

    hits, claimed, actual = np.diag(cells), cells.sum(axis=0), cells.sum(axis=1)
    precision, recall = hits / np.maximum(claimed, 1), hits / np.maximum(actual, 1)
    f1 = 2 * hits / np.maximum(claimed + actual, 1)
    rows = [
        [name, *map(float, row), int(n)]
        for name, row, n in zip(names, np.c_[precision, recall, f1], actual, strict=True)
    ]
    there, accuracy = actual > 0, float(hits.sum() / actual.sum())
    rows.append(["micro average", accuracy, accuracy, accuracy, int(actual.sum())])
    for name, weights in (("macro average", there), ("weighted average", actual)):
        means = [float(np.average(one, weights=weights)) for one in (precision, recall, f1)]
        rows.append([name, *means, int(actual.sum())])
    numbers = {row[0]: dict(zip(("precision", "recall", "f1", "support"), row[1:], strict=True)) for row in rows}
    parts["Evaluation"] = (
        "Evaluation of the confusion matrix", numbers, pages.table(["", "Precision", "Recall", "F1", "Rows"], rows)
    )  # fmt: skip


def _diagonal(trial: Trial, parts: dict) -> None:
    labels, predictions = trial.tensor("labels"), trial.tensor("predictions")
    steps = sorted(set(labels.found) & set(predictions.found))
    values = []
    for step in steps:
        true = labels.value(step).astype(int)
        values.append(float((to_classes(predictions.value(step), len(true), False) == true).mean()))
    series = {"accuracy": (steps, values)}
    parts["DiagonalAccuracy"] = ("Share of the diagonal by step", series, pages.lines(series, "step"))


def _roc(labels, scores, parts: dict) -> None:
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(labels[order] == labels.max())
    misses = np.arange(1, len(order) + 1) - hits
    last = np.r_[np.diff(scores[order]) != 0, True]  # one point for all rows of the same score
    tpr, fpr = np.r_[0, hits[last] / hits[-1]], np.r_[0, misses[last] / max(misses[-1], 1)]
    area = float(np.trapezoid(tpr, fpr)) if hasattr(np, "trapezoid") else float(np.trapz(tpr, fpr))
    numbers = {"fpr": fpr, "tpr": tpr, "auc": area}
    series = {f"area {area:.4f}": (fpr.tolist(), tpr.tolist())}
    parts["ROC"] = ("ROC curve: true positives over false positives", numbers, pages.lines(series, "false positives"))


def _of_regression(labels, predictions, step: int, parts: dict) -> None:
    import numpy as np

    counts, edges = np.histogram(labels, BINS)
    spread = {f"{edges[at]:.4g} to {edges[at + 1]:.4g}": int(count) for at, count in enumerate(counts)}
    parts["LabelDistribution"] = ("Labels", spread, pages.bars(spread))
    left, ends = np.histogram(predictions - labels, BINS)
    residuals = {f"{ends[at]:.4g} to {ends[at + 1]:.4g}": int(count) for at, count in enumerate(left)}
    parts["Residuals"] = (f"Residuals at step {step}", residuals, pages.bars(residuals))
    where = np.clip(np.digitize(labels, edges[1:-1]), 0, BINS - 1)
    errors = {
        name: float(np.abs(predictions - labels)[where == at].mean()) if (where == at).any() else 0.0
        for at, name in enumerate(spread)
    }
    parts["AbsoluteError"] = ("Mean absolute error by label", errors, pages.bars(errors))
