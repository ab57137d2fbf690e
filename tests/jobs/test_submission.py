"""A Run's calls are made once, in order, whatever happens to the workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from areas import calls
from catalog.models import Record
from jobs import runs, submission, tasks
from jobs.models import Run


def tags_of(aws, name):
    sagemaker = aws.client("sagemaker")
    arn = sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobArn"]
    return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}


def test_makes_the_calls_and_follows(aws, run, job):
    tasks.submit(run.id)
    run.refresh_from_db()
    assert (run.state, run.position, run.error) == (Run.FOLLOWING, 1, "")
    assert tags_of(aws, job["TrainingJobName"])["atelier:run"] == str(run.id)


def test_a_second_worker_leaves_a_claimed_run_alone(run):
    Run.objects.filter(id=run.id).update(state=Run.SUBMITTING, claimed=timezone.now())
    tasks.submit(run.id)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (Run.SUBMITTING, 0)


def test_goes_on_after_a_worker_died_between_the_call_and_writing_it_down(aws, run, job):
    tasks.submit(run.id)
    long_ago = timezone.now() - timedelta(minutes=5)
    Run.objects.filter(id=run.id).update(state=Run.SUBMITTING, position=0, claimed=long_ago)
    assert run.id in [run_id for run_id, *_ in submission.due()]
    tasks.submit(run.id)
    run.refresh_from_db()
    assert (run.state, run.position) == (Run.FOLLOWING, 1)
    assert Record.objects.filter(connection_id=aws.connection.id, name=job["TrainingJobName"]).count() == 1


def test_a_name_that_somebody_else_has_fails_in_the_services_words(aws, run, job):
    aws.client("sagemaker").create_training_job(**job)
    tasks.submit(run.id)
    run.refresh_from_db()
    assert run.state == Run.FAILED
    assert run.error.startswith("ResourceInUse: Training job names must be unique")


def test_bad_input_fails_in_the_services_words(aws, cast, job, redis):
    job["TrainingJobName"] = "not_a_name"
    plan = [{"call": "CreateTrainingJob", "request": job}]
    run = runs.start(aws.connection, user=cast.alice.user, kind="TrainingJob", name="not_a_name", plan=plan)
    tasks.submit(run.id)
    run.refresh_from_db()
    assert run.state == Run.FAILED
    assert "at 'trainingJobName' failed to satisfy constraint" in run.error


def test_waits_and_tries_again_while_the_service_is_away(aws, run):
    connection = run.connection
    type(connection).objects.filter(id=connection.id).update(endpoint_url="http://127.0.0.1:9")
    tasks.submit(run.id)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (Run.QUEUED, 1)
    assert run.error.startswith("Waiting to try again: EndpointConnectionError")
    assert run.due > timezone.now()
    type(connection).objects.filter(id=connection.id).update(endpoint_url=connection.endpoint_url)
    Run.objects.filter(id=run.id).update(due=timezone.now())
    tasks.submit(run.id)
    run.refresh_from_db()
    assert (run.state, run.error) == (Run.FOLLOWING, "")


def test_a_step_that_does_not_exist_says_so(aws, cast, redis):
    run = runs.start(
        aws.connection, user=cast.alice.user, kind="X", name="x", plan=[{"call": "nowhere.nothing", "request": {}}]
    )
    tasks.submit(run.id)
    run.refresh_from_db()
    assert (run.state, run.error) == (Run.FAILED, "This Studio has no step nowhere.nothing.")


def test_a_run_can_be_taken_back_until_it_is_submitted(run, aws, job):
    assert runs.cancel(run)
    tasks.submit(run.id)
    run.refresh_from_db()
    assert run.state == Run.STOPPED
    with pytest.raises(calls.CallFailed):
        calls.call(aws.connection, "DescribeTrainingJob", TrainingJobName=job["TrainingJobName"])
    assert not runs.cancel(run)
