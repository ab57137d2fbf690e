"""XGBoost's hyperparameters, channels and metrics as forms, the tuner and the gallery offer them.

What is right is ``areas.algorithms.xgboost.hyperparameters.check``'s to say: a test holds the two together.
Source: the developer guide's "XGBoost hyperparameters" and "Tune an XGBoost Model".
"""

from areas.algorithms.frame.algorithm import Algorithm, Channel
from areas.algorithms.frame.hyperparameters import Choice, Integer, List, Number, Text
from areas.algorithms.xgboost.hyperparameters import CUSTOM_METRICS, NATIVE_METRICS, OBJECTIVES

TREES, REGULARISATION, DROPOUT, OBJECTIVE, RUN = "Trees", "Regularisation", "Dropout (dart)", "Objective", "Run"
_OLD = {"effective": False, "group": "Without effect"}

METRICS = (
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
        for metric in METRICS
    )


PARAMETERS = (
    Integer("num_round", "Trees, one after the other", required=True, low=1, tunable=(1, 4000)),
    Choice("objective", "What to predict", "reg:squarederror", choices=OBJECTIVES, group="Problem"),
    Integer("num_class", "Number of classes, for multi:", low=2, group="Problem"),
    List("eval_metric", "What is measured each round; chosen by the objective if empty", choices=NATIVE_METRICS + CUSTOM_METRICS,
         group="Problem"),
    Integer("max_depth", "Deepest level of a tree; 0 is no limit", 6, low=0, tunable=(0, 10), group="Main"),
    Number("eta", "Learning rate: how much each tree counts", 0.3, low=0, high=1, tunable=(0.1, 0.5), group="Main"),
    Number("subsample", "Share of the rows a tree sees", 1, above=0, high=1, tunable=(0.5, 1), group="Main"),
    Number("min_child_weight", "Least weight of a leaf", 1, low=0, tunable=(0, 120), group="Main"),
    Integer("early_stopping_rounds", "Rounds without gain before stopping", low=1, group="Main"),
    Choice("booster", "Trees or a line", "gbtree", choices=("gbtree", "gblinear", "dart"), group=TREES),
    Choice("tree_method", "How splits are looked for", "auto", choices=("auto", "exact", "approx", "hist"), group=TREES),
    Choice("grow_policy", "Where a tree grows next", "depthwise", choices=("depthwise", "lossguide"), group=TREES),
    Integer("max_leaves", "0 is no limit", 0, low=0, group=TREES),
    Integer("max_bin", "Bins of a feature (hist)", 256, low=2, group=TREES),
    Integer("num_parallel_tree", "Above 1: a forest each round", 1, low=1, group=TREES),
    Text("updater", "Comma list; by tree_method if empty", group=TREES),
    Choice("refresh_leaf", "Update leaves as well as nodes (updater refresh)", "1", choices=("0", "1"), group=TREES),
    Choice("process_type", "Grow new trees or update those there", "default", choices=("default", "update"), group=TREES),
    Choice("sampling_method", "How rows are drawn", "uniform", choices=("uniform", "gradient_based"), group=TREES),
    Text("monotone_constraints", "Such as (0,1,-1): none, rising, falling", group=TREES),
    Text("interaction_constraints", "Such as [[0,1],[2,3]]: features that may meet", group=TREES),
    Number("gamma", "Least loss reduction of a split", 0, low=0, tunable=(0, 5), group=REGULARISATION),
    Number("lambda", "L2", 1, low=0, tunable=(0, 1000), group=REGULARISATION),
    Number("alpha", "L1", 0, low=0, tunable=(0, 1000), group=REGULARISATION),
    Number("lambda_bias", "L2 on the bias (gblinear)", 0, low=0, high=1, group=REGULARISATION),
    Number("max_delta_step", "Most that a leaf may change; 0 is no limit", 0, low=0, tunable=(0, 10), group=REGULARISATION),
    Number("colsample_bytree", "Share of the features a tree sees", 1, above=0, high=1, tunable=(0.5, 1), group=REGULARISATION),
    Number("colsample_bylevel", "… a level sees", 1, above=0, high=1, tunable=(0.1, 1), group=REGULARISATION),
    Number("colsample_bynode", "… a split sees", 1, above=0, high=1, tunable=(0.1, 1), group=REGULARISATION),
    Choice("sample_type", "How dropped trees are drawn", "uniform", choices=("uniform", "weighted"), group=DROPOUT),
    Choice("normalize_type", "How new trees are weighed", "tree", choices=("tree", "forest"), group=DROPOUT),
    Number("rate_drop", "Share of the trees that are dropped", 0, low=0, high=1, group=DROPOUT),
    Choice("one_drop", "Always drop one at least", "0", choices=("0", "1"), group=DROPOUT),
    Number("skip_drop", "Chance that a round drops none", 0, low=0, high=1, group=DROPOUT),
    Number("base_score", "First guess for all rows", 0.5, low=0, group=OBJECTIVE),
    Number("scale_pos_weight", "Weight of the positive class", 1, above=0, group=OBJECTIVE),
    Number("tweedie_variance_power", "Between Poisson (1) and gamma (2)", 1.5, above=1, below=2, group=OBJECTIVE),
    Choice("aft_loss_distribution", "Of survival times", "normal", choices=("normal", "logistic", "extreme"), group=OBJECTIVE),
    Number("aft_loss_distribution_scale", "Its scale", 1, above=0, group=OBJECTIVE),
    Choice("csv_weights", "1: the second column is the row's weight", "0", choices=("0", "1"), group=RUN),
    Integer("seed", "Of what is drawn", 0, group=RUN),
    Integer("nthread", "Threads; all cores if empty", low=1, group=RUN),
    Choice("verbosity", "How much it says", "1", choices=("0", "1", "2", "3"), group=RUN),
    Choice("save_model_on_termination", "Keep what is trained when the job is stopped", choices=("true", "false"), group=RUN),
    Integer("_kfold", "Folds of a cross-validation; 2 or more", low=2, group=RUN),
    Integer("_num_cv_round", "Repeats of the folds", 1, low=1, group=RUN),
    Number("sketch_eps", "Of a tree method that is gone", 0.03, above=0, below=1, **_OLD),
    Choice("dsplit", "Of several hosts", choices=("row", "col"), **_OLD),
    Choice("predictor", "Where predictions are made", choices=("auto", "cpu_predictor", "gpu_predictor"), **_OLD),
    Choice("deterministic_histogram", "On a GPU", choices=("true", "false"), **_OLD),
    Number("prob_buffer_row", "Of a tree method that is gone", above=0, **_OLD),
    Choice("use_dask_gpu_training", "On several GPUs", choices=("true", "false"), **_OLD),
)  # fmt: skip

_FORMATS = ("csv", "libsvm", "parquet", "recordio")

ALGORITHM = Algorithm(
    package="areas.algorithms.xgboost",
    repository="sagemaker-xgboost",
    title="XGBoost",
    about="Boosted trees on tables: classes, numbers, rankings and survival times.",
    parameters=PARAMETERS,
    channels=(
        Channel("train", "Rows, label first", required=True, formats=_FORMATS, default="libsvm"),
        Channel("validation", "Rows to measure on", formats=_FORMATS, default="libsvm"),
    ),
    metrics=_definitions(),
    account="683313688378",
    versions=("3.0-5", "1.7-1", "1.5-1", "1.3-1", "1.2-2", "1.2-1", "1.0-1", "0.90-2", "0.90-1"),
    family="classification and regression",
)  # fmt: skip
