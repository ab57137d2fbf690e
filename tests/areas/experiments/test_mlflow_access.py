"""Who may do what through MLflow's API: tokens and keys, with their limits; outsiders are refused everywhere."""

import base64
import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from areas.experiments.mlflow import caller
from areas.experiments.mlflow.routes import ROUTES
from catalog.models import AuditEntry
from tests.areas.experiments.mlflow_stage import Raw


@pytest.fixture
def token(aws):
    """A function that makes a personal token: ``token(cast.alice, writes=False)`` is a caller of MLflow's API."""
    from studio.rest import tokens

    def make(person, **limits) -> Raw:
        text, row = tokens.create(user=person.user, name="mlflow", **limits)
        made = Raw(aws, f"Bearer {text}")
        made.token = row
        return made

    return make


def code(answer: tuple[int, dict]) -> tuple[int, str]:
    return answer[0], answer[1].get("error_code", "")


def test_a_token_acts_as_its_owner(aws, cast, token):
    alice = token(cast.alice)
    run = alice.run(alice.experiment())
    assert alice("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 1})[0] == 200
    assert alice.whole(run)["info"]["user_id"] == cast.alice.name
    entry = AuditEntry.objects.filter(connection=aws.connection.name, action="CreateTrialComponent").get()
    assert (entry.user, entry.via) == (cast.alice.name, "wire")


def test_an_access_key_is_user_and_password(aws, cast):
    def basic(person, secret="") -> Raw:
        words = f"{person.key.key_id}:{secret or person.key.secret}"
        return Raw(aws, "Basic " + base64.b64encode(words.encode()).decode())

    run = basic(cast.alice).run(basic(cast.alice).experiment())
    assert basic(cast.vera).whole(run)["info"]["run_id"] == run
    assert code(basic(cast.vera)("POST", "runs/set-tag", {"run_id": run, "key": "a", "value": "b"})) == (
        403,
        "PERMISSION_DENIED",
    )
    assert code(basic(cast.alice, "wrong")("GET", "runs/get", run_id=run)) == (401, "UNAUTHENTICATED")


def test_the_key_of_a_job_logs_too(aws):
    """User is its id, password its secret and session token: the job's environment has them so."""
    from catalog.models import AccessKey

    key = AccessKey.objects.create(
        key_id=f"ASIA{aws.number}", secret="s", session_token="t", account=aws.number, nouns=["TrialComponent", "Experiment"],
        principal=f"arn:aws:sts::{aws.number}:assumed-role/R/SageMaker", expires=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    for password, status in (("s:t", 200), ("s", 401), ("s:", 401), (":t", 401)):
        raw = Raw(aws, "Basic " + base64.b64encode(f"{key.key_id}:{password}".encode()).decode())
        assert raw("POST", "runs/create", {})[0] == status
    elsewhere = AccessKey.objects.create(
        key_id=f"AKIA{aws.number}", secret="s", account="999999999999", principal="arn:aws:iam::999999999999:root"
    )
    raw = Raw(aws, "Basic " + base64.b64encode(f"{elsewhere.key_id}:s".encode()).decode())
    assert raw("POST", "runs/create", {})[0] == 404  # another account's root


def test_nobody_and_strangers_are_told_nothing(aws, cast, token):
    run = Raw(aws).run(Raw(aws).experiment())
    for authorization in ("", "Bearer nothing", "Bearer ", "Basic !!", "Digest x", "Bearer atl_" + "x" * 43):
        assert code(Raw(aws, authorization)("GET", "runs/get", run_id=run)) == (401, "UNAUTHENTICATED"), authorization
    stranger = token(cast.charlie)
    unknown = Raw(aws, stranger.authorization, "no-such-connection")
    for raw in (stranger, unknown):
        status, said = raw("GET", "runs/get", run_id=run)
        assert (status, said["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST") and "connection" in said["message"]


def test_an_outsider_is_refused_at_every_route(aws, cast, token):
    owner, charlie = Raw(aws), token(cast.charlie)
    experiment = owner.experiment()
    run = owner.run(experiment)
    model = owner("POST", "logged-models", {"experiment_id": experiment, "source_run_id": run})[1]["model"]["info"][
        "model_id"
    ]
    before = owner.whole(run)
    for route in ROUTES:
        path = (
            route.path.replace("{model_id}", model)
            .replace("{key}", "k")
            .replace("{path}", f"{experiment}/{run}/artifacts/a")
        )
        status, body, _ = charlie.send(route.method, path, b"{}" if route.method != "GET" else None)
        assert status == 404 and b"There is no embedded connection" in body, route
        status, _, _ = Raw(aws, "").send(route.method, path, b"{}" if route.method != "GET" else None)
        assert status == 401, route
    assert owner.whole(run) == before


def test_a_viewer_reads_and_changes_nothing(aws, cast, token):
    owner, vera = Raw(aws), token(cast.vera)
    experiment = owner.experiment()
    run = owner.run(experiment)
    owner.send("PUT", f"mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/a.txt", b"a")
    model = owner("POST", "logged-models", {"experiment_id": experiment, "source_run_id": run})[1]["model"]["info"][
        "model_id"
    ]
    given = {
        "experiment_id": experiment, "run_id": run, "key": "k", "value": "1", "timestamp": 1, "name": "new", "new_name": "new",
        "params": [{"key": "a", "value": "b"}], "metrics": [{"key": "m", "value": 1, "timestamp": 1}], "status": "FAILED",
        "tags": [{"key": "t", "value": "v"}], "datasets": [], "models": [], "model_json": "{}", "path": "a", "upload_id": "u",
        "parts": [],
    }  # fmt: skip

    for route in ROUTES:
        path = (
            route.path.replace("{model_id}", model)
            .replace("{key}", "k")
            .replace("{path}", f"{experiment}/{run}/artifacts/a.txt")
        )
        if route.method == "GET" or "search" in path:
            continue
        sent = {**given, "status": "LOGGED_MODEL_READY"} if route.method == "PATCH" else given
        query = {"upload_id": "u", "part_number": 1} if "/part/" in path else None
        status, body, _ = vera.send(route.method, path, json.dumps(sent).encode(), query)
        assert (status, json.loads(body)["error_code"]) == (403, "PERMISSION_DENIED"), (route, body)
    assert vera.whole(run)["data"]["params"] == []
    assert vera.send("GET", f"mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/a.txt")[1] == b"a"
    assert len(vera("POST", "runs/search", {"experiment_ids": [experiment]})[1]["runs"]) == 1


def test_the_limits_of_a_token_hold(aws, cast, token):
    from engine.store import connection_for

    owner = Raw(aws)
    run = owner.run(owner.experiment())
    reader = token(cast.alice, writes=False)
    assert reader.whole(run)["info"]["run_id"] == run
    assert code(reader("POST", "runs/set-tag", {"run_id": run, "key": "a", "value": "b"})) == (403, "PERMISSION_DENIED")
    jobs_only = token(cast.alice, nouns=["TrainingJob"])
    assert jobs_only("GET", "runs/get", run_id=run)[0] == 404
    runs_only = token(cast.alice, nouns=["TrialComponent"])
    assert runs_only("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 1})[0] == 200
    assert code(runs_only("POST", "experiments/create", {"name": "x"})) == (403, "PERMISSION_DENIED")
    elsewhere = token(cast.alice, connection=connection_for(aws.number, "eu-west-1"))
    assert elsewhere("GET", "runs/get", run_id=run)[0] == 404
    expired = token(cast.alice, expires=timezone.now() - timedelta(seconds=1))
    assert code(expired("GET", "runs/get", run_id=run)) == (401, "UNAUTHENTICATED")


def test_what_is_taken_away_is_gone_within_two_seconds(aws, cast, token, monkeypatch):
    from studio.rest import tokens

    monkeypatch.setattr(caller, "TTL", 0.3)
    owner = Raw(aws)
    run = owner.run(owner.experiment())
    alice, dan = token(cast.alice), token(cast.dan)
    log = {"run_id": run, "key": "m", "value": 1, "timestamp": 1}
    for raw in (alice, dan):
        assert raw("POST", "runs/log-metric", log)[0] == 200
    tokens.revoke(alice.token)
    cast.dan.grant.delete()
    time.sleep(0.35)
    assert code(alice("POST", "runs/log-metric", log)) == (401, "UNAUTHENTICATED")
    assert dan("POST", "runs/log-metric", log)[0] == 404


def test_a_role_for_some_names_holds(aws, cast, token):
    from catalog.models import Grant, Role

    owner = Raw(aws)
    experiment = owner.experiment()
    mine, other = owner.run(experiment, tags=[{"key": "team", "value": "risk"}]), owner.run(experiment)
    role = Role.objects.create(name=f"risk-{aws.number}", rules=[
        {"verbs": ["view", "update"], "nouns": ["TrialComponent"], "tags": {"team": "risk"}},
        {"verbs": ["view"], "nouns": ["Experiment"]},
    ])  # fmt: skip
    Grant.objects.create(role=role, connection=aws.connection, user=cast.charlie.user)
    charlie = token(cast.charlie)
    found = charlie("POST", "runs/search", {"experiment_ids": [experiment], "order_by": ["metrics.m DESC"]})[1]["runs"]
    assert [one["info"]["run_id"] for one in found] == [mine]
    assert charlie("POST", "runs/log-metric", {"run_id": mine, "key": "m", "value": 1, "timestamp": 1})[0] == 200
    assert charlie("POST", "runs/log-metric", {"run_id": other, "key": "m", "value": 1, "timestamp": 1})[0] == 404
    assert charlie.send("GET", f"mlflow-artifacts/artifacts/{experiment}/{other}/artifacts/a")[0] == 404


def test_a_bucket_may_be_called_mlflow(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="mlflow")
    s3.put_object(Bucket="mlflow", Key="embedded/api/2.0/x", Body=b"here")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "mlflow", "Key": "embedded/api/2.0/x"})
    assert Raw(aws, "").send("GET", url)[1] == b"here"
    s3.delete_object(Bucket="mlflow", Key="embedded/api/2.0/x")
    s3.delete_bucket(Bucket="mlflow")
