"""LightGBM for tables. Source: the developer guide's "LightGBM hyperparameters"."""

from pathlib import Path

from areas.algorithms.container import Container, UserError, cpu_count
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer, Number
from areas.algorithms.tabular.tables import Rows, Schema

FILE = "model.pkl"
METRICS = {
    "regression": (
        "rmse",
        "l1",
        "l2",
        "huber",
        "fair",
        "poisson",
        "quantile",
        "mape",
        "gamma",
        "gamma_deviance",
        "tweedie",
    ),
    "binary": ("binary_logloss", "binary_error", "auc", "average_precision"),
    "multiclass": ("multi_logloss", "multi_error", "auc_mu"),
}
NAMES = tuple(name for names in METRICS.values() for name in names)

PARAMETERS = (
    Integer("num_boost_round", "Trees at most", 100, low=1),
    Integer("early_stopping_rounds", "Rounds without gain on the validation data before stopping", 10, low=1),
    Choice("metric", "What is measured on the validation data", "auto", choices=("auto", *NAMES)),
    Number("learning_rate", "How much each tree counts", 0.1, above=0, high=1, tunable=(0.001, 0.01)),
    Integer("num_leaves", "Most leaves of a tree", 64, low=2, high=131072, tunable=(10, 100)),
    Number("feature_fraction", "Share of the features a tree sees", 0.9, above=0, high=1, tunable=(0.1, 1.0)),
    Number("bagging_fraction", "Share of the rows a tree sees", 0.9, above=0, high=1, tunable=(0.1, 1.0)),
    Integer("bagging_freq", "Draw rows anew every so many trees; 0: never", 1, low=0, tunable=(0, 10)),
    Integer("max_depth", "Deepest level of a tree; 0 or less: any", 6, tunable=(15, 100)),
    Integer("min_data_in_leaf", "Fewest rows in a leaf", 3, low=0, tunable=(10, 200)),
    Number("max_delta_step", "Most that a leaf may say; 0: anything", 0.0),
    Number("lambda_l1", "L1 regularisation", 0.0, low=0),
    Number("lambda_l2", "L2 regularisation", 0.0, low=0),
    Choice("boosting", "How trees are added", "gbdt", choices=("gbdt", "rf", "dart", "goss")),
    Number("min_gain_to_split", "Least gain of a split", 0.0, low=0),
    Number("scale_pos_weight", "Weight of the positive class (binary)", 1.0, above=0),
    Choice("tree_learner", "How several hosts share the work", "serial", choices=("serial", "feature", "data", "voting"),
           effective=False),
    Number("feature_fraction_bynode", "Share of the features a split sees", 1.0, above=0, high=1),
    Flag("is_unbalance", "Weigh classes against their frequency (binary)", False),
    Integer("max_bin", "Most bins of a feature", 255, low=2),
    Number("tweedie_variance_power", "Between Poisson (1) and gamma (2), for the metric tweedie", 1.5, low=1, below=2),
    Integer("num_threads", "Threads; 0: as many as the instance has", 0, low=0),
    Integer("verbosity", "How much it says: below 0 fatal, 0 warnings, 1 information, above 1 everything", 1),
    Flag("use_dask", "Train on several hosts by Dask", False, effective=False),
)  # fmt: skip
OURS = ("num_boost_round", "early_stopping_rounds", "metric", "use_dask", "tree_learner", "num_threads", "is_unbalance",
        "scale_pos_weight")  # fmt: skip


def objective(given: dict, schema: Schema) -> dict:
    """LightGBM's parameters for the problem. UserError for a metric of another one."""
    kind = "regression" if not schema.classes else "binary" if len(schema.classes) == 2 else "multiclass"
    metric = METRICS[kind][0] if given["metric"] == "auto" else given["metric"]
    if metric not in METRICS[kind]:
        raise UserError(f"The metric {metric} is not for {kind} data: choose one of {', '.join(METRICS[kind])}")
    found = {"objective": kind, "metric": metric}
    if kind == "multiclass":
        found["num_class"] = len(schema.classes)
    if kind == "binary":
        if given["is_unbalance"] and given["scale_pos_weight"] != 1:
            raise UserError("is_unbalance and scale_pos_weight can't be used together: leave one of them out")
        found |= {name: given[name] for name in ("is_unbalance", "scale_pos_weight")}
    if metric == "tweedie":
        found["objective"] = "tweedie"
    return found


def fit(given: dict, schema: Schema, train: Rows, validation: Rows, box: Container, stop) -> None:
    """Train with early stopping on the validation rows, a line of metrics a round; leaves ``model.pkl`` (joblib)."""
    import joblib
    import lightgbm

    parameters = {name: value for name, value in given.items() if name not in OURS} | objective(given, schema)
    parameters |= {"num_threads": given["num_threads"] or cpu_count(), "seed": 1}
    if parameters["boosting"] == "goss":  # it samples rows its own way
        parameters |= {"bagging_freq": 0, "bagging_fraction": 1.0}
    categorical = sorted(schema.categories)
    data = lightgbm.Dataset(train.features, train.labels, categorical_feature=categorical)
    held = data.create_valid(validation.features, validation.labels)
    callbacks = [lightgbm.log_evaluation(1), _stopping(stop)]
    if parameters["boosting"] != "dart":  # its earlier trees change, so that it has no best round
        callbacks.append(lightgbm.early_stopping(given["early_stopping_rounds"]))
    try:
        model = lightgbm.train(parameters, data, given["num_boost_round"], valid_sets=[held], callbacks=callbacks)
    except lightgbm.basic.LightGBMError as error:
        raise UserError(str(error)) from None
    joblib.dump(model, box.model / FILE)


def _stopping(stop):
    import lightgbm

    def check(env) -> None:
        if stop.asked:
            raise lightgbm.callback.EarlyStopException(env.iteration, env.evaluation_result_list)

    return check


def load(folder: Path, schema: Schema):
    import joblib

    return joblib.load(folder / FILE)


def predict(model, features, schema: Schema):
    """(rows, classes) probabilities, or (rows,) values."""
    import numpy as np

    found = model.predict(features, num_threads=cpu_count())
    return np.column_stack([1 - found, found]) if len(schema.classes) == 2 else found
