"""How often strangers may ask for shared reports: counted in Redis, so that all web processes share one count."""

import time

import django_rq
from redis.exceptions import RedisError

from areas.reports.errors import TooOften

A_MINUTE = 300  # requests for reports, and what is in them, from one address
WRONG_A_MINUTE = 20  # tokens that nobody was given, from one address

_here: dict[str, int] = {}  # while Redis is away, each process counts for itself


def check(source: str) -> None:
    """Count a request from an address. Raises TooOften."""
    _count(f"atelier:shared:{source}", A_MINUTE)


def check_guess(source: str) -> None:
    """Count a wrong token from an address. Raises TooOften."""
    _count(f"atelier:shared-wrong:{source}", WRONG_A_MINUTE)


def _count(what: str, most: int) -> None:
    now = time.time()
    minute = int(now // 60)
    name = f"{what}:{minute}"
    try:
        pipeline = django_rq.get_connection("default").pipeline()
        pipeline.incr(name)
        pipeline.expire(name, 120)
        count = pipeline.execute()[0]
    except RedisError:
        for old in [one for one in _here if not one.endswith(f":{minute}")]:
            _here.pop(old, None)
        count = _here[name] = _here.get(name, 0) + 1
    if count > most:
        wait = max(1, int((minute + 1) * 60 - now + 0.999))
        raise TooOften(f"More than {most} requests a minute came from your address; ask again in {wait} s.", wait)
