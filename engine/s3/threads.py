"""Where S3's blocking work runs: ORM calls, file reads and writes, hashing of blocks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

_pool = ThreadPoolExecutor(max_workers=12, thread_name_prefix="s3")


def run(function: Callable, *args) -> asyncio.Future:
    """Call ``function`` in a thread, for work that touches no database."""
    return asyncio.get_running_loop().run_in_executor(_pool, function, *args)


def run_orm(function: Callable, *args) -> asyncio.Future:
    """Call ``function`` in a thread whose database connections are usable, also after the server closed them."""
    return run(_with_connections, function, *args)


def _with_connections(function: Callable, *args):
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
    return function(*args)
