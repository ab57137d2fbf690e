"""For scripts that use scikit-learn: what an estimator knows of its training once it is fitted.

    Hook.create_from_json_file().save_estimator(model, X, y)

Steps are those of ``loss_curve_`` or ``train_score_`` (``train-loss``) and ``validation_score_`` or ``validation_scores_``
(``validation-score``). At the last one: ``feature_importance/weight/f0`` …, ``trees/Depth``, the weights of ``coefs_`` or
``coef_``, and, given data, ``labels`` and ``predictions``. It is no part of smdebug, which knows no scikit-learn.
"""

import numpy as np

from smdebug.core import BaseHook, modes

__all__ = ["Hook", "modes"]


class Hook(BaseHook):
    patterns = {
        "all": (".*",), "losses": ("loss$",), "metrics": ("^(train|validation)-",), "labels": ("^labels$",),
        "predictions": ("^predictions$",), "feature_importance": ("^feature_importance/",), "trees": ("^trees/",),
        "weights": ("^coef",),
    }  # fmt: skip

    def save_estimator(self, model, features=None, labels=None) -> None:
        curves = {
            "train-loss": _first(model, "loss_curve_", "train_score_"),
            "validation-score": _first(model, "validation_scores_", "validation_score_"),
        }
        length = max((len(values) for values in curves.values()), default=0)
        for step in range(max(length, 1)):
            self.begin_step()
            for name, values in curves.items():
                if step < len(values):
                    self.add(name, float(values[step]))
        for name, value in _last(model, features, labels).items():
            self.add(name, value)
        self.close()


def _first(model, *names: str):
    """The first of the estimator's attributes that has numbers."""
    for name in names:
        values = getattr(model, name, None)
        if values is not None and np.ndim(values) == 1:
            return values
    return ()


def _last(model, features, labels) -> dict:
    found = {}
    importances = getattr(model, "feature_importances_", None)
    if importances is not None:
        found |= {f"feature_importance/weight/f{at}": value for at, value in enumerate(importances)}
    members = np.ravel(getattr(model, "estimators_", [])) if hasattr(model, "estimators_") else [model]
    depths = [tree.tree_.max_depth for tree in members if hasattr(tree, "tree_")]
    if depths:
        found["trees/Depth"] = np.array(depths)
    weights = getattr(model, "coefs_", None) or ([model.coef_] if hasattr(model, "coef_") else [])
    found |= {f"coef_{at}": np.asarray(value) for at, value in enumerate(weights)}
    if features is not None and labels is not None:
        found |= {"labels": np.asarray(labels), "predictions": np.asarray(model.predict(features))}
    return found
