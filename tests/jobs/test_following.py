"""Runs end when their records end, at a cost of pages and not of Runs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from areas.index import resources
from catalog.models import Connection, Record
from jobs import follow, sync, tasks
from jobs.models import Run


@pytest.mark.parametrize(
    ("status", "state"), [("Completed", Run.COMPLETED), ("Failed", Run.FAILED), ("Stopped", Run.STOPPED)]
)
def test_a_run_ends_as_its_job_ends(run, job, end, status, state):
    tasks.submit(run.id)
    tasks.poll_due()
    run.refresh_from_db()
    assert (run.state, run.status) == (Run.FOLLOWING, "InProgress")
    end(job["TrainingJobName"], status)
    tasks.poll_due()
    run.refresh_from_db()
    assert (run.state, run.status) == (state, status)
    assert run.ended is not None


def test_a_deleted_job_ends_its_run(run, aws, job):
    tasks.submit(run.id)
    Record.objects.filter(connection_id=aws.connection.id, name=job["TrainingJobName"]).delete()
    tasks.poll_due()
    run.refresh_from_db()
    assert (run.state, run.error) == (Run.STOPPED, "The training job was deleted.")


def test_a_thousand_quiet_runs_cost_a_handful_of_statements(aws):
    now, connection_id = timezone.now(), aws.connection.id
    names = [f"quiet-{number}" for number in range(1000)]
    Record.objects.bulk_create(
        Record(
            connection_id=connection_id,
            kind="TrainingJob",
            name=name,
            arn=name,
            status="InProgress",
            created=now,
            modified=now,
        )
        for name in names
    )
    Run.objects.bulk_create(
        Run(
            connection_id=connection_id,
            kind="TrainingJob",
            name=name,
            state=Run.FOLLOWING,
            status="InProgress",
            due=now,
        )
        for name in names
    )
    with CaptureQueriesContext(
        connection,
    ) as queries:
        follow.settle(aws.connection, resources()["TrainingJob"])
    assert len(queries) <= 6
    assert Run.objects.filter(connection_id=connection_id, state=Run.FOLLOWING).count() == 1000


@pytest.fixture
def far(aws):
    """An ``aws`` Connection whose AWS is the engine: the same wire, seen as a stranger's."""
    Connection.objects.filter(account=aws.number).update(name=f"here-{aws.number}")
    return Connection.objects.create(
        name=f"far-{aws.number}",
        backend=Connection.AWS,
        account=aws.number,
        region=aws.region,
        endpoint_url=aws.engine.url,
    )


def test_an_aws_connection_is_followed_by_its_lists(aws, far, job, end, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.key.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.key.secret)
    training_job, name = resources()["TrainingJob"], job["TrainingJobName"]
    aws.client("sagemaker").create_training_job(**job)
    assert sync.sync(far, training_job) == 1
    record = Record.objects.get(connection=far, kind="TrainingJob", name=name)
    theirs = Record.objects.get(connection_id=aws.connection.id, kind="TrainingJob", name=name)
    assert record.status == "InProgress"
    assert record.document["CreationTime"] == pytest.approx(theirs.document["CreationTime"], abs=0.001)
    assert record.document["HyperParameters"] == job["HyperParameters"]
    assert sync.sync(far, training_job) == 0, "nothing changed, so nothing is described"
    end(name, "Completed")
    assert sync.sync(far, training_job) == 1
    record.refresh_from_db()
    assert record.status == "Completed"


def test_the_token_bucket_holds_back_calls(aws, far):
    taken = 0
    while sync.take(far):
        taken += 1
    assert sync.BURST <= taken <= sync.BURST + 10
