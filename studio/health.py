"""``GET /healthz``: whether this web process can do its work."""

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from areas.allowed import strangers


@strangers
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503. Redis may be away for a while: the database says what is due."""
    database = _answers(lambda: connection.cursor().execute("SELECT 1"), Error)
    redis = _answers(lambda: Redis.from_url(settings.REDIS_URL, socket_timeout=1).ping(), RedisError)
    return JsonResponse({"database": database, "redis": redis}, status=200 if database else 503)


def _answers(ask, error: type[Exception]) -> bool:
    try:
        ask()
    except error:
        return False
    return True
