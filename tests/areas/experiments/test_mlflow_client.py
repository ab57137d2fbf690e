"""MLflow's real client against the engine: everything that people do with it, and stores that it wrote taken over."""

import io

import pytest
from django.core.management import CommandError, call_command

from areas.experiments.mlflow.tables import LoggedModel
from catalog.models import AuditEntry, Record
from catalog.runs import RunRow
from tests.areas.experiments.mlflow_stage import CLIENT, PYTHON, Raw, run_client, tracking_uri

WRITER = CLIENT.with_name("mlflow_writer.py")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="make .venv/mlflow.stamp installs MLflow's client"),
]


def test_the_client_finds_what_it_logged(aws, cast):
    from studio.rest import tokens

    text, _ = tokens.create(user=cast.alice.user, name="mlflow")
    said = run_client(tracking_uri(aws), MLFLOW_TRACKING_TOKEN=text)
    assert said["experiment"][0::2] == ["team/Churn study", "active"]
    run = said["run"]
    assert (run["status"], run["name"], run["story"], run["note"], run["team"]) == (
        "FINISHED", "Everything (1)", 4000, "A *note*", "risk",
    )  # fmt: skip
    assert {key: value for key, value in run["params"].items() if key != "long"} == {
        "depth": "6",
        "rate": "0.1",
        "model": "XGB",
    }
    assert run["metrics"] == {"auc": "0.9", "high": "inf", "loss": "0.2", "val loss": "nan"}
    assert run["dataset"] == [["people", "training"]] and run["ended"] and said["parent"]
    assert said["history"] == [[step, 1 / (step + 1)] for step in range(5)] and said["nan"] == [True]
    assert said["files"] == said["folder"] == ["config.json", "empty.bin", "notes", "plots", "table.json"]
    assert said["plots"] == ["plots/black.png", "plots/line.png"] and said["text"] == "hello"
    assert said["dict"] == {"a": 1} and said["table"] == [1, 2]
    auto = said["autolog"]
    assert auto["C"] == "0.5" and auto["datasets"] == 1 and len(auto["models"]) == 1
    assert {"training_roc_auc", "training_log_loss", "training_score"} <= set(auto["metrics"])
    assert "training_confusion_matrix.png" in auto["files"]
    assert said["model"] == ["model", "READY", True, "0.5", True, True] and said["model_tags"] == "candidate"
    assert said["async"] == 200 and said["batch"] == [1000, 100, 100, "KILLED"]
    assert said["search"] == {
        "metric": ["Everything (1)"], "param": ["Everything (1)"], "case": [], "both": ["Everything (1)"],
        "or": ["Everything (1)", "child"], "like": ["Everything (1)"], "ilike": ["Everything (1)"],
        "order": ["Everything (1)", "child", "reader"], "quoted": [], "status": True, "dataset": ["Everything (1)"],
    }  # fmt: skip
    assert said["pages"] == [6, 6] and said["frame"] == ["metrics.loss", "params.depth", "tags.team"]
    assert said["deleted"] == ["deleted", False, ["child"]] and said["restored"] == ["active", True]
    assert (said["renamed"], said["gone"], said["back"]) == ("team/Churn 2", ["deleted", "deleted"], ["active", 6])
    assert said["refused"] == {
        "param": "INVALID_PARAMETER_VALUE", "run": "RESOURCE_DOES_NOT_EXIST", "twice": "RESOURCE_ALREADY_EXISTS",
        "filter": "INVALID_PARAMETER_VALUE", "registry": "ENDPOINT_NOT_FOUND",
    }  # fmt: skip
    # What SageMaker's clients see of it.
    components = aws.client("sagemaker").list_trial_components(ExperimentName="team-Churn-study")[
        "TrialComponentSummaries"
    ]
    assert {one["DisplayName"] for one in components} >= {"Everything (1)", "child", "autolog"}


@pytest.mark.parametrize("kind", ["folder", "database", "server"])
def test_a_store_is_taken_over_once(aws, kind, tmp_path, monkeypatch):
    from engine.store import connection_for

    into = aws.connection
    if kind == "server":
        source, into = tracking_uri(aws), connection_for(aws.number, "eu-west-1")
        login = {"MLFLOW_TRACKING_USERNAME": aws.key.key_id, "MLFLOW_TRACKING_PASSWORD": aws.key.secret}
        for name, value in login.items():
            monkeypatch.setenv(name, value)
    else:
        source, login = str(tmp_path / "mlruns"), {"MLFLOW_ALLOW_FILE_STORE": "true"}
        if kind == "database":
            source = f"sqlite:///{tmp_path}/mlflow.db"
            monkeypatch.chdir(tmp_path)  # where the client puts artifacts
    ids = run_client(source, script=WRITER, **login)

    def take(**how) -> str:
        out = io.StringIO()
        call_command("import_mlflow", source, connection=into.name, stdout=out, stderr=out, **how)
        return out.getvalue()

    with pytest.raises(CommandError, match="no experiment called nothing"):
        take(experiment=["nothing"])
    first = take()
    assert "3 new runs (0 were here), 304 points, 1 files of 5 bytes and 1 logged models" in first, first
    entries = AuditEntry.objects.filter(connection=into.name, action="ImportExperiment").count()
    again = take()
    assert (
        "Took 0 new experiments, 0 new runs (3 were here), 0 points, 0 files of 0 bytes and 0 logged models" in again
    ), again
    assert AuditEntry.objects.filter(connection=into.name, action="ImportExperiment").count() == entries

    raw = Raw(aws, connection=into.name)
    whole = raw.whole(ids["run"])
    assert (whole["info"]["run_name"], whole["info"]["status"]) == ("first (1)", "FINISHED")
    assert whole["data"]["params"] == [{"key": "deep/er", "value": "0.10"}, {"key": "depth", "value": "6"}]
    last = {one["key"]: (one["value"], one["step"]) for one in whole["data"]["metrics"]}
    assert last == {"train/loss": (1 / 300, 299), "nan": ("NaN", 0), "high": ("Infinity", 0), "auc": (0.9, 0)}
    history = raw("GET", "metrics/get-history", run_id=ids["run"], metric_key="train/loss")[1]["metrics"]
    assert [(one["step"], one["timestamp"]) for one in history] == [(step, 1700000000000 + step) for step in range(300)]
    tags = {one["key"]: one["value"] for one in whole["data"]["tags"]}
    assert tags["long"] == "z" * 3000 and tags["mlflow.note.content"] == "a note"
    assert whole["inputs"]["dataset_inputs"][0]["dataset"]["name"] == "zeros"
    assert whole["outputs"]["model_outputs"] == [{"model_id": ids["model"], "step": 3}]
    path = whole["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
    assert raw.send("GET", f"mlflow-artifacts/artifacts/{path}/sub/a.txt")[1] == b"hello"
    assert raw.whole(ids["deleted"])["info"]["lifecycle_stage"] == "deleted"
    gone = raw("GET", "experiments/get-by-name", experiment_name="gone")[1]["experiment"]
    assert gone["lifecycle_stage"] == "deleted"
    model = LoggedModel.objects.get(connection=into, model_id=ids["model"])
    assert (model.name, model.status, model.params, model.tags["stage"]) == (
        "clf",
        "LOGGED_MODEL_READY",
        {"C": "0.5"},
        "new",
    )
    assert model.metrics.get(key="auc").value == 0.9
    record = Record.objects.get(connection=into, name=ids["run"])
    assert record.created.timestamp() * 1000 == pytest.approx(whole["info"]["start_time"], abs=1)
    assert RunRow.objects.get(record=record).experiment == int(whole["info"]["experiment_id"])
    # What is logged later is taken with the next run of the command.
    if kind == "server":
        there = Raw(aws)
        experiment = there("GET", "experiments/get-by-name", experiment_name="team/old study")[1]["experiment"]
        there("POST", "runs/set-tag", {"run_id": ids["run"], "key": "later", "value": "yes"})
        points = [{"key": "train/loss", "value": step, "timestamp": 1, "step": step} for step in (300, 301)]
        there("POST", "runs/log-batch", {"run_id": ids["run"], "metrics": points})
        there.run(experiment["experiment_id"])
        assert "Took 0 new experiments, 1 new runs (2 were here), 2 points" in take(experiment=["team/old study"])
        assert {"key": "later", "value": "yes"} in raw.whole(ids["run"])["data"]["tags"]


def test_what_is_no_store_is_refused(aws, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.db").write_text("no database, but long enough to look like one" * 99)
    for source, said in (
        (str(tmp_path / "none"), "no folder"), (str(tmp_path / "empty"), "no experiments"), ("sqlite:////none.db", "no file"),
        (str(tmp_path / "text.db"), "no SQLite database"), ("http://127.0.0.1:9", "does not answer"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=said):
            call_command("import_mlflow", source, connection=aws.connection.name)
    with pytest.raises(CommandError, match="no connection nothing"):
        call_command("import_mlflow", str(tmp_path), connection="nothing")
