"""Serving Factorization Machines: the score, and the label where it classifies."""

import sys
from pathlib import Path

from areas.algorithms.factorization_machines.model import Machine, probability
from areas.algorithms.frame.serving import Predictor, run
from areas.algorithms.frame.training import load_model


def main() -> int:
    return run(load)


def load(folder: Path) -> Predictor:
    import numpy as np

    meta, arrays = load_model(folder)
    machine = Machine(**arrays)
    forms = ("json", "jsonlines", "recordio")  # AWS's neither reads nor writes CSV

    def predict(features, parameters: dict) -> dict:
        score = machine.predict(features)
        if meta["predictor_type"] == "regressor":
            return {"score": score}
        chance = probability(score)
        return {"score": chance, "predicted_label": (chance > 0.5).astype(np.float64)}

    return Predictor(predict, columns=meta["features"], reads=forms, forms=forms)


if __name__ == "__main__":
    sys.exit(main())
