"""The images this area plays. Importing it costs nothing: the code behind an image is named, not imported."""

from importlib import import_module

from areas.images import Image

# Packages of the algorithms on the frame (areas/algorithms/frame): each declares itself in its declaration.py.
BUILT_IN = (
    "blazingtext",
    "deepar", "ntm", "object2vec",
    "linear_learner", "kmeans", "pca", "knn", "random_cut_forest", "lda", "factorization_machines",
    "ip_insights",
)  # fmt: skip

_DEEP_LEARNING = "763104351884"
_TABULAR = {"extra": "tabular", "account": _DEEP_LEARNING}
_TORCH = {"extra": "torch", "account": _DEEP_LEARNING}

XGBOOST_METRICS = (
    "accuracy", "auc", "aucpr", "balanced_accuracy", "error", "f1", "f1_binary", "f1_macro", "gamma-deviance",
    "gamma-nloglik", "logloss", "mae", "map", "mape", "merror", "mlogloss", "mse", "ndcg", "poisson-nloglik",
    "precision", "precision_macro", "precision_micro", "r2", "recall", "recall_macro", "recall_micro", "rmse", "rmsle",
    "tweedie-nloglik", "aft-nloglik", "cox-nloglik", "interval-regression-accuracy", "mphe",
)  # fmt: skip


def _definitions() -> tuple[tuple[str, str], ...]:
    """The image's metric definitions; a parameter such as the 1.5 of ``tweedie-nloglik@1.5`` is part of the line."""
    number = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
    return tuple(
        (f"{channel}:{metric}", rf".*\[[0-9]+\].*#011{channel}-{metric}(?:@[^:#]*)?:{number}.*")
        for channel in ("train", "validation")
        for metric in XGBOOST_METRICS
    )


_XGBOOST = {
    "train": "areas.algorithms.xgboost.train:main",
    "serve": "areas.algorithms.xgboost.serve:main",
    "check": "areas.algorithms.xgboost.hyperparameters:check",
    "metrics": _definitions(),
    "preloaded": True,
    "builtin": True,
}
_SCRIPT = "areas.algorithms.script"


def _built_in(name: str) -> Image:
    declaration = f"areas.algorithms.{name}.declaration"
    algorithm = import_module(declaration).ALGORITHM
    return Image(
        repository=algorithm.repository,
        title=algorithm.title,
        versions=algorithm.versions,
        account=algorithm.account,
        train=f"{algorithm.package}.train:main",
        serve=f"{algorithm.package}.serve:main",
        check=f"{declaration}:check",
        declaration=f"{declaration}:ALGORITHM",
        metrics=algorithm.metrics,
        extra=algorithm.extra,
        preloaded=algorithm.preloaded and not algorithm.extra,
        builtin=True,
    )


IMAGES = [
    Image(
        repository="sagemaker-xgboost",
        title="XGBoost",
        versions=("3.0-5", "1.7-1", "1.5-1", "1.3-1", "1.2-2", "1.2-1", "1.0-1", "0.90-2", "0.90-1"),
        **_XGBOOST,
    ),
    Image(
        repository="xgboost",
        title="XGBoost (first version)",
        versions=("1", "latest"),
        account="811284229777",
        **_XGBOOST,
    ),
    Image(
        repository="sagemaker-scikit-learn",
        title="scikit-learn",
        versions=("1.4-2", "1.2-1", "1.0-1", "0.23-1", "0.20.0"),
        train=f"{_SCRIPT}.train:main",
        serve=f"{_SCRIPT}.serve:scikit_learn",
    ),
    Image(
        repository="pytorch-training",
        title="PyTorch training",
        versions=("2.6.0-cpu-py312", "2.5.1-cpu-py311", "2.3.0-cpu-py311", "2.1.0-cpu-py310", "2.0.1-cpu-py310"),
        train=f"{_SCRIPT}.train:main",
        **_TORCH,
    ),
    Image(
        repository="pytorch-inference",
        title="PyTorch inference",
        versions=("2.6.0-cpu-py312", "2.5.1-cpu-py311", "2.3.0-cpu-py311", "2.1.0-cpu-py310", "2.0.1-cpu-py310"),
        serve=f"{_SCRIPT}.serve:pytorch",
        **_TORCH,
    ),
    Image(
        repository="autogluon-training",
        title="AutoGluon training",
        versions=("1.3.0-cpu-py311", "1.2.0-cpu-py311", "1.1.1-cpu-py311", "1.0.0-cpu-py310"),
        train=f"{_SCRIPT}.train:main",
        **_TABULAR,
    ),
    Image(
        repository="autogluon-inference",
        title="AutoGluon inference",
        versions=("1.3.0-cpu-py311", "1.2.0-cpu-py311", "1.1.1-cpu-py311", "1.0.0-cpu-py310"),
        serve=f"{_SCRIPT}.serve:main",
        **_TABULAR,
    ),
    *map(_built_in, BUILT_IN),
]
