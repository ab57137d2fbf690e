"""Serving LDA: the mixture of topics of each document."""

import sys
from pathlib import Path

from areas.algorithms.frame.serving import NotPredictable, Predictor, run
from areas.algorithms.frame.training import load_model
from areas.algorithms.lda import topics


def main() -> int:
    return run(load)


def load(folder: Path) -> Predictor:
    meta, arrays = load_model(folder)

    def predict(features, parameters: dict) -> dict:
        values = features.data if hasattr(features, "indptr") else features
        if (values < 0).any():
            raise NotPredictable("a count of words is negative")
        return {"topic_mixture": topics.mixtures(features, arrays["weights"], meta["alpha"])}

    return Predictor(predict, columns=meta["features"], inline=False)


if __name__ == "__main__":
    sys.exit(main())
