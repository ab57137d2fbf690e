"""The images this area plays. Importing it costs nothing: the code behind an image is named, not imported."""

from importlib import import_module

from areas.algorithms.jumpstart.models import RECIPES
from areas.algorithms.xgboost.declaration import ALGORITHM as XGBOOST
from areas.images import Image

# Packages of the algorithms on the frame (areas/algorithms/frame): each declares itself in its declaration.py.
BUILT_IN = (
    "blazingtext",
    "deepar", "ntm", "object2vec", "seq2seq", "image_classification", "semantic_segmentation", "object_detection",
    "linear_learner", "kmeans", "pca", "knn", "random_cut_forest", "lda", "factorization_machines",
    "ip_insights",
)  # fmt: skip

_DEEP_LEARNING = "763104351884"
_TABULAR = {"extra": "tabular", "account": _DEEP_LEARNING}
_TORCH = {"extra": "torch", "account": _DEEP_LEARNING}

_XGBOOST = {
    "train": "areas.algorithms.xgboost.train:main",
    "serve": "areas.algorithms.xgboost.serve:main",
    "check": "areas.algorithms.xgboost.hyperparameters:check",
    "declaration": "areas.algorithms.xgboost.declaration:ALGORITHM",
    "metrics": XGBOOST.metrics,
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


__all__ = ["IMAGES", "RECIPES"]

IMAGES = [
    Image(
        repository=XGBOOST.repository,
        title=XGBOOST.title,
        versions=XGBOOST.versions,
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
