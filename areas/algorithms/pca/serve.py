"""Serving PCA: each row as its components, the one of the greatest variance last."""

import sys
from pathlib import Path

from areas.algorithms.formats.table import dense
from areas.algorithms.frame.serving import Predictor, run
from areas.algorithms.frame.training import load_model


def main() -> int:
    return run(load)


def load(folder: Path) -> Predictor:
    meta, arrays = load_model(folder)

    def predict(features, parameters: dict) -> dict:
        return {"projection": (dense(features) - arrays["mean"]) @ arrays["v"]}

    return Predictor(predict, columns=meta["features"], key="projections")


if __name__ == "__main__":
    sys.exit(main())
