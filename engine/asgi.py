"""The engine's ASGI application: every AWS service that the engine speaks, on one port."""

import asyncio
import os

import django
from django.apps import apps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
if not apps.ready:
    django.setup()

from engine.hosting import dataplane
from engine.wire import gateway, services


async def application(scope, receive, send) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        await gateway.serve(scope, receive, send)


async def _live(receive, send) -> None:
    """Answer the server's start and end. The service models are read meanwhile, so that no first caller waits."""
    await receive()
    warming = asyncio.create_task(asyncio.to_thread(services.warm))
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await warming
    await dataplane.close()
    await send({"type": "lifespan.shutdown.complete"})
