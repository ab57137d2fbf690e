"""The RQ workers that the Studio starts. They are forked from a process that has boto3 and the tasks in memory
(``manage.py workers``), so a task starts in milliseconds and the workers share that memory."""

import ctypes
import signal

import boto3  # noqa: F401
import botocore.session
from rq import Worker

from jobs import tasks  # noqa: F401

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def preload() -> None:
    """Import what boto3 imports late."""
    botocore.session.get_session().create_client(
        "sagemaker", region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-"
    )


def end_with_parent() -> None:
    """Let this process be killed when the one that forked it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class ForkingWorker(Worker):
    """RQ's own forking worker; what it had claimed when it was killed is claimed again, and nothing is left behind."""

    def main_work_horse(self, *arguments, **options):
        end_with_parent()
        super().main_work_horse(*arguments, **options)
