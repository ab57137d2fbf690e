"""Serving k-NN: the label; with ``Accept: application/json; verbose=true`` the neighbors' distances and labels too."""

import sys
from pathlib import Path

from areas.algorithms.formats.table import dense
from areas.algorithms.frame.serving import Predictor, run
from areas.algorithms.frame.training import load_model
from areas.algorithms.knn.index import Index
from areas.algorithms.knn.train import answers


def main() -> int:
    return run(load)


def load(folder: Path) -> Predictor:
    meta, arrays = load_model(folder)
    index = Index(arrays["rows"], arrays["labels"], meta["index_metric"])
    shorter = arrays.get("projection")

    def predict(features, parameters: dict) -> dict:
        queries = dense(features) if shorter is None else features @ shorter
        predicted, distances, labels = answers(index, queries, meta["k"], meta["predictor_type"])
        found = {"predicted_label": predicted}
        if parameters.get("verbose") == "true":
            found |= {"distances": distances, "labels": labels}
        return found

    return Predictor(predict, columns=meta["feature_dim"], inline=index.rows.size < 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
