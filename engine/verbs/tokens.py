"""NextToken: where the next page begins, opaque to the client and good for the same question only."""

import base64
import binascii
import hmac

import orjson
from django.conf import settings

from engine.context import Context
from engine.errors import invalid

_SIZE = 16
_FREE = ("NextToken", "MaxResults")  # a client may change these between pages


def make(context: Context, request: dict, position: list) -> str:
    payload = orjson.dumps(position)
    return base64.urlsafe_b64encode(_seal(context, request, payload) + payload).decode()


def read(context: Context, request: dict) -> list | None:
    """The position that the request's NextToken holds; None without one.

    ValidationException if it was not made by this account, region and operation for the same filters and sort.
    """
    token = request.get("NextToken")
    if token is None:
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise invalid("The NextToken is not valid.") from None
    if not hmac.compare_digest(raw[:_SIZE], _seal(context, request, raw[_SIZE:])):
        raise invalid("The NextToken is not valid for this request: it belongs to other filters, sorting or account.")
    return orjson.loads(raw[_SIZE:])


def _seal(context: Context, request: dict, payload: bytes) -> bytes:
    asked = {name: value for name, value in request.items() if name not in _FREE}
    scope = [context.account, context.region, context.operation, asked]
    text = orjson.dumps(scope, option=orjson.OPT_SORT_KEYS) + b"\n" + payload
    return hmac.digest(settings.SECRET_KEY.encode(), text, "sha256")[:_SIZE]
