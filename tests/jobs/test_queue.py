"""Through real Redis and real RQ workers: a flushed Redis and a killed worker lose nothing."""

import os
import signal
import subprocess
import sys
import time

import django_rq
import pytest
from django.conf import settings

from jobs import submission, tasks
from jobs.models import Run
from tests.stage import test_database_url


@pytest.fixture
def worker(redis):
    """``worker()`` starts an RQ worker process on the test's database; ``burst=True`` waits until the queue is empty."""
    started = []

    def start(burst=False):
        command = [sys.executable, "manage.py", "rqworker", "default", "--worker-class", "jobs.worker.ForkingWorker"]
        process = subprocess.Popen(
            command + ["--burst"] * burst, cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": test_database_url()},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        if burst:
            assert process.wait(60) == 0
        return process

    django_rq.get_queue("default").empty()
    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_queued_run_is_submitted_by_a_worker(worker, run):
    worker(burst=True)
    run.refresh_from_db()
    assert run.state == Run.FOLLOWING


def test_a_run_stands_in_the_queue_once(worker, run):
    for _ in range(3):
        tasks.reconcile()
    ids = django_rq.get_queue("default").job_ids
    assert [job_id for job_id in ids if job_id.startswith(f"run-{run.id}-")] == [f"run-{run.id}-0"]


def test_a_flushed_redis_loses_nothing(worker, run, redis):
    redis.client.flushall()
    worker(burst=True)
    run.refresh_from_db()
    assert run.state == Run.QUEUED
    tasks.reconcile()
    worker(burst=True)
    run.refresh_from_db()
    assert run.state == Run.FOLLOWING


def test_a_killed_worker_loses_nothing(worker, aws, cast, redis, job, monkeypatch):
    # A service that accepts the connection and never answers: the worker is in the middle of its call when it is killed.
    import socket

    from jobs import runs

    with socket.create_server(("127.0.0.1", 0)) as silent:
        here = aws.connection
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        type(here).objects.filter(id=here.id).update(endpoint_url=url)
        plan = [{"call": "CreateTrainingJob", "request": job}]
        run = runs.start(here, user=cast.alice.user, kind="TrainingJob", name=job["TrainingJobName"], plan=plan)
        process = worker()
        deadline = time.monotonic() + 30
        while Run.objects.get(id=run.id).state != Run.SUBMITTING:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)  # the work horse is in the worker's group
        process.wait()
    type(here).objects.filter(id=here.id).update(endpoint_url=aws.engine.url)
    monkeypatch.setattr(submission, "STALE", submission.STALE * 0)
    tasks.reconcile()
    worker(burst=False)
    deadline = time.monotonic() + 90
    while (state := Run.objects.get(id=run.id).state) != Run.FOLLOWING:
        assert state in Run.OPEN, Run.objects.get(id=run.id).error
        assert time.monotonic() < deadline
        tasks.reconcile()
        time.sleep(0.3)


def test_work_of_minutes_does_not_stand_before_submits(aws, cast, redis):
    import django_rq

    from jobs import runs

    steps = [{"call": "datasets.prepare", "request": {}}]
    run = runs.start(aws.connection, user=cast.alice.user, kind="Dataset", name="big", plan=steps)
    runs.enqueue(run.id, queue=runs.queue_for(steps))
    assert f"run-{run.id}-0" in django_rq.get_queue("slow").job_ids
    assert f"run-{run.id}-0" not in django_rq.get_queue("default").job_ids
