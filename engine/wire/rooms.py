"""Rooms that areas bring for clients who speak no protocol of AWS's: ROOMS of ``areas/<area>/rooms.py``, by the first part of
the path. Such a room answers ``handle(scope, receive, send, call)``, authenticates by itself and raises nothing.
"""

from functools import cache
from importlib import import_module
from types import ModuleType

from areas import index
from engine.wire.call import Call


def room_of(call: Call) -> ModuleType | None:
    """The room that a request is for. None where it is signed: a bucket may be called as a room is."""
    first = call.path.split("/", 2)[1:2]
    module = _modules().get(first[0]) if first else None
    if module is None or call.headers.get("authorization", "").startswith("AWS"):
        return None
    if "X-Amz-Signature=" in call.query or "AWSAccessKeyId=" in call.query:
        return None
    return import_module(module)


@cache
def _modules() -> dict[str, str]:
    return {first: module for area in index.modules("rooms") for first, module in area.ROOMS.items()}
