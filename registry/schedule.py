"""When RQ's scheduler ticks (the ``cron`` part of ``manage.py workers``): the jobs room's ticks, and this room's."""

from rq import cron

import jobs.schedule  # noqa: F401  (registers its own)
from registry import tasks

cron.register(tasks.work, queue_name="notify", interval=2, ttl=4, result_ttl=0, failure_ttl=3600, job_timeout=120)
cron.register(
    tasks.sweep, queue_name="notify", interval=3600, ttl=3600, result_ttl=0, failure_ttl=3600, job_timeout=600
)
cron.register(tasks.tick, queue_name="default", interval=2, ttl=4, result_ttl=0, failure_ttl=3600, job_timeout=120)
