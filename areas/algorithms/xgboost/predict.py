"""A trained XGBoost model, or several as one: loading, reading requests, predicting."""

import json
import os
import re
from pathlib import Path

from areas.algorithms.container import UserError
from areas.algorithms.formats import delimited, libsvm, parquet, recordio
from areas.algorithms.formats.types import content_type

SMALL = 16  # lines up to which numpy reads CSV faster than the C parser starts


class NotReadable(Exception):
    """The request's body or content type can't be read; the message is for the caller."""


class NotPredictable(Exception):
    """The request was read, but the model can't predict from it."""


def load(folder: Path) -> "Model":
    """All model files of a folder as one model; UserError if there is none or one can't be loaded."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise UserError(f"No model file in {folder}.")
    ensemble = os.environ.get("SAGEMAKER_INFERENCE_ENSEMBLE", "true").lower() == "true"
    return Model([_load_file(path) for path in (files if ensemble else files[:1])])


class Model:
    """Boosters that predict as one: their mean, or their vote where they answer with classes."""

    def __init__(self, boosters: list):
        self.boosters = boosters
        for booster in boosters:
            booster.set_param({"nthread": 1})
        config = json.loads(boosters[0].save_config())["learner"]
        self.objective = config["objective"]["name"]
        self.classes = int(config["learner_model_param"]["num_class"])
        self.features = boosters[0].num_features()
        self.linear = config["gradient_booster"]["name"] == "gblinear"
        self.votes = self.objective in ("multi:softmax", "binary:hinge")

    def predict(self, body: bytes, content: str):
        """Predictions for a request: (rows,), or (rows, classes) for multi:softprob. Safe to call from many threads.

        Raises NotReadable (status 415) or NotPredictable (400).
        """
        kind, _ = content_type(content, default="csv")
        if not kind:
            raise NotReadable(
                f"Content-type {content} not supported. Supported content-type is text/csv, text/libsvm, "
                "application/x-parquet, application/x-recordio-protobuf"
            )
        try:
            rows = read(body, kind)
        except UserError as error:
            raise NotReadable(
                f"Loading {kind} data failed with Exception, please ensure data is in {kind} format: {error}"
            ) from error
        if hasattr(rows, "indptr") and rows.shape[1] < self.features:
            rows.resize((rows.shape[0], self.features))
        if rows.shape[1] != self.features:
            raise NotPredictable(
                f"Unable to evaluate payload provided: Feature size of {kind} inference data {rows.shape[1]} is not "
                f"consistent with feature size of trained model {self.features}."
            )
        return self.combined([self._by(booster, rows) for booster in self.boosters])

    def combined(self, answers: list):
        import numpy as np

        if len(answers) == 1:
            return answers[0]
        if self.votes:
            stacked = np.stack(answers).astype(np.int64)
            counts = np.apply_along_axis(np.bincount, 0, stacked, minlength=stacked.max() + 1)
            return counts.argmax(axis=0).astype(np.float32)
        return np.mean(answers, axis=0, dtype=np.float32)

    def _by(self, booster, rows):
        import xgboost

        best = booster.attr("best_iteration")
        span = (0, int(best) + 1) if best else (0, 0)
        try:
            if self.linear:
                return booster.predict(xgboost.DMatrix(rows, nthread=1))
            return booster.inplace_predict(rows, iteration_range=span, validate_features=False)
        except (ValueError, xgboost.core.XGBoostError) as error:
            words = str(error).partition("Stack trace:")[0].strip()
            raise NotPredictable(f"Unable to evaluate payload provided: {words}") from error


def read(body: bytes, kind: str):
    """A request's rows: a float32 array (rows, features), or a CSR matrix for sparse formats. Raises UserError."""
    if kind == "csv":
        return _read_csv(body)
    if kind == "libsvm":
        return libsvm.read_bytes(body, labeled=False).features
    if kind == "parquet":
        return parquet.read(body, "the request")
    return recordio.read_bytes(body, labeled=False).features


def _read_csv(body: bytes):
    import numpy as np

    lines = body.strip().split(b"\n") if body.count(b"\n") <= SMALL else ()
    if lines:
        try:
            return np.array([line.split(b",") for line in lines], dtype=np.float32)
        except ValueError:
            pass  # an empty field, another delimiter, or not numbers: the parser below knows
    return delimited.read_bytes(body)


def _load_file(path: Path):
    import pickle

    import xgboost

    data = path.read_bytes()
    try:
        if data[:1] == b"\x80":  # a pickle, as images before 1.3-1 wrote it: runs in the model's own sandbox
            booster = pickle.loads(data)  # noqa: S301
            return booster if isinstance(booster, xgboost.Booster) else booster.get_booster()
        return xgboost.Booster(model_file=bytearray(data))
    except Exception as error:
        words = (
            re.sub(r"^\[[\d:]+\] \S+:\d+: ", "", str(error).partition("Stack trace:")[0].strip())
            or type(error).__name__
        )
        raise UserError(f"Model {path} cannot be loaded: {' '.join(words.split())}") from error
