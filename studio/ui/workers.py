"""What RQ's workers are doing, as the foot of the sidebar and Settings show it. Honest when Redis is away."""

import django_rq
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rq import Queue, Worker

KEPT_SECONDS = 2


def workers() -> dict:
    """``{"all": n, "busy": n, "queued": n, "away": False}``, or ``{"away": True}`` with the reason when Redis is away."""
    return cache.get_or_set("rq-workers", _ask, KEPT_SECONDS)


def _ask() -> dict:
    try:
        connection = django_rq.get_connection("default")
        found = Worker.all(connection=connection)
        queued = sum(len(Queue(name, connection=connection)) for name in settings.RQ_QUEUES)
        return {"all": len(found), "busy": sum(w.state == "busy" for w in found), "queued": queued, "away": False}
    except (RedisError, OSError) as error:
        return {"all": 0, "busy": 0, "queued": 0, "away": True, "error": str(error)}
