"""The hook of the built-in XGBoost: a step is a round. Collections and tensors are those of smdebug's XGBoost hook."""

import json
from pathlib import Path

from areas.debugger.hook.config import BIGGER, check, collections
from areas.debugger.hook.writer import Writer

IMPORTANCES = ("weight", "gain", "cover", "total_gain", "total_cover")
_GROWS = "|".join(BIGGER)
PATTERNS = {
    "all": (".*",),
    "hyperparameters": ("^hyperparameters/",),
    "metrics": (r"^[a-zA-Z]+-[a-zA-Z0-9_@.-]+$",),
    "losses": (rf"^[a-zA-Z]+-(?!(?:{_GROWS})(?:@.*)?$)(?!.*(?:auc|map)$)[a-zA-Z0-9_@.-]+$",),
    "predictions": ("^predictions$",),
    "labels": ("^labels$",),
    "feature_importance": (f"^feature_importance/(?:{'|'.join(IMPORTANCES)})/",),
    "average_shap": ("^average_shap/",),
    "full_shap": ("^full_shap/",),
    "trees": ("^trees/",),
}
DEFAULT = ("losses",)


def make(config: dict, folder: Path, matrices: dict, hyperparameters: dict[str, str]) -> "Hook":
    """The hook of a job. ValueError in a sentence if its configuration makes no sense."""
    check(config)
    return Hook(Writer(folder, collections(config, PATTERNS, DEFAULT)), matrices, hyperparameters)


class Hook:
    """Called after every round. It computes only what a collection that is due at that round could want."""

    def __init__(self, writer: Writer, matrices: dict, hyperparameters: dict[str, str]):
        self.writer, self.matrices, self.hyperparameters = writer, matrices, hyperparameters
        self.judged = matrices.get("validation", matrices["train"])

    def after(self, step: int, booster, scores: list[tuple[str, str]]) -> None:
        """``scores`` are the round's metrics: [("train-rmse", "1.23"), …]."""
        due = self.writer.due(step, "train")
        if not due:
            return
        found = {name: float(value) for name, value in scores}
        for prefix, compute in (
            ("hyperparameters/", self._hyperparameters), ("predictions", self._predictions), ("labels", self._labels),
            ("feature_importance/", self._importance), ("average_shap/", self._average_shap),
            ("full_shap/", self._full_shap), ("trees/", self._trees),
        ):  # fmt: skip
            if self._might_want(due, prefix):
                found |= compute(booster)
        self.writer.save(step, "train", step, found, due)

    def end(self) -> None:
        self.writer.end()

    def _might_want(self, due: set[str], prefix: str) -> bool:
        """Whether a collection is after tensors that begin so. One of the user's own may be after anything."""
        for name in due:
            one = self.writer.collections[name]
            if name in PATTERNS and one.patterns == PATTERNS[name] and not one.names and name != "all":
                if PATTERNS[name][0].startswith(f"^{prefix}"):
                    return True
            elif name == "all" or one.patterns or any(tensor.startswith(prefix) for tensor in one.names):
                return True
        return False

    def _hyperparameters(self, booster) -> dict:
        return {f"hyperparameters/{name}": value for name, value in self.hyperparameters.items()}

    def _predictions(self, booster) -> dict:
        return {"predictions": booster.predict(self.judged)}

    def _labels(self, booster) -> dict:
        return {"labels": self.judged.get_label()}

    def _importance(self, booster) -> dict:
        """Each kind of importance, its sum made 1. A linear booster has weights only."""
        from xgboost.core import XGBoostError

        found = {}
        for kind in IMPORTANCES:
            try:
                scores = {name: abs(_single(value)) for name, value in booster.get_score(importance_type=kind).items()}
            except (XGBoostError, ValueError):
                continue
            total = sum(scores.values())
            if total:
                found |= {f"feature_importance/{kind}/{name}": score / total for name, score in scores.items()}
        return found

    def _average_shap(self, booster) -> dict:
        values = self._shap(booster)
        means = values.mean(axis=tuple(range(values.ndim - 1)))
        return {f"average_shap/{name}": mean for name, mean in zip(self._features(booster), means, strict=True)}

    def _full_shap(self, booster) -> dict:
        values = self._shap(booster)
        return {f"full_shap/{name}": values[..., at] for at, name in enumerate(self._features(booster))}

    def _shap(self, booster):
        """SHAP values of the training rows: (rows, features + 1) or (rows, classes, features + 1); the last is the bias."""
        return booster.predict(self.matrices["train"], pred_contribs=True)

    def _features(self, booster) -> list[str]:
        names = booster.feature_names or [f"f{at}" for at in range(booster.num_features())]
        return [*names, "bias"]

    def _trees(self, booster) -> dict:
        return tree_columns(booster.get_dump(with_stats=True, dump_format="json"))


def tree_columns(dumps: list[str]) -> dict:
    """The columns of smdebug's ``trees/…``, a row a node: Tree, Node, Depth, Feature, Split, Yes, No, Missing, Gain, Cover."""
    import numpy as np

    rows = []
    for number, text in enumerate(dumps):
        tree = json.loads(text)
        if "nodeid" not in tree:
            return {}  # a linear booster has no trees
        waiting = [(tree, 0)]
        while waiting:
            node, depth = waiting.pop()
            rows.append((number, node["nodeid"], depth, *_columns(node)))
            waiting += [(child, depth + 1) for child in node.get("children", ())]
    if not rows:
        return {}
    names = ("Tree", "Node", "Depth", "Feature", "Split", "Yes", "No", "Missing", "Gain", "Cover")
    return {f"trees/{name}": np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _columns(node: dict) -> tuple:
    """Feature, split, children, gain and cover of a node; of a leaf, gain is its value. A set or a vector is no number."""
    if "leaf" in node:
        return "Leaf", _number(None), -1, -1, -1, _number(node["leaf"]), _number(node.get("cover"))
    return (
        str(node["split"]), _number(node.get("split_condition")), node["yes"], node["no"], node["missing"],
        _number(node.get("gain")), _number(node.get("cover")),
    )  # fmt: skip


def _number(value) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _single(value) -> float:
    """A linear booster of several classes has a weight for each: their mean size."""
    if isinstance(value, list):
        return sum(abs(one) for one in value) / len(value)
    return float(value)
