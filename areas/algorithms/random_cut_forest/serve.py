"""Serving a Random Cut Forest: each row's anomaly score."""

import sys
from pathlib import Path

from areas.algorithms.formats.table import dense
from areas.algorithms.frame.serving import Predictor, run
from areas.algorithms.frame.training import load_model
from areas.algorithms.random_cut_forest.forest import Forest


def main() -> int:
    return run(load)


def load(folder: Path) -> Predictor:
    meta, arrays = load_model(folder)
    forest = Forest(**arrays, trees=meta["trees"])

    def predict(features, parameters: dict) -> dict:
        return {"score": forest.scores(dense(features))}

    return Predictor(predict, columns=meta["features"], key="scores", inline=False)


if __name__ == "__main__":
    sys.exit(main())
