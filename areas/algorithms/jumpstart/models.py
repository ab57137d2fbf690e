"""The ids of JumpStart that work here, and what stands behind each. Standard library only."""

from dataclasses import dataclass
from importlib import import_module

from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Hyperparameter
from areas.images import Recipe

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


def _tabtransformer(**names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, rf"metrics=\{{'{word}': (\S+)\}}") for name, word in names.items())


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
    Model("pytorch-tabtransformerclassification-model", "TabTransformer Classification", "tabtransformer", "classification",
          **_TORCH, metrics=_tabtransformer(f1_score="f1", accuracy_score="accuracy")),
    Model("pytorch-tabtransformerregression-model", "TabTransformer Regression", "tabtransformer", "regression", **_TORCH,
          metrics=_tabtransformer(r2="r2")),
)  # fmt: skip


ABOUT = {
    "lightgbm": "Boosted trees that grow leaf by leaf: quick on large tables, categories as they are.",
    "catboost": "Boosted trees with a way of their own for categories: good with little tuning.",
    "autogluon": "Several kinds of models and their ensemble, trained and chosen by themselves.",
    "tabtransformer": "Attention over the categories of a table, for tables with many of them.",
}
CHANNELS = (
    Channel("training", "CSV files, label first, no header; a categorical_index.json names columns that are categories",
            required=True, formats=("csv",), default="csv", modes=("File", "FastFile")),
    Channel("validation", "Rows to measure on; without it 20 % of the training rows are held out", formats=("csv",), default="csv",
            modes=("File", "FastFile")),
)  # fmt: skip


def declared(model: Model) -> Algorithm:
    """The id as the frame declares algorithms: for forms, the tuner and the gallery."""
    return Algorithm(
        package="areas.algorithms.tabular", repository=model.training, title=model.title, about=ABOUT[model.algorithm],
        parameters=model.parameters, channels=CHANNELS, metrics=model.metrics, hosts=1, family=f"{model.problem} on tables",
    )  # fmt: skip


ALGORITHMS = {model.id: declared(model) for model in MODELS}


def recipe(model: Model) -> Recipe:
    where = "s3://jumpstart-cache-prod-{region}/"
    return Recipe(
        name=model.id, title=model.title, training=model.training, inference=model.inference,
        declaration=f"{__name__}:ALGORITHMS", source=where + model.key("training", VERSIONS[-1]), model=where + model.artifact,
        serving_source=where + model.key("inference", VERSIONS[-1]),
    )  # fmt: skip


RECIPES = [recipe(model) for model in MODELS]
