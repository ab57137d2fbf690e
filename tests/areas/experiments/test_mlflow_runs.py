"""MLflow's REST API: experiments, runs, parameters, tags, metrics, what is refused, and that SageMaker's clients see the same."""

import httpx
import pytest

from catalog.models import AuditEntry, Record
from catalog.runs import RunParameter, RunRow
from tests.areas.experiments.mlflow_stage import Raw


@pytest.fixture
def raw(aws) -> Raw:
    return Raw(aws)


def refused(answer: tuple[int, dict]) -> tuple[int, str]:
    return answer[0], answer[1].get("error_code", "")


def test_an_experiment_of_sagemakers_and_one_of_mlflows_are_one(aws, raw):
    sagemaker = aws.client("sagemaker")
    sagemaker.create_experiment(ExperimentName="churn")
    found = raw("GET", "experiments/get-by-name", experiment_name="churn")[1]["experiment"]
    run = raw.run(found["experiment_id"], run_name="from MLflow", tags=[{"key": "team", "value": "risk"}])
    raw("POST", "runs/log-parameter", {"run_id": run, "key": "rate", "value": "0.010"})
    raw("POST", "runs/log-metric", {"run_id": run, "key": "auc", "value": 0.9, "timestamp": 1700000000123, "step": 3})
    raw("POST", "runs/update", {"run_id": run, "status": "FINISHED", "end_time": 1700000009999})
    listed = sagemaker.list_trial_components(ExperimentName="churn")["TrialComponentSummaries"]
    assert [(one["TrialComponentName"], one["DisplayName"]) for one in listed] == [(run, "from MLflow")]
    described = sagemaker.describe_trial_component(TrialComponentName=run)
    assert described["Parameters"] == {"rate": {"StringValue": "0.010"}}
    assert described["Status"]["PrimaryStatus"] == "Completed"
    assert [(one["MetricName"], one["Last"]) for one in described["Metrics"]] == [("auc", 0.9)]
    trials = sagemaker.list_trials(ExperimentName="churn")["TrialSummaries"]
    assert [one["TrialName"] for one in trials] == ["Default-Run-Group-churn"]
    # And the other way: what SageMaker's client logs is an MLflow run.
    sagemaker.create_trial_component(TrialComponentName="sdk", Parameters={"depth": {"NumberValue": 6}})
    sagemaker.associate_trial_component(TrialComponentName="sdk", TrialName="Default-Run-Group-churn")
    whole = raw.whole("sdk")
    assert whole["data"]["params"] == [{"key": "depth", "value": "6"}]
    assert whole["info"]["experiment_id"] == found["experiment_id"]


def test_names_that_aws_would_refuse_are_display_names(aws, raw):
    number = raw.experiment("team/Churn (new)")
    record = Record.objects.get(id=number)
    assert (record.name, record.document["DisplayName"]) == ("team-Churn-new", "team/Churn (new)")
    assert Record.objects.get(id=raw.experiment("team.Churn new")).name == "team-Churn-new-2"
    assert refused(raw("POST", "experiments/create", {"name": "team/Churn (new)"})) == (400, "RESOURCE_ALREADY_EXISTS")
    raw("POST", "experiments/update", {"experiment_id": number, "new_name": "else"})
    assert raw("GET", "experiments/get", experiment_id=number)[1]["experiment"]["name"] == "else"
    assert refused(raw("GET", "experiments/get-by-name", experiment_name="nothing")) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_the_run_that_names_no_experiment_is_in_default(raw):
    run = raw("POST", "runs/create", {"experiment_id": "0"})[1]["run"]["info"]
    found = raw("GET", "experiments/get", experiment_id="0")[1]["experiment"]
    assert (found["name"], found["experiment_id"]) == ("Default", run["experiment_id"])
    assert raw.whole(run["run_id"])["info"]["run_name"].count("-") == 2


def test_a_run_comes_back_as_it_was_logged(raw):
    experiment = raw.experiment()
    tags = [
        {"key": "mlflow.user", "value": "ann"},
        {"key": "story", "value": "y" * 8000},
        {"key": "k" * 250, "value": "v"},
    ]
    run = raw.run(experiment, run_name="one", start_time=1700000000123, tags=tags)
    batch = {
        "run_id": run, "params": [{"key": "depth", "value": "6"}, {"key": "long", "value": "x" * 6000}],
        "tags": [{"key": f"t{i}", "value": str(i)} for i in range(60)] + [{"key": "mlflow.note.content", "value": "*note*"}],
        "metrics": [
            {"key": "loss", "value": 0.5, "timestamp": 1700000000124, "step": 1},
            {"key": "nan", "value": "NaN", "timestamp": "1700000000124"},
            {"key": "high", "value": "Infinity", "timestamp": 1700000000124, "step": "2"},
            {"key": "low", "value": "-Infinity", "timestamp": 1700000000124, "step": -4},
        ],
    }  # fmt: skip
    assert raw("POST", "runs/log-batch", batch) == (200, {})
    whole = raw.whole(run)
    assert {one["key"]: (one["value"], one["step"], one["timestamp"]) for one in whole["data"]["metrics"]} == {
        "loss": (0.5, 1, 1700000000124), "nan": ("NaN", 0, 1700000000124), "high": ("Infinity", 2, 1700000000124),
        "low": ("-Infinity", -4, 1700000000124),
    }  # fmt: skip
    assert whole["data"]["params"] == batch["params"]
    found = {one["key"]: one["value"] for one in whole["data"]["tags"]}
    assert found == {
        **{one["key"]: one["value"] for one in (*tags, *batch["tags"])}, "mlflow.runName": "one",
    }  # fmt: skip
    info = whole["info"]
    assert (info["user_id"], info["start_time"], info["status"]) == ("ann", 1700000000123, "RUNNING")
    record = Record.objects.get(name=run)
    assert RunRow.objects.get(record=record).note == "*note*"
    assert RunParameter.objects.get(run=record, key="depth").number == 6
    assert raw("POST", "runs/delete-tag", {"run_id": run, "key": "story"})[0] == 200
    assert refused(raw("POST", "runs/delete-tag", {"run_id": run, "key": "story"})) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_bare_nan_is_read_and_a_history_pages(raw):
    run = raw.run(raw.experiment())
    body = b'{"run_id": "%s", "key": "loss", "value": NaN, "timestamp": 1}' % run.encode()
    assert raw.send("POST", "mlflow/runs/log-metric", body)[0] == 200
    points = [{"key": "loss", "value": i, "timestamp": 1700000000000 + i, "step": i + 1} for i in range(1000)]
    assert raw("POST", "runs/log-batch", {"run_id": run, "metrics": points})[0] == 200
    assert raw("POST", "runs/log-batch", {"run_id": run, "metrics": points})[0] == 200  # a client that tries again
    whole = raw("GET", "metrics/get-history", run_id=run, metric_key="loss")[1]["metrics"]
    assert len(whole) == 1001 and whole[0]["value"] == "NaN" and whole[-1] == {**points[-1], "value": 999.0}
    seen, token = [], {}
    while True:
        page = raw("GET", "metrics/get-history", run_id=run, metric_key="loss", max_results=400, **token)[1]
        seen += page["metrics"]
        if "next_page_token" not in page:
            break
        token = {"page_token": page["next_page_token"]}
    assert seen == whole
    other = raw.run(raw("GET", "experiments/get-by-name", experiment_name="churn")[1]["experiment"]["experiment_id"])
    chosen = raw(
        "GET", "metrics/get-history-bulk-interval", run_ids=[run, other], metric_key="loss", start_step=100, end_step=199,
    )[1]["metrics"]  # fmt: skip
    assert [one["step"] for one in chosen] == list(range(100, 200)) and {one["run_id"] for one in chosen} == {run}
    assert raw("GET", "metrics/get-history", run_id=run, metric_key="none")[1] == {"metrics": []}


def test_the_limits_are_mlflows(raw):
    run = raw.run(raw.experiment())
    metric = {"key": "m", "value": 1, "timestamp": 1}
    wrong = [
        {"metrics": [metric] * 1001}, {"params": [{"key": str(i), "value": ""} for i in range(101)]},
        {"tags": [{"key": str(i), "value": ""} for i in range(101)]},
        {"metrics": [metric] * 950, "params": [{"key": str(i), "value": ""} for i in range(51)]},
        {"params": [{"key": "k", "value": "x" * 6001}]}, {"tags": [{"key": "k", "value": "x" * 8001}]},
        {"metrics": [{**metric, "key": "x" * 251}]}, {"metrics": [{**metric, "value": "high"}]},
        {"metrics": [{**metric, "key": "../up"}]}, {"metrics": [{**metric, "key": "a@b"}]},
        {"metrics": [{**metric, "value": True}]},
        {"metrics": [{"key": "m", "value": 1}]}, {"metrics": [{"value": 1, "timestamp": 1}]},
        {"metrics": [{**metric, "timestamp": -1}]}, {"metrics": [{**metric, "step": 1.5}]}, {"metrics": {}},
        {"params": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
    ]  # fmt: skip
    for given in wrong:
        assert refused(raw("POST", "runs/log-batch", {"run_id": run, **given})) == (400, "INVALID_PARAMETER_VALUE"), (
            given
        )
    assert refused(raw("POST", "runs/log-batch", {"metrics": []})) == (400, "INVALID_PARAMETER_VALUE")
    data = raw.whole(run)["data"]
    assert (data["metrics"], data["params"], len(data["tags"])) == ([], [], 1)


def test_a_parameter_never_changes(raw):
    run = raw.run(raw.experiment())
    given = {"run_id": run, "params": [{"key": "depth", "value": "6"}]}
    assert raw("POST", "runs/log-batch", given)[0] == raw("POST", "runs/log-batch", given)[0] == 200
    status, said = raw("POST", "runs/log-batch", {
        "run_id": run, "params": [{"key": "new", "value": "1"}, {"key": "depth", "value": "7"}],
        "metrics": [{"key": "m", "value": 1, "timestamp": 1}],
    })  # fmt: skip
    assert status == 400 and "already logged with value='6'" in said["message"]
    assert raw.whole(run)["data"]["params"] == given["params"] and not raw.whole(run)["data"]["metrics"]


def test_what_is_deleted_comes_back(aws, raw):
    experiment = raw.experiment()
    run, other = raw.run(experiment, run_name="a"), raw.run(experiment, run_name="b")
    raw("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 1})
    assert raw("POST", "runs/delete", {"run_id": run})[0] == 200
    assert raw.whole(run)["info"]["lifecycle_stage"] == "deleted"
    assert raw.whole(run)["info"]["experiment_id"] == experiment
    for path in ("log-metric", "set-tag", "log-parameter", "update"):
        given = {"run_id": run, "key": "m", "value": "1", "timestamp": 1}
        assert refused(raw("POST", f"runs/{path}", given)) == (400, "INVALID_PARAMETER_VALUE"), path
    assert raw("POST", "experiments/delete", {"experiment_id": experiment})[0] == 200
    assert raw("GET", "experiments/get", experiment_id=experiment)[1]["experiment"]["lifecycle_stage"] == "deleted"
    assert raw.whole(other)["info"]["lifecycle_stage"] == "deleted"
    assert refused(raw("POST", "runs/create", {"experiment_id": experiment})) == (400, "INVALID_PARAMETER_VALUE")
    assert refused(raw("POST", "experiments/create", {"name": "churn"})) == (400, "RESOURCE_ALREADY_EXISTS")
    assert refused(raw("POST", "runs/restore", {"run_id": run})) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert raw("POST", "experiments/restore", {"experiment_id": experiment})[0] == 200
    assert raw("POST", "runs/restore", {"run_id": run})[0] == 200
    assert [raw.whole(one)["info"]["lifecycle_stage"] for one in (run, other)] == ["active", "active"]
    assert raw.whole(run)["data"]["metrics"][0]["value"] == 1.0
    said = list(
        AuditEntry.objects.filter(connection=aws.connection.name).order_by("number").values_list("action", flat=True)
    )
    assert said == [
        "CreateExperiment", "CreateTrialComponent", "CreateTrialComponent", "DeleteTrialComponent", "DeleteExperiment",
        "RestoreExperiment", "RestoreTrialComponent",
    ]  # fmt: skip


def test_what_is_not_served_says_where_to_go(raw):
    for method, path in (
        ("POST", "registered-models/create"),
        ("GET", "model-versions/get"),
        ("POST", "traces"),
        ("GET", "x"),
    ):
        status, said = raw(method, path, {} if method == "POST" else None)
        assert (status, said["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert "Model Registry" in raw("POST", "registered-models/create", {})[1]["message"]
    assert raw.send("GET", raw.base.replace("api/2.0/", "version"))[1] == b"3.17.2"
    with httpx.Client() as browser:  # "View run … at" of the client
        assert browser.get(raw.base.replace("api/2.0/", "")).headers["location"].endswith("/experiments/")
    assert raw.send("POST", "mlflow/runs/create", b"[1]")[0] == raw.send("POST", "mlflow/runs/create", b"{")[0] == 400
