"""How often a predict key was used: counted in Redis, so that all web processes share one count."""

import time

import django_rq
from django.db.models import F
from django.utils import timezone
from redis.exceptions import RedisError

from areas.endpoints.models import PredictKey

SAVE_EVERY = 10  # seconds between two writes of a key's count to the database


class CountingFailed(Exception):
    """Redis can't be reached, so a limit can't be kept."""


def take(key: PredictKey) -> int:
    """Count one request of ``key``. Returns 0, or the seconds to wait when its minute is used up.

    Minutes are those of the clock. Raises CountingFailed when the key has a limit and Redis can't be asked: a limit
    that isn't kept would be a lie. A key without a limit goes on, uncounted.
    """
    now = time.time()
    minute, name = int(now // 60), _name(key)
    try:
        pipeline = django_rq.get_connection("default").pipeline()
        pipeline.incr(f"{name}:{minute}")
        pipeline.expire(f"{name}:{minute}", 120)
        count = pipeline.execute()[0]
        if key.per_minute and count > key.per_minute:
            return max(1, int((minute + 1) * 60 - now + 0.999))
        _count_use(name, key)
    except RedisError as error:
        if key.per_minute:
            raise CountingFailed(f"The rate limit can't be checked, Redis can't be reached: {error}") from error
        _save(key, 1)
    return 0


def unsaved(key: PredictKey) -> int:
    """Requests let through since the count in the database was last written; 0 when Redis can't be asked."""
    try:
        return int(django_rq.get_connection("default").get(f"{_name(key)}:unsaved") or 0)
    except RedisError:
        return 0


def _name(key: PredictKey) -> str:
    """By digest: a number may come again when a row is deleted."""
    return f"atelier:predict:{key.hashed[:24]}"


def _count_use(name: str, key: PredictKey) -> None:
    redis = django_rq.get_connection("default")
    pipeline = redis.pipeline()
    pipeline.incr(f"{name}:unsaved")
    pipeline.set(f"{name}:saved", 1, nx=True, ex=SAVE_EVERY)
    if pipeline.execute()[1]:
        _save(key, int(redis.getdel(f"{name}:unsaved") or 0))


def _save(key: PredictKey, uses: int) -> None:
    PredictKey.objects.filter(pk=key.pk).update(used=F("used") + uses, last_used=timezone.now())
