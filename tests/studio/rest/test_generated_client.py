"""A client that a stranger generates from the API's description works: it lists, uploads, creates, reads, votes."""

import importlib
import io
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client

from jobs.tasks import submit
from studio.rest.examples import CREATE
from tests.registry.desk import Desk

PACKAGE = "generated_for_atelier"
DATA = b"0,39.1,18.7\n1,46.5,17.9\n" * 20


@pytest.fixture(scope="session")
def generated(tmp_path_factory) -> Path:
    """The folder with the package that openapi-python-client made."""
    place = tmp_path_factory.mktemp("client")
    (place / "openapi.json").write_bytes(Client().get("/api/v1/openapi.json").content)
    (place / "config.json").write_text(json.dumps({"post_hooks": []}))
    program = Path(sys.executable).with_name("openapi-python-client")
    command = [
        program,
        "generate",
        "--path",
        "openapi.json",
        "--output-path",
        PACKAGE,
        "--meta",
        "none",
        "--config",
        "config.json",
    ]
    made = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Error" not in made.stdout, made.stdout
    return place


class Generated:
    """``client("training_jobs.list_training_jobs", limit=5)`` calls an operation of the generated package."""

    def __init__(self, person):
        from studio.rest import tokens

        text, _ = tokens.create(user=person.user, name="generated")
        module = importlib.import_module(f"{PACKAGE}.client")
        self.client = module.AuthenticatedClient(
            base_url="http://localhost", token=text, raise_on_unexpected_status=True,
            headers={"Atelier-Connection": person.aws.connection.name},
            httpx_args={"transport": httpx.WSGITransport(get_wsgi_application())},
        )  # fmt: skip

    def __call__(self, operation: str, *args, **kwargs):
        module = importlib.import_module(f"{PACKAGE}.api.{operation}")
        return module.sync_detailed(*args, client=self.client, **kwargs)


def model(name: str, values: dict):
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name).from_dict(values)


@pytest.fixture
def person(generated, monkeypatch):
    monkeypatch.syspath_prepend(str(generated))
    return Generated


def test_lists_uploads_creates_and_reads(aws, cast, person):
    alice = person(cast.alice)
    assert alice("training_jobs.list_training_jobs", limit=5).parsed.items == []

    file = importlib.import_module(f"{PACKAGE}.types").File(payload=io.BytesIO(DATA))
    made = alice("datasets.upload_dataset_file", "birds.csv", body=file, name="birds").parsed
    assert (made.dataset, made.number, made.bytes_) == ("birds", 1, len(DATA))

    example = CREATE["TrainingJob"]
    where = {"S3DataType": "S3Prefix", "S3Uri": made.location}
    channel = {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": where}}
    asked = {
        **example, "TrainingJobName": "birds-1", "RoleArn": aws.role, "InputDataConfig": [channel],
        "OutputDataConfig": {"S3OutputPath": f"s3://{aws.connection.default_bucket}/output/"},
    }  # fmt: skip
    answer = alice(
        "training_jobs.create_training_job", body=model("CreateTrainingJobBody", asked), idempotency_key="once"
    )
    assert answer.status_code == 202 and answer.parsed.state == "Queued"
    again = alice(
        "training_jobs.create_training_job", body=model("CreateTrainingJobBody", asked), idempotency_key="once"
    )
    assert again.parsed.id == answer.parsed.id
    submit(answer.parsed.id)
    run = alice("runs.get_run", answer.parsed.id).parsed
    assert (run.state, run.error, run.kind, run.name) == ("Following", "", "TrainingJob", "birds-1"), run
    (job,) = alice("training_jobs.list_training_jobs", query="name = birds-1").parsed.items
    assert (job.name, job.owner) == ("birds-1", cast.alice.name)
    assert alice("training_jobs.describe_training_job", "birds-1").parsed.document["RoleArn"] == aws.role
    refused = alice("users.list_users")
    assert refused.status_code == 403 and refused.parsed.code == "AccessDenied"


def test_votes(cast, person):
    desk = Desk(cast)
    desk.policy(approvals=1, roles=["Reviewer"])
    request = desk.version()
    rosa = person(cast.rosa)
    (listed,) = rosa("approvals.list_approvals", state="waiting").parsed.items
    seen = rosa("approvals.get_approval", listed.id).parsed.seen
    voted = rosa("approvals.vote_approval", listed.id, body=model("VoteIn", {"choice": "approve", "seen": seen})).parsed
    assert voted.state == "Approved" and desk.status(request) == "Approved"
    found = rosa("model_packages.describe_model_package", request.name).parsed  # its name has a slash
    assert found.document["ModelApprovalStatus"] == "Approved"
