"""Fills an MLflow store, run in ``.venv/mlflow``: the URI is the first argument's; prints the ids. Run again, it adds a run."""

import json
import math
import os
import sys

import mlflow
from mlflow.tracking import MlflowClient

store = os.environ["MLFLOW_TRACKING_URI"]
client = MlflowClient()
experiment = mlflow.set_experiment("team/old study")
with mlflow.start_run(run_name="first (1)", description="a note") as run:
    mlflow.log_params({"deep/er": "0.10", "depth": 6})
    for step in range(300):
        mlflow.log_metric("train/loss", 1 / (step + 1), step=step, timestamp=1700000000000 + step)
    mlflow.log_metrics({"nan": math.nan, "high": math.inf})
    mlflow.set_tag("long", "z" * 3000)
    mlflow.log_text("hello", "sub/a.txt")
    mlflow.log_input(mlflow.data.from_numpy(__import__("numpy").zeros((2, 2)), name="zeros"), context="training")
    model = mlflow.initialize_logged_model(name="clf", params={"C": "0.5"}, tags={"stage": "new"})
    mlflow.log_metric("auc", 0.9, model_id=model.model_id)
    mlflow.log_outputs(models=[mlflow.entities.LoggedModelOutput(model.model_id, 3)])
    mlflow.finalize_logged_model(model.model_id, "READY")
with mlflow.start_run(run_name="thrown away") as deleted:
    mlflow.log_metric("m", 1)
client.delete_run(deleted.info.run_id)
if not client.get_experiment_by_name("gone"):
    gone = client.create_experiment("gone")
    lost = client.create_run(gone)
    client.set_terminated(lost.info.run_id, "FAILED")
    client.delete_experiment(gone)
json.dump({"run": run.info.run_id, "deleted": deleted.info.run_id, "model": model.model_id}, sys.stdout)
