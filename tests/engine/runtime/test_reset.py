"""engine_reset empties one account and leaves the others alone."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def _fill(account) -> None:
    account.connection  # noqa: B018  makes the row
    account.client("s3").put_object(Bucket=account.bucket, Key="a", Body=b"1")
    logs = account.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")


def test_one_account_is_emptied(aws, engine, django_db_blocker):
    from tests.stage import Account

    with django_db_blocker.unblock():
        other = Account(engine, str(int(aws.number) + 500_000_000))
        for account in (aws, other):
            _fill(account)
        said = StringIO()
        call_command("engine_reset", account=aws.number, yes=True, stdout=said)
        assert "1 objects" in said.getvalue()
        assert aws.client("s3").list_buckets()["Buckets"] == []
        assert aws.client("logs").describe_log_groups()["logGroups"] == []
        assert len(other.client("s3").list_buckets()["Buckets"]) == 1
        assert len(other.client("logs").describe_log_groups()["logGroups"]) == 1


def test_an_unknown_account(engine, django_db_blocker):
    with django_db_blocker.unblock(), pytest.raises(CommandError, match="no embedded account 000000000000"):
        call_command("engine_reset", account="000000000000", yes=True)


def test_a_running_job_is_ended(aws, runner, django_db_blocker):
    from engine.models import Work
    from engine.runtime import launch
    from tests.areas.training.conftest import Training, wait_for

    training = Training(aws)
    name = training.start("import time\nprint('begun')\ntime.sleep(60)\n")
    training.wait_for_line(name, "begun")
    with django_db_blocker.unblock():
        from pathlib import Path

        work = Work.objects.get(record__name=name, record__connection__account=aws.number)
        shim = launch.find(Path(work.workspace))
        call_command("engine_reset", account=aws.number, yes=True, stdout=StringIO())
        wait_for(lambda: not shim.alive())
    assert training.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
    assert not Path(work.workspace).exists()
