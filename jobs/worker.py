"""The RQ worker that the Studio starts: it has boto3 and the tasks in memory, so that a forked job starts in milliseconds."""

import ctypes
import signal

import boto3  # noqa: F401
import botocore.session
from rq import Worker

from jobs import tasks  # noqa: F401

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class PreloadedWorker(Worker):
    """RQ's own forking worker, in a process that has already read what every task needs."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        botocore.session.get_session().create_client(
            "sagemaker", region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-"
        )

    def main_work_horse(self, *arguments, **options):
        """The forked child ends with its worker: what it had claimed is claimed again, and nothing is left behind."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        super().main_work_horse(*arguments, **options)
