"""Serving K-Means: the closest cluster, and the Euclidean distance to its center."""

import sys
from pathlib import Path

from areas.algorithms.formats.table import dense
from areas.algorithms.frame.serving import Predictor, run
from areas.algorithms.frame.training import load_model
from areas.algorithms.kmeans.centers import nearest


def main() -> int:
    return run(load)


def load(folder: Path) -> Predictor:
    import numpy as np

    meta, arrays = load_model(folder)

    def predict(features, parameters: dict) -> dict:
        closest, squared = nearest(dense(features), arrays["centers"])
        return {"closest_cluster": closest.astype(np.float64), "distance_to_cluster": np.sqrt(squared)}

    return Predictor(predict, columns=meta["features"])


if __name__ == "__main__":
    sys.exit(main())
