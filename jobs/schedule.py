"""When RQ's scheduler ticks; ``registry.schedule`` adds its room's ticks, and ``manage.py workers`` loads that. A tick that no
worker takes in time expires, so that ticks never pile up behind a long task."""

from rq import cron

from jobs import tasks

cron.register(tasks.poll_due, queue_name="default", interval=2, ttl=4, result_ttl=0, failure_ttl=3600, job_timeout=120)
cron.register(tasks.watch, queue_name="default", interval=20, ttl=20, result_ttl=0, failure_ttl=3600, job_timeout=300)
cron.register(tasks.reconcile, queue_name="default", interval=5, ttl=10, result_ttl=0, failure_ttl=3600, job_timeout=60)
# Daily would do, but a Studio that is restarted every day must come to it too.
cron.register(
    tasks.empty_bin, queue_name="default", interval=3600, ttl=3600, result_ttl=0, failure_ttl=3600, job_timeout=600
)
cron.register(
    tasks.refresh_statistics,
    queue_name="default",
    interval=3600,
    ttl=3600,
    result_ttl=0,
    failure_ttl=3600,
    job_timeout=600,
)
