"""AutoGluon-Tabular. Source: the developer guide's "AutoGluon-Tabular hyperparameters"."""

from pathlib import Path

from areas.algorithms.container import Container, UserError, cpu_count
from areas.algorithms.frame.hyperparameters import Choice, Flag, Integer
from areas.algorithms.tabular.tables import Rows, Schema

FOLDER = "autogluon"
LABEL = "label"
METRICS = {
    "regression": ("root_mean_squared_error", "mean_squared_error", "mean_absolute_error", "median_absolute_error", "r2"),
    "classification": ("accuracy", "balanced_accuracy", "f1", "f1_macro", "f1_micro", "f1_weighted", "roc_auc", "roc_auc_ovo_macro",
                       "average_precision", "precision", "precision_macro", "recall", "recall_macro", "log_loss", "mcc"),
}  # fmt: skip
NAMES = METRICS["regression"] + METRICS["classification"]
PRESETS = ("best_quality", "high_quality", "good_quality", "medium_quality", "optimize_for_deployment", "interpretable")

PARAMETERS = (
    Choice("eval_metric", "What models are chosen by", "auto", choices=("auto", *NAMES)),
    Choice("presets", "Quality against time and size", "medium_quality", choices=PRESETS),
    Flag("auto_stack", "Bag and stack models as it sees fit", False),
    Integer("num_bag_folds", "Folds that models are bagged over; 0: none", 0, low=0, high=10),
    Integer("num_bag_sets", "How often bagging is repeated", 1, low=1, high=20),
    Integer("num_stack_levels", "Levels of models on models", 0, low=0, high=3),
    Flag("refit_full", "Train the chosen models again on all rows", False),
    Flag("set_best_to_refit_full", "Predict by the model that was trained again", False),
    Flag("save_space", "Keep only what predicting needs", False),
    Integer("verbosity", "How much it says, 0 to 4", 2, low=0, high=4),
)  # fmt: skip


def fit(given: dict, schema: Schema, train: Rows, validation: Rows, box: Container, stop) -> None:
    """Train AutoGluon's models and their ensemble, chosen on the validation rows; leaves a folder ``autogluon``."""
    from autogluon.tabular import TabularPredictor

    _check(given, schema)
    problem = "regression" if not schema.classes else "binary" if len(schema.classes) == 2 else "multiclass"
    predictor = TabularPredictor(
        label=LABEL, path=str(box.model / FOLDER), problem_type=problem, verbosity=given["verbosity"],
        eval_metric=None if given["eval_metric"] == "auto" else given["eval_metric"],
    )  # fmt: skip
    bagged = given["num_bag_folds"] > 1 or given["auto_stack"]
    options = {"auto_stack": True} if given["auto_stack"] else {
        "num_bag_folds": given["num_bag_folds"], "num_bag_sets": given["num_bag_sets"] if bagged else None,
        "num_stack_levels": given["num_stack_levels"],
    }  # fmt: skip
    predictor.fit(
        _frame(train.features, schema, train.labels), tuning_data=_frame(validation.features, schema, validation.labels),
        presets=given["presets"], num_cpus=cpu_count(), num_gpus=0, use_bag_holdout=bagged or None,
        refit_full=given["refit_full"], set_best_to_refit_full=given["set_best_to_refit_full"], save_space=given["save_space"],
        excluded_model_types=["NN_TORCH", "FASTAI"],  # they need PyTorch, which is an environment of its own
        **options,
    )  # fmt: skip
    print(predictor.leaderboard().to_string(), flush=True)


def _check(given: dict, schema: Schema) -> None:
    if given["num_bag_folds"] == 1:
        raise UserError("num_bag_folds is 1: it must be 0 or from 2 to 10")
    if given["num_stack_levels"] and given["num_bag_folds"] < 2 and not given["auto_stack"]:
        raise UserError("num_stack_levels needs bagging: set num_bag_folds to 2 or more")
    if given["eval_metric"] != "auto" and given["eval_metric"] not in METRICS[schema.problem]:
        raise UserError(
            f"The eval_metric {given['eval_metric']} is not for {schema.problem}: choose one of "
            f"{', '.join(METRICS[schema.problem])}"
        )


def load(folder: Path, schema: Schema):
    from autogluon.tabular import TabularPredictor

    predictor = TabularPredictor.load(str(folder / FOLDER), require_py_version_match=False)
    predictor.persist()
    return predictor


def predict(model, features, schema: Schema):
    """(rows, classes) probabilities, or (rows,) values."""
    frame = _frame(features, schema)
    if not schema.classes:
        return model.predict(frame).to_numpy()
    found = model.predict_proba(frame)
    return found[sorted(found.columns)].to_numpy()


def _frame(features, schema: Schema, labels=None):
    """A frame whose categories are text, as AutoGluon tells them from numbers."""
    import pandas as pd

    frame = pd.DataFrame(features, columns=[f"f{at}" for at in range(schema.columns)])
    for at, values in schema.categories.items():
        codes = frame[f"f{at}"].astype(int)
        frame[f"f{at}"] = pd.Categorical.from_codes(codes, categories=values)
    if labels is not None:
        frame[LABEL] = labels
    return frame
