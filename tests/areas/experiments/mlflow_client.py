"""What a real MLflow client does, run in ``.venv/mlflow``: prints what it read back, as JSON. Standard library and MLflow only."""

import json
import math
import os
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression

said = {"version": mlflow.__version__}
client = MlflowClient()
mlflow.set_experiment("team/Churn study")
experiment = mlflow.get_experiment_by_name("team/Churn study")
said["experiment"] = [experiment.name, experiment.experiment_id, experiment.lifecycle_stage]
client.set_experiment_tag(experiment.experiment_id, "mlflow.note.content", "What makes customers **leave**?")

with mlflow.start_run(run_name="Everything (1)", tags={"team": "risk"}, description="A *note*") as run:
    mlflow.log_param("depth", 6)
    mlflow.log_params({"rate": 0.10, "model": "XGB", "long": "x" * 5000})
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"auc": 0.9, "val loss": math.nan, "high": math.inf}, step=3)
    mlflow.set_tag("story", "y" * 4000)
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_dict({"a": 1}, "config.json")
    mlflow.log_table({"x": [1, 2]}, "table.json")
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    mlflow.log_figure(figure, "plots/line.png")
    mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), "plots/black.png")
    mlflow.log_input(
        mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2], "y": [0, 1]}), name="people"), context="training"
    )
    empty = os.path.join(tempfile.mkdtemp(), "empty.bin")
    open(empty, "wb").close()
    mlflow.log_artifact(empty)
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("auc", 0.8)

found = mlflow.get_run(run.info.run_id)
said["run"] = {
    "status": found.info.status, "name": found.info.run_name, "uri": found.info.artifact_uri, "params": found.data.params,
    "metrics": {key: repr(value) for key, value in found.data.metrics.items()}, "story": len(found.data.tags["story"]),
    "note": found.data.tags["mlflow.note.content"], "team": found.data.tags["team"],
    "dataset": [(one.dataset.name, one.tags[0].value) for one in found.inputs.dataset_inputs],
    "ended": found.info.end_time >= found.info.start_time,
}  # fmt: skip
said["parent"] = mlflow.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run.info.run_id
said["history"] = [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, "loss")]
said["nan"] = [math.isnan(one.value) for one in client.get_metric_history(run.info.run_id, "val loss")]
said["files"] = sorted(one.path for one in client.list_artifacts(run.info.run_id))
said["plots"] = sorted(one.path for one in client.list_artifacts(run.info.run_id, "plots"))
with open(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="notes/hello.txt")) as file:
    said["text"] = file.read()
said["dict"] = mlflow.artifacts.load_dict(f"{found.info.artifact_uri}/config.json")
said["table"] = mlflow.load_table("table.json", run_ids=[run.info.run_id])["x"].tolist()
folder = mlflow.artifacts.download_artifacts(run_id=run.info.run_id)
said["folder"] = sorted(os.listdir(folder))

# scikit-learn's autolog: parameters, metrics, a logged model with its files, a dataset
mlflow.sklearn.autolog(log_datasets=True)
with mlflow.start_run(run_name="autolog") as auto:
    features = np.random.default_rng(1).normal(size=(200, 3))
    labels = (features[:, 0] + features[:, 1] > 0).astype(int)
    model = LogisticRegression(C=0.5).fit(features, labels)
    said["score"] = model.score(features, labels)
mlflow.sklearn.autolog(disable=True)
logged = mlflow.get_run(auto.info.run_id)
said["autolog"] = {
    "C": logged.data.params["C"], "metrics": sorted(logged.data.metrics), "files": sorted(
        one.path for one in client.list_artifacts(auto.info.run_id)
    ), "datasets": len(logged.inputs.dataset_inputs), "models": [one.model_id for one in logged.outputs.model_outputs],
}  # fmt: skip
if hasattr(mlflow, "search_logged_models"):
    models = mlflow.search_logged_models(
        experiment_ids=[experiment.experiment_id], filter_string="metrics.training_accuracy_score > 0.5",
        order_by=[{"field_name": "metrics.training_accuracy_score", "ascending": False}], output_format="list",
    )  # fmt: skip
    one = models[0]
    loaded = mlflow.sklearn.load_model(f"models:/{one.model_id}")
    said["model"] = [
        one.name, str(one.status), one.source_run_id == auto.info.run_id, one.params["C"], {m.key for m in one.metrics} > set(),
        bool((loaded.predict(features) == model.predict(features)).all()),
    ]  # fmt: skip
    mlflow.set_logged_model_tags(one.model_id, {"stage": "candidate"})
    said["model_tags"] = mlflow.get_logged_model(one.model_id).tags["stage"]
    with mlflow.start_run(run_name="reader"):
        mlflow.log_metric("auc", 0.7, model_id=one.model_id)
else:
    loaded = mlflow.sklearn.load_model(f"runs:/{auto.info.run_id}/model")
    said["model"] = [bool((loaded.predict(features) == model.predict(features)).all())]

# asynchronous logging, a batch, other ways in
with mlflow.start_run(run_name="async") as later:
    for step in range(200):
        mlflow.log_metric("loss", step, step=step, synchronous=False)
    mlflow.log_params({"a": 1}, synchronous=False)
    mlflow.flush_async_logging() if hasattr(mlflow, "flush_async_logging") else None
said["async"] = len(client.get_metric_history(later.info.run_id, "loss"))
made = client.create_run(experiment.experiment_id)
client.log_batch(made.info.run_id, [Metric(f"m{i}", i, 1700000000000 + i, i) for i in range(1000)], [], [])
client.log_batch(
    made.info.run_id, [], [Param(f"p{i}", str(i)) for i in range(100)], [RunTag(f"t{i}", "v") for i in range(100)]
)
client.set_terminated(made.info.run_id, "KILLED")
whole = client.get_run(made.info.run_id)
said["batch"] = [len(whole.data.metrics), len(whole.data.params), sum(key.startswith("t") for key in whole.data.tags),
                 whole.info.status]  # fmt: skip

# searches
ids = [experiment.experiment_id]


def names(text, **more):
    return [one.info.run_name for one in client.search_runs(ids, text, **more)]


said["search"] = {
    "metric": names("metrics.auc > 0.85"), "param": names("params.model = 'XGB'"), "case": names("params.model = 'xgb'"),
    "both": names("metrics.auc >= 0.8 AND tags.team = 'risk'"), "or": sorted(names("params.depth = '6' OR run_name = 'child'")),
    "like": names("attributes.run_name LIKE 'Every%'"), "ilike": names("params.model ILIKE 'xg%'"),
    "order": names("metrics.auc > 0", order_by=["metrics.auc DESC"]), "quoted": names('metrics."val loss" > 0'),
    "status": names("attributes.status = 'KILLED'") == [whole.info.run_name], "dataset": sorted(names("dataset.name = 'people'")),
}  # fmt: skip
pages = client.search_runs(ids, "", max_results=3)
seen = [one.info.run_id for one in pages]
while pages.token:
    pages = client.search_runs(ids, "", max_results=3, page_token=pages.token)
    seen += [one.info.run_id for one in pages]
said["pages"] = [len(seen), len(set(seen))]
said["frame"] = sorted(
    name for name in mlflow.search_runs(ids).columns if name in ("metrics.loss", "params.depth", "tags.team")
)

# delete and restore
client.delete_run(child.info.run_id)
said["deleted"] = [client.get_run(child.info.run_id).info.lifecycle_stage, "child" in names(""),
                   [one.info.run_name for one in client.search_runs(ids, "", run_view_type=2)]]  # fmt: skip
client.restore_run(child.info.run_id)
said["restored"] = [client.get_run(child.info.run_id).info.lifecycle_stage, "child" in names("")]
client.rename_experiment(experiment.experiment_id, "team/Churn 2")
said["renamed"] = mlflow.get_experiment(experiment.experiment_id).name
client.delete_experiment(experiment.experiment_id)
said["gone"] = [
    mlflow.get_experiment(experiment.experiment_id).lifecycle_stage,
    client.get_run(run.info.run_id).info.lifecycle_stage,
]
client.restore_experiment(experiment.experiment_id)
said["back"] = [mlflow.get_experiment(experiment.experiment_id).lifecycle_stage, len(names(""))]

# what is refused
refused = {}
for what, act in {
    "param": lambda: client.log_param(run.info.run_id, "depth", 7),
    "run": lambda: client.get_run("0" * 32),
    "twice": lambda: client.create_experiment("team/Churn 2"),
    "filter": lambda: names("metrics.auc >"),
    "registry": lambda: mlflow.register_model(f"runs:/{auto.info.run_id}/model", "m"),
}.items():
    try:
        act()
    except MlflowException as error:
        refused[what] = error.error_code
said["refused"] = refused
json.dump(said, sys.stdout)
