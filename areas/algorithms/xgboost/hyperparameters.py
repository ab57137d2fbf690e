"""The hyperparameters of SageMaker's XGBoost: names, types and ranges. Standard library only.

Source: the developer guide's "XGBoost hyperparameters" and the error texts that the image is known to give.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass

from areas.algorithms.container import UserError
from areas.algorithms.formats.types import CONTENT_TYPES, content_type

OBJECTIVES = (
    "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax", "multi:softprob",
    "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear", "reg:squarederror", "reg:logistic", "reg:gamma",
    "reg:absoluteerror", "reg:pseudohubererror", "reg:squaredlogerror", "reg:tweedie", "survival:aft", "survival:cox",
)  # fmt: skip
NATIVE_METRICS = (
    "auc", "aucpr", "error", "logloss", "merror", "mlogloss", "mae", "map", "mape", "mphe", "ndcg", "rmse", "rmsle",
    "gamma-deviance", "gamma-nloglik", "poisson-nloglik", "tweedie-nloglik", "aft-nloglik", "cox-nloglik",
    "interval-regression-accuracy",
)  # fmt: skip
CUSTOM_METRICS = (
    "accuracy", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "mse", "precision", "precision_macro",
    "precision_micro", "r2", "recall", "recall_macro", "recall_micro",
)  # fmt: skip
MAXIMIZED = frozenset(CUSTOM_METRICS) - {"mse"} | {"auc", "aucpr", "map", "ndcg", "interval-regression-accuracy"}
WITH_THRESHOLD = ("error", "ndcg", "map", "tweedie-nloglik")
UPDATERS = (
    "grow_colmaker", "distcol", "grow_histmaker", "grow_local_histmaker", "grow_skmaker", "sync", "refresh", "prune",
    "grow_quantile_histmaker", "shotgun", "coord_descent",
)  # fmt: skip
# Accepted as AWS accepts them, but today's XGBoost has no use for them.
WITHOUT_EFFECT = (
    "sketch_eps", "dsplit", "predictor", "deterministic_histogram", "prob_buffer_row", "use_dask_gpu_training",
)  # fmt: skip


@dataclass(frozen=True)
class Number:
    """A number within bounds; ``open_low`` and ``open_high`` exclude the bound itself."""

    kind: type
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False

    def __call__(self, text: str) -> int | float:
        value = self.kind(text)
        low = self.low is None or (value > self.low if self.open_low else value >= self.low)
        high = self.high is None or (value < self.high if self.open_high else value <= self.high)
        if not (low and high):
            raise IndexError(f"{value} is not in {self}")
        return value

    def __str__(self):
        low = "-inf" if self.low is None else self.low
        high = "+inf" if self.high is None else self.high
        closing = ")" if self.open_high or self.high is None else "]"
        return f"the range {'(' if self.open_low or self.low is None else '['}{low}, {high}{closing}"


def choice(*values: str) -> Callable:
    def parse(text: str) -> str:
        if text not in values:
            raise IndexError(f"{text} is not one of {', '.join(values)}")
        return text

    return parse


def _list(text: str, allowed: Callable[[str], bool], values: tuple[str, ...]) -> list[str]:
    found = [value.strip() for value in text.split(",") if value.strip()]
    for value in found:
        if not allowed(value):
            raise IndexError(f"{value} is not one of {', '.join(values)}")
    return found


def updaters(text: str) -> list[str]:
    return _list(text, UPDATERS.__contains__, UPDATERS)


def eval_metrics(text: str) -> list[str]:
    """``rmse,error@0.7`` → ["rmse", "error@0.7"]."""

    def allowed(metric: str) -> bool:
        name, at, threshold = metric.partition("@")
        if not at:
            return name in NATIVE_METRICS or name in CUSTOM_METRICS
        if name not in WITH_THRESHOLD:
            raise UserError(
                f"Metric '{metric}' is not supported. Parameter 'eval_metric' with customized threshold should be one "
                f"of these options: {', '.join(repr(name) for name in WITH_THRESHOLD)}."
            )
        try:
            float(threshold.removesuffix("-"))
        except ValueError:
            raise UserError(f"Threshold value 't' in '{name}@t' expects float input.") from None
        return True

    return _list(text, allowed, NATIVE_METRICS + CUSTOM_METRICS)


def monotone_constraints(text: str) -> str:
    value = ast.literal_eval(text)
    value = value if isinstance(value, tuple | list) else (value,)
    if any(item not in (-1, 0, 1) for item in value):
        raise IndexError(f"{text} is not a tuple of -1, 0 and 1")
    return "(" + ",".join(str(item) for item in value) + ")"


def interaction_constraints(text: str) -> str:
    value = ast.literal_eval(text)
    if not isinstance(value, list) or not all(isinstance(group, list) for group in value):
        raise ValueError(text)
    if any(type(item) is not int or item < 0 for group in value for item in group):
        raise IndexError(f"{text} is not a list of lists of column numbers")
    return str(value)


_whole = Number(int, 0)
_positive = Number(int, 1)
_flag = Number(int, 0, 1)
_share = Number(float, 0, 1)
_some = Number(float, 0, 1, open_low=True)
_weight = Number(float, 0)

HYPERPARAMETERS: dict[str, Callable] = {
    "num_round": _positive,
    "num_class": Number(int, 2),
    "csv_weights": _flag,
    "early_stopping_rounds": _positive,
    "booster": choice("gbtree", "gblinear", "dart"),
    "verbosity": Number(int, 0, 3),
    "nthread": _positive,
    "eta": _share,
    "gamma": _weight,
    "max_depth": _whole,
    "min_child_weight": _weight,
    "max_delta_step": _weight,
    "subsample": _some,
    "colsample_bytree": _some,
    "colsample_bylevel": _some,
    "colsample_bynode": _some,
    "lambda": _weight,
    "alpha": _weight,
    "tree_method": choice("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": Number(float, 0, 1, open_low=True, open_high=True),
    "scale_pos_weight": Number(float, 0, open_low=True),
    "updater": updaters,
    "dsplit": choice("row", "col"),
    "refresh_leaf": _flag,
    "process_type": choice("default", "update"),
    "grow_policy": choice("depthwise", "lossguide"),
    "max_leaves": _whole,
    "max_bin": Number(int, 2),
    "predictor": choice("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": monotone_constraints,
    "interaction_constraints": interaction_constraints,
    "sample_type": choice("uniform", "weighted"),
    "normalize_type": choice("tree", "forest"),
    "rate_drop": _share,
    "one_drop": _flag,
    "skip_drop": _share,
    "lambda_bias": _share,
    "tweedie_variance_power": Number(float, 1, 2, open_low=True, open_high=True),
    "objective": choice(*OBJECTIVES),
    "base_score": _weight,
    "eval_metric": eval_metrics,
    "seed": Number(int, -(2**31), 2**31 - 1, open_low=True, open_high=True),
    "num_parallel_tree": _positive,
    "deterministic_histogram": choice("true", "false"),
    "sampling_method": choice("uniform", "gradient_based"),
    "prob_buffer_row": Number(float, 0, open_low=True),
    "aft_loss_distribution": choice("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": Number(float, 0, open_low=True),
    "save_model_on_termination": choice("true", "false"),
    "_kfold": Number(int, 2),
    "_num_cv_round": _positive,
    "_tuning_objective_metric": str,
    "use_dask_gpu_training": choice("true", "false"),
}


def parse(hyperparameters: dict[str, str]) -> dict:
    """The job's hyperparameters as numbers, lists and words; raises UserError in the algorithm's own words."""
    parsed = {}
    for name, text in hyperparameters.items():
        if name not in HYPERPARAMETERS:
            raise UserError(f"Extraneous hyperparameter found: {name}")
        try:
            parsed[name] = HYPERPARAMETERS[name](_unquoted(text))
        except UserError:
            raise
        except IndexError as error:
            raise UserError(f"Hyperparameter {name}: {error}") from None
        except (ValueError, SyntaxError, TypeError):
            raise UserError(f"Hyperparameter {name}: could not parse value {text!r}") from None
    if "num_round" not in parsed:
        raise UserError("Missing required hyperparameter: num_round")
    _check_together(parsed)
    return parsed


def check(hyperparameters: dict[str, str], channels: dict[str, dict]) -> None:
    """Raise UserError (a ValueError) if the algorithm can't run with these.

    Args:
        hyperparameters: as in ``hyperparameters.json``, all strings.
        channels: as in ``inputdataconfig.json``: {name: {"ContentType": …, "TrainingInputMode": …}}.
    """
    if is_script(hyperparameters, channels):
        return
    parse(hyperparameters)
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    for name in channels:
        if name not in ("train", "validation"):
            raise UserError(f"Extraneous channel found: {name}")
    kinds = {name: content_type(channels[name].get("ContentType")) for name in channels}
    for name, (kind, parameters) in kinds.items():
        given = channels[name].get("ContentType")
        if not kind:
            raise UserError(f"{given} is not an accepted ContentType: {', '.join(CONTENT_TYPES)}.")
        if kind == "csv" and parameters.get("label_size", "1") != "1":
            raise UserError(
                f"{given} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
            )
        if channels[name].get("TrainingInputMode") == "Pipe" and kind in ("libsvm", "parquet"):
            raise UserError(f"Pipe mode not supported for {'LibSVM' if kind == 'libsvm' else 'Parquet'}.")


def is_script(hyperparameters: dict[str, str], channels: dict[str, dict]) -> bool:
    """Whether the job brings its own script, so that the image only lends its libraries."""
    return "sagemaker_program" in hyperparameters or "code" in channels


def _unquoted(text: str) -> str:
    """SDKs may send ``"binary:logistic"`` in JSON's quotes."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _check_together(given: dict) -> None:
    objective = given.get("objective", "reg:squarederror")
    if objective.startswith("multi:") and "num_class" not in given:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    if "num_class" in given and not objective.startswith("multi:"):
        raise UserError("Do not need to setup parameter 'num_class' for learning task other than multi-classification.")
    metrics = given.get("eval_metric", [])
    if "auc" in metrics and not objective.startswith(("binary:", "rank:", "multi:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")
    method = given.get("tree_method")
    if "monotone_constraints" in given and method not in ("exact", "hist"):
        raise UserError(
            "monotone_constraints can be used only when the tree_method parameter is set to either 'exact' or 'hist'."
        )
    if "interaction_constraints" in given and method not in ("exact", "hist", "approx"):
        raise UserError(
            "interaction_constraints can be used only when the tree_method parameter is set to either 'exact', 'hist' "
            "or 'approx'."
        )
    if method == "gpu_hist":
        raise UserError("Hyperparameter tree_method: gpu_hist needs a GPU, and this engine runs XGBoost on CPUs.")
    _check_updaters(given)


def _check_updaters(given: dict) -> None:
    chosen = given.get("updater", [])
    linear = ("shotgun", "coord_descent")
    if given.get("booster") == "gblinear":
        if chosen and (len(chosen) != 1 or chosen[0] not in linear):
            raise UserError("Linear updater should be one of these options: 'shotgun', 'coord_descent'.")
    elif given.get("process_type") == "update":
        if any(name not in ("refresh", "prune") for name in chosen):
            raise UserError("process_type 'update' can only be used with updater 'refresh' and 'prune'")
    elif any(name in linear for name in chosen):
        raise UserError("Updaters 'shotgun' and 'coord_descent' can only be used with booster 'gblinear'.")
    elif sum(name.startswith(("grow_", "distcol")) for name in chosen) > 1:
        raise UserError("Only one tree grow plugin can be selected.")
