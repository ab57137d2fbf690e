"""DeepAR as SageMaker declares it. Source: the developer guide's "DeepAR Hyperparameters" and "Tune a DeepAR Model"."""

import json
from dataclasses import dataclass

from areas.algorithms.deepar.calendar import parse_frequency
from areas.algorithms.deepar.likelihoods import LIKELIHOODS
from areas.algorithms.frame.algorithm import FAMILY_C, Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Hyperparameter, Integer, List, Number
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality

IGNORED = ("", "ignore", "ignored")


@dataclass(frozen=True)
class Frequency(Hyperparameter):
    """``1H``, ``5min``, ``M`` …"""

    def _parse(self, text: str) -> str:
        parse_frequency(text)
        return text

    def _expects(self) -> str:
        return "an integer followed by M, W, D, H or min, such as 1H or 5min"


@dataclass(frozen=True)
class Cardinality(Hyperparameter):
    """auto, ignore, or a JSON list of how many values each category has."""

    def _parse(self, text: str) -> str | list[int]:
        if text in ("auto", *IGNORED):
            return "auto" if text == "auto" else "ignore"
        values = json.loads(text)
        if not isinstance(values, list) or any(type(value) is not int or value < 1 for value in values):
            raise ValueError(text)
        return values

    def _expects(self) -> str:
        return "auto, ignore, or a list of positive integers"


@dataclass(frozen=True)
class DynamicFeatures(Hyperparameter):
    """auto, ignore, or how many dynamic features the data has."""

    def _parse(self, text: str) -> str | int:
        if text in ("auto", *IGNORED):
            return "auto" if text == "auto" else "ignore"
        if int(text) < 1:
            raise ValueError(text)
        return int(text)

    def _expects(self) -> str:
        return "auto, ignore, or a positive integer"


@dataclass(frozen=True)
class Quantiles(List):
    """Numbers between 0 and 1."""

    def _parse(self, text: str) -> tuple:
        values = super()._parse(text)
        if not values or any(not 0 < value < 1 for value in values):
            raise ValueError(text)
        return values

    def _expects(self) -> str:
        return "a list of numbers between 0 and 1"


@dataclass(frozen=True)
class DeepAR(Algorithm):
    """DeepAR's own words for content types: ``json``, ``json.gz``, ``parquet`` and ``auto``."""

    def check(self, hyperparameters: dict[str, str], channels: dict[str, dict]) -> None:
        words = {
            "json": "application/json",
            "json.gz": "application/json",
            "auto": "",
            "parquet": "application/x-parquet",
        }
        named = {
            name: {**settings, "ContentType": words.get(settings.get("ContentType") or "", settings.get("ContentType"))}
            for name, settings in channels.items()
        }
        super().check(hyperparameters, named)


_SERIES = {
    "formats": ("json", "jsonlines", "parquet"),
    "default": "json",
    "labels": "none",
    "modes": ("File", "FastFile"),
}

ALGORITHM = DeepAR(
    package="areas.algorithms.deepar",
    repository="forecasting-deepar",
    title="DeepAR",
    about="Forecasts many related time series with one recurrent network, as samples and quantiles.",
    parameters=(
        Integer("context_length", "Points that the network sees before it forecasts", required=True, low=1, tunable=(1, 200)),
        Integer("prediction_length", "Points that it forecasts", required=True, low=1),
        Frequency("time_freq", "How far apart the points are", required=True),
        Integer("epochs", "The most passes over the data", required=True, low=1, tunable=(1, 1000)),
        Choice("likelihood", "The noise model", default="student-T", choices=LIKELIHOODS),
        Integer("num_cells", "Cells of each layer", default=40, low=1, tunable=(30, 200)),
        Integer("num_layers", "Layers of the recurrent network", default=2, low=1, tunable=(1, 8)),
        Number("dropout_rate", "Dropout while it trains", default=0.1, low=0.0, below=1.0, tunable=(0.0, 0.2)),
        Integer("mini_batch_size", "Windows in a batch", default=128, low=1, tunable=(32, 1028)),
        Number("learning_rate", "Step of the optimizer", default=1e-3, above=0.0, tunable=(1e-5, 1e-1)),
        Integer("early_stopping_patience", "Epochs without a better loss after which it ends", low=1),
        Cardinality("cardinality", "How many values each category has", default="auto"),
        Integer("embedding_dimension", "Size of a category's embedding", default=10, low=1, tunable=(1, 50)),
        DynamicFeatures("num_dynamic_feat", "How many dynamic features the data has", default="auto"),
        Integer("num_eval_samples", "Sample paths for the test channel's scores", default=100, low=1),
        Quantiles(
            "test_quantiles", "Quantiles of the test channel's losses", numbers=True,
            default=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        ),
    ),
    channels=(
        Channel("train", "Time series to learn from", required=True, **_SERIES),
        Channel("test", "Time series whose last points are forecast for the scores", **_SERIES),
    ),
    metrics=(
        quality("train:final_loss", epoch=False),
        quality("train:loss", epoch=True),
        ("train:loss:batch", r"#quality_metric: host=\S+, epoch=\S+, batch=\S+, train loss <loss>=(\S+)"),
        quality("test:RMSE", epoch=False),
        quality("test:mean_wQuantileLoss", epoch=False),
        PROGRESS,
        THROUGHPUT,
    ),
    account=FAMILY_C,
    hosts=1,
    extra="torch",
    preloaded=False,
    family="forecasting",
)  # fmt: skip
check = ALGORITHM.check
