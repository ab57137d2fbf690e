"""XGBoost's complaints as one sentence each, and those about labels before it starts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from areas.algorithms.container import AlgorithmError, UserError
from areas.algorithms.formats.table import Table

# Words of XGBoost's that mean the data or the hyperparameters.
_OF_THE_USER = ("label", "Label", "num_class", "base_score", "must be", "should be", "Unknown", "Invalid Parameter",
                "Input data contains", "not supported", "Check failed")  # fmt: skip


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Turn XGBoost's errors into UserError or AlgorithmError, without source lines and stack trace."""
    import xgboost

    try:
        yield
    except xgboost.core.XGBoostError as error:
        text = str(error).partition("Stack trace:")[0].strip()
        text = " ".join(re.sub(r"^\[[\d:]+\] \S+:\d+: ", "", text).split())
        kind = UserError if any(words in text for words in _OF_THE_USER) else AlgorithmError
        raise kind(f"XGB train call failed with exception: {text}") from None


def check_labels(table: Table, channel: str, objective: str, classes: int) -> None:
    """Raise UserError naming the first row whose label the objective can't learn."""
    import numpy as np

    labels = table.labels

    def refuse(wrong, what: str) -> None:
        if wrong.any():
            row = int(wrong.argmax())
            raise UserError(f"{what}, but row {row + 1} of channel '{channel}' has {labels[row]:g}.")

    refuse(~np.isfinite(labels), "label must be a number")
    if objective in ("binary:logistic", "binary:logitraw", "reg:logistic"):
        refuse((labels < 0) | (labels > 1), "label must be in [0,1] for logistic regression")
    elif objective == "binary:hinge":
        refuse((labels != 0) & (labels != 1), "label must be 0 or 1 for hinge loss")
    elif objective in ("count:poisson", "reg:tweedie"):
        refuse(labels < 0, f"label must be nonnegative for {objective}")
    elif objective == "reg:gamma":
        refuse(labels <= 0, "label must be positive for gamma regression")
    elif objective == "reg:squaredlogerror":
        refuse(labels <= -1, "label must be greater than -1 for rmsle")
    elif objective.startswith("multi:"):
        wrong = (labels < 0) | (labels >= classes) | (labels != np.rint(labels))
        refuse(wrong, f"label must be a whole number in [0, num_class), that is 0 to {classes - 1}")
