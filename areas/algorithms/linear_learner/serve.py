"""Serving Linear Learner: the score, and the label where it classifies."""

import sys
from pathlib import Path

from areas.algorithms.frame.serving import Predictor, run
from areas.algorithms.frame.training import load_model
from areas.algorithms.linear_learner.losses import sigmoid, softmax


def main() -> int:
    return run(load)


def load(folder: Path) -> Predictor:
    import numpy as np

    meta, arrays = load_model(folder)
    weights, bias = arrays["weights"], arrays["bias"]
    kind = meta["predictor_type"]

    def predict(features, parameters: dict) -> dict:
        scores = features @ weights + bias
        if kind == "regressor":
            return {"score": scores[:, 0]}
        if kind == "multiclass_classifier":
            return {"score": softmax(scores), "predicted_label": scores.argmax(axis=1)}
        label = (scores[:, 0] >= meta["threshold"]).astype(np.int64)
        return {
            "score": sigmoid(scores[:, 0]) if meta["loss"] == "logistic" else scores[:, 0],
            "predicted_label": label,
        }

    return Predictor(predict, columns=meta["features"], csv=("predicted_label", "score"))


if __name__ == "__main__":
    sys.exit(main())
