"""The datasets area as training needs it, found by name: no area imports another, and training goes on without it."""

from areas.index import modules
from areas.versions import choices, find_version

__all__ = ["NotPossible", "choices", "find_version", "plan_channels", "suggest", "usual_features", "usual_label"]


class NotPossible(Exception):
    """The datasets area refused; its own sentence, and the form field that it is about."""

    def __init__(self, message: str, field: str = ""):
        super().__init__(message)
        self.field = field


def usual_label(version) -> str:
    """The column that one usually predicts: the dataset's own word, else the one whose role is label, else the last."""
    names = [column["name"] for column in version.columns]
    if version.dataset.label in names:
        return version.dataset.label
    return next(
        (column["name"] for column in version.columns if column.get("role") == "label"), names[-1] if names else ""
    )


def usual_features(version, label: str) -> list[str]:
    """The columns that a preparation takes when none are chosen; none if the label can't be one."""
    try:
        return plan_channels(version, label=label)["call"]["request"]["features"]
    except NotPossible:
        return []


def suggest(version, label: str) -> dict:
    """What the datasets area suggests for a label: problem, objective, num_class, eval_metric, hyperparameters."""
    return _ask("suggest", version, label)


def plan_channels(version, **options) -> dict:
    """Where the prepared channels will lie, and the call that writes them; see ``areas.datasets.prepare``."""
    return _ask("plan_channels", version, **options)


def _ask(function: str, *arguments, **options) -> dict:
    prepare = next((module for module in modules("prepare") if hasattr(module, function)), None)
    if prepare is None:
        raise NotPossible("Datasets can't be prepared for training here: the datasets area is not installed.")
    try:
        return getattr(prepare, function)(*arguments, **options)
    except Exception as error:
        # The area's own error class can't be named here without importing it; its mark is a sentence for people.
        if type(error).__name__ != "DatasetError":
            raise
        raise NotPossible(str(error), getattr(error, "field", "") or "") from error
