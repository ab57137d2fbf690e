"""Linear Learner: hyperparameters, channels and metrics.

Source: the developer guide's "Linear Learner Hyperparameters", "Tune a Linear Learner Model", and captured job descriptions.
"""

from areas.algorithms.container import UserError
from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer, Number, Text
from areas.algorithms.frame.log import PROGRESS, THROUGHPUT, quality

REGRESSION = (
    "squared_loss", "absolute_loss", "eps_insensitive_squared_loss", "eps_insensitive_absolute_loss", "quantile_loss",
    "huber_loss",
)  # fmt: skip
LOSSES = {
    "binary_classifier": ("logistic", "hinge_loss"),
    "multiclass_classifier": ("softmax_loss",),
    "regressor": REGRESSION,
}
CRITERIA = (
    "accuracy", "f_beta", "precision_at_target_recall", "recall_at_target_precision", "loss_function",
)  # fmt: skip


class _Weight(Number):
    """A number, or ``balanced``."""

    def _parse(self, text: str):
        return text if text == "balanced" else super()._parse(text)

    def _expects(self) -> str:
        return f"{super()._expects()}, or balanced"


def _together(given: dict) -> None:
    kind = given["predictor_type"]
    if kind == "multiclass_classifier" and given["num_classes"] is None:
        raise UserError("'num_classes' is a required property where predictor_type is multiclass_classifier")
    if kind != "multiclass_classifier" and given["num_classes"] not in (None, 1, 2):
        raise UserError(f"num_classes can be given only where predictor_type is multiclass_classifier, not {kind}")
    if given["loss"] != "auto" and given["loss"] not in LOSSES[kind]:
        raise UserError(
            f"The loss of a {kind} must be one of auto, {', '.join(LOSSES[kind])}: {given['loss']!r} is not valid under "
            f"any of the given schemas"
        )


def _score(name: str, pattern: str = "") -> tuple:
    return tuple(
        quality(f"{channel}:{name}", "score", pattern=pattern, epoch=False)
        for channel in ("train", "validation", "test")
    )


def _loss(name: str) -> tuple:
    return tuple(quality(f"{channel}:{name}", epoch=False) for channel in ("train", "validation", "test"))


METRICS = (
    quality("train:objective_loss", pattern=r"\S+_objective", epoch=True),
    quality("validation:objective_loss", pattern=r"\S+_objective", epoch=True),
    quality("test:objective_loss", pattern=r"\S+_objective", epoch=False),
    ("train:objective_loss:final", r"#quality_metric: host=\S+, train \S+_objective <loss>=(\S+)"),
    ("validation:objective_loss:final", r"#quality_metric: host=\S+, validation \S+_objective <loss>=(\S+)"),
    *_loss("absolute_loss"), *_loss("mse"), *_loss("rmse"),
    *_score("binary_classification_accuracy"), *_score("binary_f_beta", r"binary_f_\S+"), *_score("precision"),
    *_score("recall"), *_score("roc_auc_score"),
    *_score("multiclass_accuracy"), *_score("multiclass_top_k_accuracy", r"multiclass_top_k_accuracy_\S+"),
    *_score("macro_f_beta", r"macro_f_\S+"), *_score("macro_precision"), *_score("macro_recall"), *_score("dcg"),
    PROGRESS, THROUGHPUT,
)  # fmt: skip

ALGORITHM = Algorithm(
    package="areas.algorithms.linear_learner",
    repository="linear-learner",
    title="Linear Learner",
    about="Classifies or predicts numbers by a weighted sum of the features, the best of many models trained at once.",
    family="classification and regression",
    parameters=(
        Choice("predictor_type", "Two classes, more, or numbers", required=True, choices=tuple(LOSSES)),
        Integer("num_classes", "How many classes there are", low=1, high=1000000),
        Integer("feature_dim", "How many features a row has", auto=True, low=1),
        Integer("mini_batch_size", "Rows in a batch", default=1000, low=1, tunable=(100, 5000)),
        Integer("epochs", "The most times that the data is gone through", default=15, low=1),
        Choice("loss", "What training makes small", auto=True,
               choices=("logistic", "hinge_loss", *REGRESSION, "softmax_loss")),
        Number("l1", "L1 regularization", auto=True, low=0, tunable=(1e-7, 1)),
        Number("wd", "L2 regularization (weight decay)", auto=True, low=0, tunable=(1e-7, 1)),
        Number("learning_rate", "How far a step goes", auto=True, above=0, tunable=(1e-5, 1)),
        Choice("optimizer", "How steps are made", auto=True, choices=("sgd", "adam", "rmsprop")),
        Number("momentum", "Momentum of sgd", auto=True, low=0, below=1),
        Number("beta_1", "First moment of adam", auto=True, low=0, below=1),
        Number("beta_2", "Second moment of adam", auto=True, low=0, below=1),
        Number("bias_lr_mult", "The bias's learning rate over that of the weights", auto=True, above=0, tunable=(1e-5, 10)),
        Number("bias_wd_mult", "The bias's regularization over that of the weights", auto=True, low=0,
               tunable=(1e-5, 10)),
        Integer("num_models", "How many models are trained at once, of which the best is kept", auto=True, low=1),
        Flag("use_bias", "Whether there is a bias", default=True),
        Flag("normalize_data", "Whether features are scaled to a deviation of 1", default=True),
        Flag("normalize_label", "Whether a regressor's labels are scaled", auto=True),
        Flag("unbias_data", "Whether the features' mean is taken off", auto=True),
        Flag("unbias_label", "Whether the labels' mean is taken off", auto=True),
        Integer("num_point_for_scaler", "Rows that scales are read from", default=10000, low=1),
        Integer("num_calibration_samples", "Rows that the threshold is chosen by", default=10000000, low=1),
        _Weight("positive_example_weight_mult", "How much a positive row counts", default=1.0, above=0, tunable=(1e-5, 1e5)),
        Flag("balance_multiclass_weights", "Whether all classes count the same", default=False),
        Choice("binary_classifier_model_selection_criteria", "What the best model, and its threshold, is best at",
               default="accuracy", choices=CRITERIA),
        Number("target_recall", "For precision_at_target_recall", default=0.8, above=0, below=1),
        Number("target_precision", "For recall_at_target_precision", default=0.8, above=0, below=1),
        Number("f_beta", "The beta of F scores", default=1.0, above=0),
        Integer("accuracy_top_k", "The k of top-k accuracy", default=3, low=1),
        Integer("early_stopping_patience", "Epochs without a better loss that end training", default=3, low=1),
        Number("early_stopping_tolerance", "What counts as better, relatively", default=0.001, above=0),
        Choice("init_method", "How weights begin", default="uniform", choices=("uniform", "normal")),
        Number("init_scale", "Half the range in which they begin, if uniform", default=0.07, above=0),
        Number("init_sigma", "Deviation with which they begin, if normal", default=0.01, above=0),
        Number("init_bias", "What the bias begins with", default=0.0),
        Flag("use_lr_scheduler", "Whether the learning rate falls", default=True),
        Integer("lr_scheduler_step", "Steps between its falls", auto=True, low=1),
        Number("lr_scheduler_factor", "What it falls to each time", auto=True, above=0, below=1),
        Number("lr_scheduler_minimum_lr", "Where it stays", auto=True, low=0),
        Number("margin", "Margin of hinge_loss", default=1.0, low=0),
        Number("quantile", "Quantile of quantile_loss", default=0.5, above=0, below=1),
        Number("loss_insensitivity", "Errors below it cost nothing, in eps_insensitive losses", default=0.01, above=0),
        Number("huber_delta", "Errors above it cost linearly, in huber_loss", default=1.0, low=0),
        Text("save_interval", "For AWS's own containers", effective=False),
    ),
    channels=(
        Channel("train", "Rows with their labels", required=True),
        Channel("validation", "Rows that the best model is chosen by"),
        Channel("test", "Rows to measure on"),
    ),
    metrics=METRICS,
    together=_together,
)  # fmt: skip
check = ALGORITHM.check
