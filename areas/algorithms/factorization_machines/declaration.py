"""Factorization Machines: hyperparameters, channels and metrics.

Source: the developer guide's "Factorization Machines Hyperparameters" and "Tune a Factorization Machines Model".
"""

from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Integer, Number
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality


def _of_part(part: str, rate: float, decay: float, sigma: float, what: str) -> tuple:
    """The hyperparameters of the bias, the linear terms or the factors."""
    return (
        Number(f"{part}_lr", f"Learning rate of {what}", default=rate, low=0, tunable=(1e-8, 512)),
        Number(f"{part}_wd", f"Weight decay of {what}", default=decay, low=0, tunable=(1e-8, 512)),
        Choice(f"{part}_init_method", f"How {what} begin", default="normal", choices=("uniform", "normal", "constant"),
               tunable=("uniform", "normal", "constant")),
        Number(f"{part}_init_scale", f"Half the range in which {what} begin, if uniform", low=0, tunable=(1e-8, 512)),
        Number(f"{part}_init_sigma", f"Deviation with which {what} begin, if normal", default=sigma, low=0,
               tunable=(1e-8, 512)),
        Number(f"{part}_init_value", f"Value with which {what} begin, if constant", tunable=(1e-8, 512)),
    )  # fmt: skip


ALGORITHM = Algorithm(
    package="areas.algorithms.factorization_machines",
    repository="factorization-machines",
    title="Factorization Machines",
    about="Learns how pairs of features act together, where most features of a row are zero: clicks, recommendations.",
    family="classification and regression",
    parameters=(
        Integer("feature_dim", "How many features a row has", required=True, low=1),
        Integer("num_factors", "How many numbers stand for a feature", required=True, low=1),
        Choice("predictor_type", "Two classes, or numbers", required=True, choices=("binary_classifier", "regressor")),
        Integer("epochs", "How often the data is gone through", default=1, low=1, tunable=(1, 1000)),
        Integer("mini_batch_size", "Rows in a batch", default=1000, low=1, tunable=(100, 10000)),
        Number("clip_gradient", "Gradients are kept within plus and minus this", low=0),
        Number("eps", "Keeps the optimizer from dividing by zero", above=0),
        Number("rescale_grad", "Gradients are multiplied by this instead of 1 / mini_batch_size", above=0),
        *_of_part("bias", 0.1, 0.01, 0.01, "the bias"),
        *_of_part("linear", 0.001, 0.001, 0.01, "the linear terms"),
        *_of_part("factors", 0.0001, 0.00001, 0.001, "the factors"),
    ),
    channels=(
        Channel("train", "Rows with their labels, of float32", required=True, formats=("recordio",)),
        Channel("test", "Rows to measure on", formats=("recordio",)),
    ),
    metrics=(
        *(
            quality(f"{channel}:{name}", epoch=None if channel == "train" else False)
            for channel in ("train", "test")
            for name in ("rmse", "mse", "absolute_loss", "binary_classification_cross_entropy")
        ),
        *(
            quality(f"{channel}:{name}", "score", pattern=pattern, epoch=None if channel == "train" else False)
            for channel in ("train", "test")
            for name, pattern in (("binary_classification_accuracy", ""), ("binary_f_beta", r"binary_f_\S+"))
        ),
        PROGRESS, THROUGHPUT,
    ),
)  # fmt: skip
check = ALGORITHM.check
