"""A run as code: how to read it and how to log more to it, with the SageMaker SDK, MLflow, boto3 and the AWS CLI."""

from areas.experiments.run import Run
from areas.snippets import calls, literal


def code_of(run: Run) -> dict[str, dict[str, str]]:
    """``{"load": {"sdk", "mlflow", "boto3", "cli"}, "log": …, "again": …}``; what a client can't do is left out."""
    metric = run.main[0].name if run.main else "accuracy"
    described = calls([("DescribeTrialComponent", {"TrialComponentName": run.name})])
    updated = calls([
        ("UpdateTrialComponent", {"TrialComponentName": run.name, "Parameters": {"batch_size": {"NumberValue": 64}}})
    ])  # fmt: skip
    return {
        "load": {
            "sdk": _sdk_load(run), "mlflow": _mlflow(run, _MLFLOW_LOAD.format(run=literal(run.name), metric=literal(metric))),
            "boto3": described["boto3"] + _points(run, metric), "cli": described["cli"],
        },
        "log": {
            "sdk": _sdk_log(run, metric), "mlflow": _mlflow(run, _MLFLOW_LOG.format(run=literal(run.name), metric=literal(metric))),
            "boto3": updated["boto3"] + _put(run, metric), "cli": updated["cli"],
        },
        "again": _again(run),
    }  # fmt: skip


def _run_name(run: Run) -> str:
    """The SDK's own name of the run: what follows the experiment's in its own; "" where the SDK didn't make it."""
    if run.experiment is None or run.job is not None:
        return ""
    prefix = f"{run.experiment.name.lower()}-"
    return run.name[len(prefix) :] if run.name.startswith(prefix) else ""


def _sdk_load(run: Run) -> str:
    if name := _run_name(run):
        return (
            "# sagemaker<3\nfrom sagemaker.experiments.run import load_run\n\n"
            f"with load_run(experiment_name={literal(run.experiment.name)}, run_name={literal(name)}) as run:\n"
            "    print(run.experiment_config)\n"
        )
    return (
        "# sagemaker>=3\nfrom sagemaker.core.resources import TrialComponent\n\n"
        f"run = TrialComponent.get(trial_component_name={literal(run.name)})\n"
        "print(run.parameters, run.metrics)\n"
    )


def _sdk_log(run: Run, metric: str) -> str:
    name = _run_name(run)
    if not name:
        return ""
    return (
        "# sagemaker<3\nfrom sagemaker.experiments.run import Run\n\n"
        f"with Run(experiment_name={literal(run.experiment.name)}, run_name={literal(name)}) as run:\n"
        '    run.log_parameter("batch_size", 64)\n'
        f"    run.log_metric({literal(metric)}, 0.93, step=1)\n"
        '    run.log_confusion_matrix(y_true, y_pred, title="Validation")\n'
        '    run.log_file("plot.png")\n'
    )


_MLFLOW_LOAD = """run = mlflow.get_run({run})
print(run.data.params, run.data.metrics)
history = mlflow.MlflowClient().get_metric_history({run}, {metric})
"""

_MLFLOW_LOG = """with mlflow.start_run(run_id={run}):
    mlflow.log_param("batch_size", 64)
    mlflow.log_metric({metric}, 0.93, step=1)
    mlflow.log_artifact("plot.png")
"""


def _mlflow(run: Run, text: str) -> str:
    if not run.connection.is_embedded:
        return ""
    uri = f"{run.connection.endpoint_url.rstrip('/')}/mlflow/{run.connection.name}"
    return f"import mlflow  # with MLFLOW_TRACKING_TOKEN\n\nmlflow.set_tracking_uri({literal(uri)})\n{text}"


def _points(run: Run, metric: str) -> str:
    return (
        '\nmetrics = boto3.client("sagemaker-metrics")\nmetrics.batch_get_metrics(MetricQueries=[{\n'
        f'    "MetricName": {literal(metric)}, "ResourceArn": {literal(run.record.arn)},\n'
        '    "MetricStat": "Last", "Period": "IterationNumber", "XAxisType": "IterationNumber",\n}])\n'
    )


def _put(run: Run, metric: str) -> str:
    return (
        '\nimport time\n\nmetrics = boto3.client("sagemaker-metrics")\nmetrics.batch_put_metrics(\n'
        f"    TrialComponentName={literal(run.name)},\n"
        f'    MetricData=[{{"MetricName": {literal(metric)}, "Timestamp": int(time.time()), "Step": 1, "Value": 0.93}}],\n)\n'
    )


def _again(run: Run) -> dict[str, str]:
    """The request that makes a trial component with the same parameters."""
    request = {"TrialComponentName": f"{run.name[:112]}-again"}
    if parameters := run.document.get("Parameters"):
        request["Parameters"] = parameters
    return calls([("CreateTrialComponent", request)])
