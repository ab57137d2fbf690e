"""A tuning job of short trials: what a trial costs over the bare objective, and how good its best is beside plain Optuna's."""

import io
import time

from bench.report import Row, median
from bench.stage import scaled, studio

ROWS, COLUMNS, ROUNDS = 4000, 10, 20
TRIALS, SEEDS = scaled(40, 12), 5
OURS = 3  # tuning jobs, each with a seed of its own: one is luck
STATIC = {"objective": "binary:logistic", "eval_metric": "logloss", "num_round": str(ROUNDS), "nthread": "1"}
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
RANGES = {
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "0.01", "MaxValue": "1", "ScalingType": "Logarithmic"},
        {"Name": "gamma", "MinValue": "0", "MaxValue": "5", "ScalingType": "Linear"},
    ],
    "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "10", "ScalingType": "Linear"}],
}


def compare() -> list[Row]:
    import numpy

    random = numpy.random.default_rng(7)
    tables = [random.normal(size=(ROWS, COLUMNS + 1)).astype("float32") for _ in range(2)]
    for table in tables:
        noise = random.normal(scale=0.7, size=ROWS)
        table[:, 0] = table[:, 1] * table[:, 2] + table[:, 3] + noise > 0
    bests, seconds = zip(*(_plain(tables, seed) for seed in range(SEEDS)), strict=True)
    with studio() as ours:
        s3 = ours.client("s3")
        s3.create_bucket(Bucket="bench")
        for name, table in zip(("train", "validation"), tables, strict=True):
            text = io.BytesIO()
            numpy.savetxt(text, table, fmt="%.6g", delimiter=",")
            s3.put_object(Bucket="bench", Key=f"{name}/data.csv", Body=text.getvalue())
        _tune(ours, "warm", 2, 0)
        runs = [_tune(ours, f"bench-{seed}", TRIALS, seed) for seed in range(OURS)]
    took, best = (median(list(values)) for values in zip(*runs, strict=True))
    overhead = took / TRIALS - median(list(seconds)) / TRIALS
    return [
        Row(f"Tuning: a trial of {TRIALS} over the bare objective", "limit of 0.5 s", 0.5, overhead, "s", "≤ 1"),
        Row("Tuning: best log loss by TPE", "plain Optuna", median(list(bests)), best, "", "≤ 1.03"),
    ]


def _plain(tables, seed: int) -> tuple[float, float]:
    """(best log loss, seconds) of as many trials in one process."""
    import optuna
    import xgboost

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    train, validation = (xgboost.DMatrix(table[:, 1:], label=table[:, 0]) for table in tables)

    def objective(trial) -> float:
        given = {
            "eta": trial.suggest_float("eta", 0.01, 1, log=True), "gamma": trial.suggest_float("gamma", 0, 5),
            "max_depth": trial.suggest_int("max_depth", 1, 10),
        }  # fmt: skip
        told: dict = {}
        static = {name: value for name, value in STATIC.items() if name != "num_round"}
        xgboost.train(
            {**static, **given}, train, ROUNDS, evals=[(validation, "v")], evals_result=told, verbose_eval=False
        )
        return told["v"]["logloss"][-1]

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    started = time.perf_counter()
    study.optimize(objective, n_trials=TRIALS)
    return study.best_value, time.perf_counter() - started


def _tune(ours, name: str, trials: int, seed: int) -> tuple[float, float]:
    """(seconds from Create to Completed, best log loss) of a tuning job, one training job at a time."""
    sagemaker, started = ours.client("sagemaker"), time.perf_counter()
    channels = [
        {
            "ChannelName": channel, "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://bench/{channel}/"}},
        } for channel in ("train", "validation")
    ]  # fmt: skip
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian", "RandomSeed": seed, "ParameterRanges": RANGES,
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:logloss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": trials, "MaxParallelTrainingJobs": 1},
        },
        TrainingJobDefinition={
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "StaticHyperParameters": STATIC, "InputDataConfig": channels, "RoleArn": ours.keys["role_arn"],
            "OutputDataConfig": {"S3OutputPath": "s3://bench/output"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        },
    )  # fmt: skip
    while True:
        told = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        if told["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping"):
            break
        time.sleep(0.05)
    if told["HyperParameterTuningJobStatus"] != "Completed":
        raise RuntimeError(f"{name}: {told['HyperParameterTuningJobStatus']}: {told.get('FailureReason')}")
    best = told["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    return time.perf_counter() - started, best
