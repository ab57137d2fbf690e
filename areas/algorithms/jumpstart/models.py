"""The ids of JumpStart that work here, and what stands behind each. Standard library only."""

from dataclasses import dataclass
from importlib import import_module

from areas.algorithms.frame.hyperparameters import Hyperparameter

VERSIONS = ("1.0.0", "2.0.0")  # all the same: scripts may ask for "1.*" or "2.*", most for "*"
_NUMBER = r"([0-9\.]+)"


@dataclass(frozen=True)
class Model:
    """One id. ``algorithm`` is a module of ``areas.algorithms.tabular``; the images run its scripts."""

    id: str
    title: str
    algorithm: str
    problem: str  # "classification" or "regression"
    training: str  # repository of areas.images
    inference: str
    metrics: tuple[tuple[str, str], ...] = ()

    @property
    def parameters(self) -> tuple[Hyperparameter, ...]:
        return import_module(f"areas.algorithms.tabular.{self.algorithm}").PARAMETERS

    def key(self, scope: str, version: str) -> str:
        """Of the source archive for "training" or "inference", in the bucket."""
        step = "transfer_learning" if scope == "training" else "inference"
        return f"source-directory-tarballs/{self.algorithm}/{step}/{self.problem}/v{version}/sourcedir.tar.gz"

    @property
    def artifact(self) -> str:
        """Key of what the channel ``model`` gets: nothing is learned beforehand, so it only says so."""
        return f"{self.algorithm}-training/train-{self.id}.tar.gz"


def _lightgbm(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, rf"{name}: {_NUMBER}") for name in names)


def _catboost(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, rf"bestTest = {_NUMBER}") for name in names)


_SCRIPTS = {"training": "sagemaker-scikit-learn", "inference": "sagemaker-scikit-learn"}
_TABULAR = {"training": "autogluon-training", "inference": "autogluon-inference"}
_TORCH = {"training": "pytorch-training", "inference": "pytorch-inference"}

MODELS = (
    Model("lightgbm-classification-model", "LightGBM Classification", "lightgbm", "classification", **_SCRIPTS,
          metrics=_lightgbm("auc", "binary_logloss", "binary_error", "average_precision", "multi_logloss", "multi_error",
                            "auc_mu")),
    Model("lightgbm-regression-model", "LightGBM Regression", "lightgbm", "regression", **_SCRIPTS,
          metrics=_lightgbm("rmse", "l1", "l2", "huber", "fair", "quantile", "mape", "poisson", "gamma", "tweedie")),
    Model("catboost-classification-model", "CatBoost Classification", "catboost", "classification", **_TABULAR,
          metrics=_catboost("AUC", "Accuracy", "BalancedAccuracy", "F1", "Logloss", "MCC", "MultiClass", "Precision", "Recall")),
    Model("catboost-regression-model", "CatBoost Regression", "catboost", "regression", **_TABULAR,
          metrics=_catboost("RMSE", "MAE", "MedianAbsoluteError", "R2")),
    Model("autogluon-classification-ensemble", "AutoGluon-Tabular Classification", "autogluon", "classification", **_TABULAR),
    Model("autogluon-regression-ensemble", "AutoGluon-Tabular Regression", "autogluon", "regression", **_TABULAR),
)  # fmt: skip


def find(name: str) -> Model | None:
    return next((model for model in MODELS if model.id == name), None)
