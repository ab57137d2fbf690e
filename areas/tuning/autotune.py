"""The ranges that AWS recommends for its algorithms' hyperparameters, for Autotune and AutoParameters.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html and the tuning pages of the other algorithms.
"""


def _continuous(low: str, high: str, scaling: str = "Auto") -> tuple[str, dict]:
    return "ContinuousParameterRanges", {"MinValue": low, "MaxValue": high, "ScalingType": scaling}


def _integer(low: str, high: str, scaling: str = "Auto") -> tuple[str, dict]:
    return "IntegerParameterRanges", {"MinValue": low, "MaxValue": high, "ScalingType": scaling}


def _categorical(*values: str) -> tuple[str, dict]:
    return "CategoricalParameterRanges", {"Values": list(values)}


_XGBOOST = {
    "alpha": _continuous("0", "1000"), "colsample_bylevel": _continuous("0.1", "1"),
    "colsample_bytree": _continuous("0.5", "1"), "eta": _continuous("0.1", "0.5"), "gamma": _continuous("0", "5"),
    "lambda": _continuous("0", "1000"), "max_delta_step": _integer("0", "10"), "max_depth": _integer("0", "10"),
    "min_child_weight": _continuous("0", "120"), "num_round": _integer("1", "4000"), "subsample": _continuous("0.5", "1"),
}  # fmt: skip
_FACTORS = {
    f"{part}_{name}": _continuous(*limits)
    for part in ("bias", "factors", "linear")
    for name, limits in {
        "init_scale": ("1e-8", "512"), "init_sigma": ("1e-8", "512"), "init_value": ("-512", "512"),
        "lr": ("1e-8", "512"), "wd": ("1e-8", "512"),
    }.items()
}  # fmt: skip

# Repository of the image → hyperparameter → (the kind of range, the range)
RECOMMENDED = {
    "sagemaker-xgboost": _XGBOOST,
    "xgboost": _XGBOOST,
    "linear-learner": {
        "wd": _continuous("1e-7", "1"), "l1": _continuous("1e-7", "1"), "learning_rate": _continuous("1e-5", "1"),
        "mini_batch_size": _integer("100", "5000"), "use_bias": _categorical("true", "false"),
        "positive_example_weight_mult": _continuous("1e-5", "1e5"),
    },
    "knn": {"k": _integer("1", "1024"), "sample_size": _integer("256", "20000000")},
    "kmeans": {
        "extra_center_factor": _integer("4", "10"), "init_method": _categorical("kmeans++", "random"),
        "mini_batch_size": _integer("3000", "15000"),
    },
    "pca": {
        "algorithm_mode": _categorical("regular", "randomized"), "extra_components": _integer("10", "20"),
        "num_components": _integer("1", "250"), "subtract_mean": _categorical("true", "false"),
    },
    "factorization-machines": {**_FACTORS, "epochs": _integer("1", "1000"), "mini_batch_size": _integer("100", "10000")},
    "randomcutforest": {"num_samples_per_tree": _integer("1", "2048"), "num_trees": _integer("50", "1000")},
}  # fmt: skip


def is_known(repository: str) -> bool:
    return repository in RECOMMENDED


def with_recommended(ranges: dict, repository: str, static: dict) -> dict:
    """``ranges`` with the AutoParameters (or, where nothing has a range, all that AWS recommends and nobody set) as ranges.

    Raises KeyError with the name of an AutoParameter that has no recommended range.
    """
    known = RECOMMENDED.get(repository, {})
    given = {one["Name"] for member, all_of_it in ranges.items() if member != "AutoParameters" for one in all_of_it}
    names = [one["Name"] for one in ranges.get("AutoParameters", ())]
    if not names and not given:
        names = [name for name in known if name not in static]
    filled = {member: list(all_of_it) for member, all_of_it in ranges.items() if member != "AutoParameters"}
    for name in names:
        member, limits = known[name]
        filled.setdefault(member, []).append({"Name": name, **limits})
    return filled
