"""XGBoost's hyperparameters as the form offers them. What is right is the algorithm's own check to say, not ours."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    name: str
    default: str  # the algorithm's own, shown as placeholder
    hint: str = ""
    choices: tuple[str, ...] = ()
    group: str = "Other"


OBJECTIVES = (
    ("binary:logistic", "two classes, probability"),
    ("multi:softprob", "several classes, probabilities"),
    ("multi:softmax", "several classes, class number"),
    ("reg:squarederror", "number, squared error"),
    ("reg:absoluteerror", "number, absolute error"),
    ("reg:pseudohubererror", "number, robust to outliers"),
    ("reg:squaredlogerror", "positive number, relative error"),
    ("reg:logistic", "fraction between 0 and 1"),
    ("reg:gamma", "positive number, gamma"),
    ("reg:tweedie", "amount with many zeros, Tweedie"),
    ("count:poisson", "count"),
    ("binary:hinge", "two classes, class only"),
    ("binary:logitraw", "two classes, score"),
    ("rank:pairwise", "ranking, pairwise"),
    ("rank:ndcg", "ranking, NDCG"),
    ("rank:map", "ranking, MAP"),
    ("survival:cox", "survival, Cox"),
    ("survival:aft", "survival, accelerated failure time"),
)

OBJECTIVE_CHOICES = tuple((name, f"{words} ({name})") for name, words in OBJECTIVES)

MAIN = (
    Parameter("num_round", "", "1 or more"),
    Parameter("max_depth", "6", "0 is no limit"),
    Parameter("eta", "0.3", "learning rate, 0 to 1"),
    Parameter("subsample", "1", "share of rows a tree, 0 to 1"),
    Parameter("min_child_weight", "1", "0 or more"),
    Parameter("early_stopping_rounds", "off", "rounds without gain"),
)

MORE = (
    Parameter("booster", "gbtree", "", ("gbtree", "gblinear", "dart"), "Trees"),
    Parameter("tree_method", "auto", "", ("auto", "exact", "approx", "hist"), "Trees"),
    Parameter("grow_policy", "depthwise", "", ("depthwise", "lossguide"), "Trees"),
    Parameter("max_leaves", "0", "0 is no limit", group="Trees"),
    Parameter("max_bin", "256", "2 or more", group="Trees"),
    Parameter("num_parallel_tree", "1", "above 1: a forest each round", group="Trees"),
    Parameter("sketch_eps", "0.03", "0 to 1", group="Trees"),
    Parameter("updater", "by method", "comma list", group="Trees"),
    Parameter("refresh_leaf", "1", "0 or 1", ("0", "1"), "Trees"),
    Parameter("process_type", "default", "", ("default", "update"), "Trees"),
    Parameter("sampling_method", "uniform", "", ("uniform", "gradient_based"), "Trees"),
    Parameter("monotone_constraints", "none", "such as (0,1,-1)", group="Trees"),
    Parameter("interaction_constraints", "none", "such as [[0,1],[2,3]]", group="Trees"),
    Parameter("gamma", "0", "least loss reduction of a split", group="Regularisation"),
    Parameter("lambda", "1", "L2, 0 or more", group="Regularisation"),
    Parameter("alpha", "0", "L1, 0 or more", group="Regularisation"),
    Parameter("lambda_bias", "0", "L2 on the bias, 0 to 1", group="Regularisation"),
    Parameter("max_delta_step", "0", "0 is no limit", group="Regularisation"),
    Parameter("colsample_bytree", "1", "0 to 1", group="Regularisation"),
    Parameter("colsample_bylevel", "1", "0 to 1", group="Regularisation"),
    Parameter("colsample_bynode", "1", "0 to 1", group="Regularisation"),
    Parameter("sample_type", "uniform", "", ("uniform", "weighted"), "Dropout (dart)"),
    Parameter("normalize_type", "tree", "", ("tree", "forest"), "Dropout (dart)"),
    Parameter("rate_drop", "0", "0 to 1", group="Dropout (dart)"),
    Parameter("one_drop", "0", "0 or 1", ("0", "1"), "Dropout (dart)"),
    Parameter("skip_drop", "0", "0 to 1", group="Dropout (dart)"),
    Parameter("base_score", "0.5", "first guess for all rows", group="Objective"),
    Parameter("scale_pos_weight", "1", "weight of the positive class", group="Objective"),
    Parameter("tweedie_variance_power", "1.5", "1 to 2", group="Objective"),
    Parameter("aft_loss_distribution", "normal", "", ("normal", "logistic", "extreme"), "Objective"),
    Parameter("aft_loss_distribution_scale", "1", "", group="Objective"),
    Parameter("csv_weights", "0", "1: second column is the weight", ("0", "1"), "Run"),
    Parameter("seed", "0", "", group="Run"),
    Parameter("nthread", "all cores", "", group="Run"),
    Parameter("verbosity", "1", "", ("0", "1", "2", "3"), "Run"),
    Parameter("save_model_on_termination", "false", "", ("true", "false"), "Run"),
    Parameter("_kfold", "off", "2 or more folds", group="Run"),
    Parameter("_num_cv_round", "1", "repeats of the folds", group="Run"),
)

# The form's own fields: the problem, asked first.
ASKED = ("objective", "num_class", "eval_metric")
NAMES = tuple(parameter.name for parameter in MAIN + MORE) + ASKED
