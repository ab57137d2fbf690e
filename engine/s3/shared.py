"""Buckets that AWS shares with every account, such as JumpStart's: read-only, made of what the areas say they hold.

An area names its in ``areas/<area>/shared_buckets.py``: ``is_shared(name)``, ``region(name)`` and ``content(name)``, which is
{key: bytes}. They are filled when first asked for, and made new when what they hold has changed.
"""

import hashlib
import threading
from functools import cache
from types import ModuleType

from areas.index import modules
from engine.models import Bucket, S3Object

ACCOUNT = "aws"  # who owns them: no account of anybody's

_fresh: set[str] = set()
_filling = threading.Lock()


@cache
def _modules() -> list[ModuleType]:
    return modules("shared_buckets")


def is_shared(name: str) -> bool:
    return any(module.is_shared(name) for module in _modules())


def bucket(name: str) -> Bucket | None:
    """The shared bucket of that name, with all that it holds; None if there is none."""
    if not is_shared(name):
        return None
    found = Bucket.objects.filter(name=name, account=ACCOUNT).first()
    if found is None or name not in _fresh:
        with _filling:
            if found is None or name not in _fresh:
                found = _fill(name)
                _fresh.add(name)
    return found


def _fill(name: str) -> Bucket:
    from engine.s3 import store

    module = next(module for module in _modules() if module.is_shared(name))
    content = module.content(name)
    found = store.ensure_bucket(ACCOUNT, module.region(name), name)
    there = dict(S3Object.objects.filter(bucket=found).values_list("key", "etag"))
    for key, body in content.items():
        if there.get(key) != hashlib.md5(body, usedforsecurity=False).hexdigest():
            store.put_bytes(ACCOUNT, found.region, name, key, body)
    store.delete_keys(found, sorted(there.keys() - content.keys()))
    return found
