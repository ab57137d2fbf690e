"""Serving NTM: the topics of documents."""

import sys
from pathlib import Path

from areas.algorithms.frame.serving import Predictor, run
from areas.algorithms.neural import library
from areas.algorithms.ntm import network
from areas.algorithms.ntm.declaration import ALGORITHM


def main() -> int:
    return run(load)


def load(folder: Path) -> Predictor:
    import numpy as np
    import torch

    config = library.read_config(folder, ALGORITHM.repository)
    library.prepare(training=False)
    model = network.build(config)
    library.load_weights(folder, model)
    model.eval()

    def predict(features, parameters: dict) -> dict:
        rows = features.toarray() if hasattr(features, "indptr") else features
        return {"topic_weights": network.topic_weights(model, torch.as_tensor(np.ascontiguousarray(rows, np.float32)))}

    return Predictor(predict, columns=config["feature_dim"], inline=False)


if __name__ == "__main__":
    sys.exit(main())
