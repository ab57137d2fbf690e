"""The algorithms built on PyTorch that a library does too: DeepAR, by GluonTS."""

import json

from bench.algorithms import Case

EPOCHS, BATCH, HORIZON = 20, 64, 24


def _series() -> str:
    """Twenty hourly series of eight weeks, a daily wave each."""
    import numpy

    random, hours = numpy.random.default_rng(7), numpy.arange(24 * 56)
    rows = [
        (10 + at) * (1 + 0.5 * numpy.sin(hours * numpy.pi / 12)) + random.normal(size=len(hours)) for at in range(20)
    ]
    return "".join(json.dumps({"start": "2024-01-01 00:00:00", "target": row.tolist()}) + "\n" for row in rows)


CASES = (
    Case(
        f"DeepAR, 20 series of 1,344 points, {EPOCHS} epochs", "forecasting-deepar",
        {
            "context_length": HORIZON, "prediction_length": HORIZON, "time_freq": "1H", "epochs": EPOCHS,
            "mini_batch_size": BATCH,
        },
        "GluonTS's DeepAREstimator",
        # As many batches an epoch as areas/algorithms/deepar takes of this data: 20 × 1,344 / (24 × 64).
        f"""
import json, os, sys, warnings
warnings.filterwarnings("ignore")
import pandas
from gluonts.dataset.common import ListDataset
from gluonts.torch import DeepAREstimator
rows = [json.loads(line) for line in open(sys.argv[1])]
data = ListDataset([{{"start": pandas.Period(row["start"], "h"), "target": row["target"]}} for row in rows], freq="h")
quiet = {{"max_epochs": {EPOCHS}, "enable_progress_bar": False, "logger": False,
         "default_root_dir": os.path.dirname(sys.argv[2])}}
DeepAREstimator(freq="h", prediction_length={HORIZON}, context_length={HORIZON}, batch_size={BATCH},
                num_batches_per_epoch=18, trainer_kwargs=quiet).train(data)
""",
        _series,
        content_type="application/jsonlines",
        file="train.json",
    ),
)  # fmt: skip
