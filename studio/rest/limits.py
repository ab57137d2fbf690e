"""How often the REST API may be asked: a token bucket for each token (or signed-in person), which refills all the time.

The buckets are in Redis, so that all web processes count together; while Redis is away each process counts for itself.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import redis
from django.conf import settings

AWAY = 5.0  # seconds until Redis is tried again
KNOWN = 10_000  # buckets that a process keeps while Redis is away

# KEYS[1]: the bucket. ARGV: how much it holds, how much flows in a second. Answers what is left, as text.
_TAKE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local held = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = math.min(tonumber(ARGV[1]), (tonumber(held[1]) or ARGV[1]) + math.max(0, now - (tonumber(held[2]) or now)) * ARGV[2])
local taken = 0
if left >= 1 then left = left - 1; taken = 1 end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], 120)
return {taken, tostring(left)}
"""


@dataclass(frozen=True)
class Taken:
    """Whether one more request is fine, how many more would be, and the seconds until there is one (``wait``) and until the
    bucket is full again (``reset``)."""

    is_fine: bool
    limit: int
    left: float

    @property
    def wait(self) -> int:
        return 0 if self.left >= 1 else max(1, ceil((1 - self.left) * 60 / self.limit))

    @property
    def reset(self) -> int:
        return ceil((self.limit - self.left) * 60 / self.limit)

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit), "RateLimit-Remaining": str(int(self.left)),
            "RateLimit-Reset": str(self.reset), "RateLimit-Policy": f"{self.limit};w=60",
        }  # fmt: skip


def take(who: str) -> Taken:
    """Take one request from somebody's bucket, which holds STUDIO_RATE_LIMIT and fills itself in a minute."""
    limit = settings.STUDIO_RATE_LIMIT
    fine, left = _from_redis(who, limit) or _from_memory(who, limit)
    return Taken(fine, limit, left)


_away_until = 0.0


@lru_cache(maxsize=4)
def _script(url: str):
    client = redis.Redis.from_url(url, socket_connect_timeout=0.2, socket_timeout=0.2)
    return client.register_script(_TAKE)


def _from_redis(who: str, limit: int) -> tuple[bool, float] | None:
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        taken, left = _script(settings.REDIS_URL)(keys=[f"atelier:rate:{who}"], args=[limit, limit / 60])
    except redis.RedisError:
        _away_until = time.monotonic() + AWAY
        return None
    return taken == 1, float(left)


_buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
_lock = threading.Lock()


def _from_memory(who: str, limit: int) -> tuple[bool, float]:
    now = time.monotonic()
    with _lock:
        left, at = _buckets.pop(who, (float(limit), now))
        left = min(limit, left + (now - at) * limit / 60)
        fine = left >= 1
        left -= fine
        _buckets[who] = left, now
        if len(_buckets) > KNOWN:
            _buckets.popitem(last=False)
    return fine, left
