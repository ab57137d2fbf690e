"""A comparison as code: every point of its runs in a notebook."""

from django.conf import settings

from areas.snippets import literal

_BOTO3 = """import boto3
import pandas as pd

runs = {runs}
sm, metrics = boto3.client("sagemaker"), boto3.client("sagemaker-metrics")
rows = []
for run in runs:
    told = sm.describe_trial_component(TrialComponentName=run)
    for name in {{one["MetricName"] for one in told.get("Metrics", [])}}:
        query = {{"MetricName": name, "ResourceArn": told["TrialComponentArn"], "MetricStat": "Last",
                 "Period": "IterationNumber", "XAxisType": "IterationNumber"}}
        found = metrics.batch_get_metrics(MetricQueries=[query])["MetricQueryResults"][0]
        rows += [(run, name, x, y) for x, y in zip(found["XAxisValues"], found["MetricValues"])]
curves = pd.DataFrame(rows, columns=["run", "metric", "step", "value"])
"""
_MLFLOW = """import mlflow
import pandas as pd

mlflow.set_tracking_uri({uri})  # with MLFLOW_TRACKING_TOKEN in the environment
client = mlflow.MlflowClient()
runs = {runs}
curves = pd.DataFrame(
    (run, metric, point.step, point.value)
    for run in runs
    for metric in client.get_run(run).data.metrics
    for point in client.get_metric_history(run, metric)
)
curves.columns = ["run", "metric", "step", "value"]
"""
_FILE = """import pandas as pd

# The CSV that this page offers: every point, as it is stored.
curves = pd.read_csv("runs-metrics.csv")
curves.pivot_table(index="step", columns=["metric", "name"], values="value").plot(subplots=False)
"""


def snippets(shown) -> dict[str, str]:
    """``{"python", "mlflow", "csv"}``: code that makes a DataFrame of the compared runs' points."""
    connection = shown.request.connection
    runs = literal(shown.chosen.names)
    uri = f"{connection.endpoint_url or settings.ENGINE_URL}/mlflow/{connection.name}"
    return {
        "python": _BOTO3.format(runs=runs), "mlflow": _MLFLOW.format(runs=runs, uri=literal(uri)), "csv": _FILE,
    }  # fmt: skip
