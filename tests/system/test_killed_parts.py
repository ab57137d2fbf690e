"""Fifty jobs while parts are killed: every job ends truthfully, no artifact is missing or double, nothing is left behind."""

import io
import tarfile
import threading
import time

import pytest

from tests.system.stage import Studio

pytestmark = pytest.mark.slow

JOBS = 50
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
VICTIMS = ("manage.py workers", "engine.asgi", "gunicorn")


def request(name: str, role: str) -> dict:
    return {
        "TrainingJobName": name,
        "RoleArn": role,
        "HyperParameters": {"num_round": "5", "objective": "reg:squarederror"},
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "ContentType": "text/csv", "DataSource": {
            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://chaos/data/"}}}],
        "OutputDataConfig": {"S3OutputPath": "s3://chaos/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
    }  # fmt: skip


def torment(studio: Studio, done: threading.Event) -> None:
    """Kill each part three times, and flush Redis once in the middle."""
    import redis

    from studio.environment import run_dir

    for turn in range(3):
        for victim in VICTIMS:
            if done.wait(1.0):
                return
            studio.kill(victim)
        if turn == 1:
            redis.Redis(unix_socket_path=str(run_dir(studio.home) / "redis.sock")).flushall()


def test_fifty_jobs_survive(tmp_path):
    with Studio(tmp_path / "home") as studio:
        s3 = studio.client("s3")
        s3.create_bucket(Bucket="chaos")
        rows = "".join(f"{n % 7},{n},{n * n % 11}\n" for n in range(500))
        s3.put_object(Bucket="chaos", Key="data/train.csv", Body=rows.encode())
        done = threading.Event()
        tormentor = threading.Thread(target=torment, args=(studio, done))
        tormentor.start()
        names = [f"chaos-{number:02}" for number in range(JOBS)]
        for name in names:
            studio.rest("POST", "/training-jobs/", request(name, studio.keys["role_arn"]))
        tormentor.join()
        jobs = wait_for_all(studio, names)
        assert {name: job["status"] for name, job in jobs.items()} == dict.fromkeys(names, "Completed")
        check_artifacts(s3, names)
        check_runs(studio, names)
        assert workspaces_left(studio) == []
        assert studio.stop() < 10
        time.sleep(0.3)
        assert studio.processes() == []


def wait_for_all(studio: Studio, names: list[str]) -> dict:
    deadline = time.monotonic() + 180
    while True:
        page = studio.rest("GET", "/training-jobs/?limit=200&name=chaos-")
        jobs = {job["name"]: job for job in page["items"]}
        if len(jobs) == len(names) and all(job["status"] not in ("InProgress", "Stopping") for job in jobs.values()):
            return jobs
        if time.monotonic() > deadline:
            runs = studio.rest("GET", "/runs/?limit=200")["items"]
            missing = [run for run in runs if run["name"] in set(names) - set(jobs)]
            waiting = {name: job["status"] for name, job in jobs.items() if job["status"] == "InProgress"}
            raise AssertionError(f"not ended: {waiting}; not there: {missing}")
        time.sleep(0.5)


def check_artifacts(s3, names: list[str]) -> None:
    """One model.tar.gz a job, whole, with one model inside; beside it only what the profiler saw of a job that took its time."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="chaos", Prefix="output/")
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    keys = [key for key in keys if "/profiler-output/" not in key]
    assert sorted(keys) == sorted(f"output/{name}/output/model.tar.gz" for name in names)
    for key in keys:
        body = s3.get_object(Bucket="chaos", Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            assert archive.getnames() == ["xgboost-model"]


def check_runs(studio: Studio, names: list[str]) -> None:
    """Every Run says what its job says, a moment later at the most."""
    deadline = time.monotonic() + 30
    while True:
        runs = {
            run["name"]: run for run in studio.rest("GET", "/runs/?limit=200")["items"] if run["kind"] == "TrainingJob"
        }
        if all(runs[name]["state"] == "Completed" for name in names):
            return
        assert time.monotonic() < deadline, [run for run in runs.values() if run["state"] != "Completed"]
        time.sleep(0.5)


def workspaces_left(studio: Studio) -> list[str]:
    """Folders below ``work``; the runner clears them a moment after the status."""
    deadline = time.monotonic() + 10
    while left := [path.name for path in (studio.home / "work").glob("*")]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.2)
    return []
