"""The database server restarts under the whole Studio: nobody is restarted for it, and nothing is lost or left behind."""

import time
import urllib.error
import urllib.request

import pytest

from tests.system.stage import Studio, answers, is_on_postgresql
from tests.system.test_killed_parts import IMAGE, request, wait_for_all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_on_postgresql(), reason="SQLite has no server that could go; set DATABASE_URL"),
]

AWAY = 4  # seconds
MOST_CONNECTIONS = 60  # a new PostgreSQL has 100
LONG_LIVED = ("uvicorn", "gunicorn", "engine_runner", "manage.py workers", "valkey-server")


def test_all_go_on_after_the_database_was_away(tmp_path):
    with Studio(tmp_path / "home") as studio:
        put_data(studio)
        runtime = studio.client("sagemaker-runtime")
        train(studio, "chaos-before")
        wait_for_all(studio, ["chaos-before"])
        deploy(studio, "chaos-before")
        assert predict(runtime) == 200
        before = long_lived(studio)
        train(studio, "chaos-during", rounds=20000)
        wait_until(lambda: status(studio, "chaos-during") == "Training", "the job does not train")

        studio.database.close()
        began = time.monotonic()
        while time.monotonic() - began < AWAY:
            assert predict(runtime) == 200, "an endpoint needs no database to answer"
            time.sleep(0.2)
        asked = ("/healthz", "/sign-in/", "/api/v1/runs/")
        assert {path: code(studio.url + path) for path in asked} == dict.fromkeys(asked, 503)
        assert code(f"{studio.engine}/_health") == 503
        studio.database.open()

        wait_until(lambda: answers(f"{studio.url}/healthz"), "the web server does not come back")
        wait_until(lambda: answers(f"{studio.engine}/_health"), "the engine does not come back")
        train(studio, "chaos-after")
        jobs = wait_for_all(studio, ["chaos-before", "chaos-during", "chaos-after"])
        assert {job["status"] for job in jobs.values()} == {"Completed"}
        assert predict(runtime) == 200
        assert long_lived(studio) == before, "a process was restarted"
        assert studio.database.connections() < MOST_CONNECTIONS
        assert studio.stop() < 10
        wait_until(lambda: studio.database.connections() == 0, "connections are left behind", 5)


def test_a_studio_that_is_shut_down_meanwhile_leaves_nothing_running(tmp_path):
    with Studio(tmp_path / "home") as studio:
        put_data(studio)
        train(studio, "chaos-long", rounds=20000)
        wait_until(lambda: status(studio, "chaos-long") == "Training", "the job does not train")
        studio.database.close()
        assert studio.stop() < 15
        time.sleep(0.3)
        assert studio.processes() == []
        studio.database.open()
        studio.start()
        assert wait_for_all(studio, ["chaos-long"])["chaos-long"]["status"] == "Completed"


def put_data(studio: Studio) -> None:
    s3 = studio.client("s3")
    s3.create_bucket(Bucket="chaos")
    rows = "".join(f"{n % 7},{n},{n * n % 11}\n" for n in range(500))
    s3.put_object(Bucket="chaos", Key="data/train.csv", Body=rows.encode())


def train(studio: Studio, name: str, rounds: int = 5) -> None:
    asked = request(name, studio.keys["role_arn"])
    asked["HyperParameters"]["num_round"] = str(rounds)
    studio.rest("POST", "/training-jobs/", asked)


def status(studio: Studio, name: str) -> str:
    page = studio.rest("GET", f"/training-jobs/?name={name}")
    if not page["items"]:
        return ""
    return studio.client("sagemaker").describe_training_job(TrainingJobName=name)["SecondaryStatus"]


def deploy(studio: Studio, job: str) -> None:
    sagemaker = studio.client("sagemaker")
    model = sagemaker.describe_training_job(TrainingJobName=job)["ModelArtifacts"]["S3ModelArtifacts"]
    sagemaker.create_model(
        ModelName="chaos", ExecutionRoleArn=studio.keys["role_arn"],
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": model},
    )  # fmt: skip
    variant = {"VariantName": "All", "ModelName": "chaos", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="chaos", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="chaos", EndpointConfigName="chaos")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="chaos", WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def predict(runtime) -> int:
    answer = runtime.invoke_endpoint(EndpointName="chaos", ContentType="text/csv", Body=b"3,9")
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def long_lived(studio: Studio) -> set[int]:
    """The ids of the processes that are to outlive everything, forks that come and go left out."""
    words = {process: " ".join(process.cmdline()) for process in studio.processes()}
    found = [process for process in words if any(part in words[process] for part in LONG_LIVED)]
    parents = {process.pid: process.ppid() for process in found}
    # The watcher of the workers and its workers stay; what a worker forks for a task doesn't.
    return {pid for pid, parent in parents.items() if parents.get(parents.get(parent)) is None}


def code(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def wait_until(is_so, else_: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, else_
        time.sleep(0.1)
