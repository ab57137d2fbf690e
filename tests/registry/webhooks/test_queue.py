"""From a call over the wire to a receiver, through real Redis and a real RQ worker: nothing is lost, whatever is killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import django_rq
import orjson
import pytest
from django.conf import settings
from django.utils import timezone

from catalog import events
from catalog.models import Event
from registry import waking
from registry.webhooks import keeping
from registry.webhooks.models import Delivery
from tests.registry.webhooks.receiver import Receiver
from tests.stage import test_database_url

pytestmark = pytest.mark.slow  # starting a worker takes seconds


@pytest.fixture
def wire_hook(aws, cast, settings):
    """A webhook on the account's own connection, with its receiver. Rows stay, like the engine's."""
    from studio.environment import networks

    os.environ["STUDIO_WEBHOOK_ALLOW"] = "127.0.0.0/8"
    settings.WEBHOOK_ALLOW = networks("STUDIO_WEBHOOK_ALLOW")
    with Receiver() as receiver:
        hook, _ = keeping.create(
            actor=cast.ada.user, connection=aws.connection, name=f"hook-{aws.number}", url=receiver.url, events=["*"]
        )
        yield hook, receiver
    hook.delete()
    del os.environ["STUDIO_WEBHOOK_ALLOW"]


@pytest.fixture
def worker(redis):
    """``worker()`` starts the notify worker on the test's database; ``burst=True`` waits until its queue is empty."""
    started = []

    def start(burst=False):
        command = [sys.executable, "manage.py", "rqworker", "notify", "--worker-class", "rq.worker.SimpleWorker"]
        process = subprocess.Popen(
            command + ["--burst"] * burst, cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": test_database_url()},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        if burst:
            assert process.wait(90) == 0
        return process

    django_rq.get_queue("notify").empty()
    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_job_that_begins_over_the_wire_is_told_of(aws, wire_hook, worker, no_runner):
    _, receiver = wire_hook
    aws.client("s3").put_object(Bucket=aws.bucket, Key="train/data.csv", Body=b"1,2\n")
    aws.client("sagemaker").create_training_job(
        TrainingJobName="told", RoleArn=aws.role,
        AlgorithmSpecification={
            "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "TrainingInputMode": "File",
        },
        HyperParameters={"num_round": "1"},
        InputDataConfig=[{
            "ChannelName": "train", "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{aws.bucket}/train/"}},
        }],
        OutputDataConfig={"S3OutputPath": f"s3://{aws.bucket}/output"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )  # fmt: skip
    waking.wake()  # as the tick does
    worker(burst=True)
    told = [orjson.loads(body) for _, body in receiver.got]
    assert [one["detail-type"] for one in told] == ["SageMaker Training Job State Change"]
    assert told[0]["detail"]["TrainingJobStatus"] == "InProgress"
    assert told[0]["detail"]["CreationTime"].endswith("Z")
    assert told[0]["account"] == aws.number


def test_an_event_wakes_the_worker_once_and_a_flushed_redis_loses_nothing(aws, wire_hook, worker, redis):
    _, receiver = wire_hook
    for number in range(3):
        events.emit(aws.connection, "Atelier Test", {"number": number})
    assert django_rq.get_queue("notify").job_ids == ["notify-work"]
    redis.client.flushall()
    worker(burst=True)
    assert not receiver.got
    waking.wake()
    worker(burst=True)
    assert [orjson.loads(body)["detail"]["number"] for _, body in receiver.got] == [0, 1, 2]
    assert not Event.objects.filter(connection=aws.connection, taken=None).exists()


def test_a_killed_worker_loses_nothing(aws, wire_hook, worker):
    hook, receiver = wire_hook
    receiver.answer(200, wait=8)
    events.emit(aws.connection, "Atelier Test", {})
    process = worker()
    deadline = time.monotonic() + 60
    while not receiver.got:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert Delivery.objects.get(webhook=hook).state == Delivery.SENDING
    receiver.answer(200)
    Delivery.objects.filter(webhook=hook).update(claimed=timezone.now() - timedelta(seconds=61))
    django_rq.get_queue("notify").empty()
    django_rq.get_queue("notify").enqueue("registry.tasks.work")
    worker(burst=True)
    delivery = Delivery.objects.get(webhook=hook)
    assert delivery.state == Delivery.DELIVERED
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [delivery.message] * 2
