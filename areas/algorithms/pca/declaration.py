"""PCA: its hyperparameters and channels. Source: the developer guide's "PCA Hyperparameters"."""

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT


def _together(given: dict) -> None:
    if given["num_components"] > given["feature_dim"]:
        raise UserError(f"num_components is {given['num_components']}, but feature_dim is only {given['feature_dim']}")


ALGORITHM = Algorithm(
    package="areas.algorithms.pca",
    repository="pca",
    title="PCA",
    about="Describes rows by a few components that keep as much of their variance as possible.",
    family="dimension reduction",
    parameters=(
        Integer("feature_dim", "How many features a row has", required=True, low=1),
        Integer("mini_batch_size", "Rows in a batch", required=True, low=1),
        Integer("num_components", "How many components to keep", required=True, low=1),
        Choice("algorithm_mode", "Exact, or by a random projection for many features", default="regular",
               choices=("regular", "randomized")),
        Integer("extra_components", "Further directions while projecting (-1: as many as components, at least 10)",
                default=-1, low=-1),
        Flag("subtract_mean", "Whether the mean is taken off first", default=True),
    ),
    channels=(
        Channel("train", "The rows to describe", required=True, labels="ignored"),
        Channel("test", "Rows to measure on", labels="ignored"),
    ),
    metrics=(PROGRESS, THROUGHPUT),
    together=_together,
)  # fmt: skip
check = ALGORITHM.check
