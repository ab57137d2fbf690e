"""CatBoost for tables. Source: the developer guide's "CatBoost hyperparameters"."""

from pathlib import Path

from areas.algorithms.container import Container, UserError, cpu_count
from areas.algorithms.frame.hyperparameters import Choice, Integer, Number, Text
from areas.algorithms.tabular.tables import Rows, Schema

FILE = "model"
METRICS = {
    "regression": ("RMSE", "MAE", "MSLE", "MAPE", "R2", "MedianAbsoluteError", "SMAPE"),
    "binary": ("Logloss", "AUC", "Accuracy", "F1", "BalancedAccuracy", "MCC", "Precision", "Recall", "CrossEntropy"),
    "multiclass": ("MultiClass", "MultiClassOneVsAll", "Accuracy", "TotalF1", "AUC", "MCC", "ZeroOneLoss"),
}
NAMES = tuple(dict.fromkeys(name for names in METRICS.values() for name in names))

PARAMETERS = (
    Integer("iterations", "Trees at most", 500, low=1),
    Integer("early_stopping_rounds", "Rounds without gain on the validation data before stopping", 5, low=1),
    Choice("eval_metric", "What is measured on the validation data", "auto", choices=("auto", *NAMES)),
    Number("learning_rate", "How much each tree counts", 0.009, above=0, high=1, tunable=(0.001, 0.01)),
    Integer("depth", "Levels of a tree", 6, low=1, high=16, tunable=(4, 10)),
    Number("l2_leaf_reg", "L2 regularisation of leaves", 3.0, low=0, tunable=(2, 10)),
    Number("random_strength", "Randomness of scoring splits", 1.0, low=0, tunable=(0, 10)),
    Integer("max_leaves", "Most leaves of a tree (grow_policy Lossguide)", 31, low=2, high=64),
    Number("rsm", "Share of the features a split sees", 1.0, above=0, high=1),
    Choice("sampling_frequency", "When rows are weighed anew", "PerTreeLevel", choices=("PerTree", "PerTreeLevel")),
    Integer("min_data_in_leaf", "Fewest rows in a leaf (grow_policy Lossguide or Depthwise)", 1, low=1),
    Number("bagging_temperature", "Spread of the rows' random weights; 0: none", 1.0, low=0),
    Choice("boosting_type", "How trees are added", "Auto", choices=("Auto", "Ordered", "Plain")),
    Number("scale_pos_weight", "Weight of the positive class (binary)", 1.0, above=0),
    Text("max_bin", "Most bins of a feature, or Auto", "Auto"),
    Choice("grow_policy", "How a tree grows", "SymmetricTree", choices=("SymmetricTree", "Depthwise", "Lossguide")),
    Integer("random_seed", "Seed", 1, low=0),
    Integer("thread_count", "Threads; -1: as many as the instance has", -1, low=-1),
    Integer("verbose", "A line of the log every so many rounds", 1, low=0),
)  # fmt: skip


class _Stopping:
    def __init__(self, stop):
        self.stop = stop

    def after_iteration(self, info) -> bool:
        return not self.stop.asked


def parameters(given: dict, schema: Schema) -> dict:
    """CatBoost's own. UserError for a metric of another problem."""
    kind = "regression" if not schema.classes else "binary" if len(schema.classes) == 2 else "multiclass"
    metric = METRICS[kind][0] if given["eval_metric"] == "auto" else given["eval_metric"]
    if metric not in METRICS[kind]:
        raise UserError(f"The eval_metric {metric} is not for {kind} data: choose one of {', '.join(METRICS[kind])}")
    found = dict(given) | {
        "eval_metric": metric, "loss_function": METRICS[kind][0], "bootstrap_type": "Bayesian", "allow_writing_files": False,
        "thread_count": cpu_count() if given["thread_count"] < 1 else given["thread_count"], "use_best_model": True,
    }  # fmt: skip
    if given["max_bin"] != "Auto":
        found["max_bin"] = Integer("max_bin", low=1, high=65535).parse(given["max_bin"])
    drop = [name for name in ("boosting_type", "max_bin") if given[name] == "Auto"]
    if given["grow_policy"] != "Lossguide":
        drop.append("max_leaves")
    if given["grow_policy"] == "SymmetricTree":
        drop.append("min_data_in_leaf")
    if kind != "binary":
        drop.append("scale_pos_weight")
    return {name: value for name, value in found.items() if name not in drop}


def fit(given: dict, schema: Schema, train: Rows, validation: Rows, box: Container, stop) -> None:
    """Train with early stopping on the validation rows; CatBoost prints its metrics. Leaves ``model`` (CBM)."""
    import catboost

    kind = catboost.CatBoostClassifier if schema.classes else catboost.CatBoostRegressor
    model = kind(**parameters(given, schema))
    try:
        model.fit(_pool(train.features, schema, train.labels), eval_set=_pool(validation.features, schema, validation.labels),
                  callbacks=[_Stopping(stop)])  # fmt: skip
    except catboost.CatBoostError as error:
        raise UserError(str(error).rpartition(": ")[2]) from None
    model.save_model(str(box.model / FILE), format="cbm")


def load(folder: Path, schema: Schema):
    import catboost

    model = (catboost.CatBoostClassifier if schema.classes else catboost.CatBoostRegressor)()
    return model.load_model(str(folder / FILE), format="cbm")


def predict(model, features, schema: Schema):
    """(rows, classes) probabilities, or (rows,) values."""
    pool = _pool(features, schema)
    return model.predict_proba(pool) if schema.classes else model.predict(pool)


def _pool(features, schema: Schema, labels=None):
    """Columns that are categories go as whole numbers: CatBoost takes no others."""
    import catboost
    import numpy as np

    categorical = sorted(schema.categories)
    if not categorical:
        return catboost.Pool(features, labels)
    plain = [at for at in range(schema.columns) if at not in schema.categories]
    data = catboost.FeaturesData(
        num_feature_data=np.ascontiguousarray(features[:, plain]) if plain else None,
        cat_feature_data=features[:, categorical]
        .astype(np.int64)
        .astype(str)
        .astype(object)
        .astype("S")
        .astype(object),
    )
    return catboost.Pool(data, labels)
