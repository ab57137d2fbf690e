"""Which function answers which operation. Areas and services register theirs; the generic verbs answer the rest."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from areas import index
from engine.context import Context

Handler = Callable[[Context, dict], dict | None]

# Services of the engine itself, beside the areas' own engine modules.
SERVICES = ("engine.identity", "engine.logs.operations", "engine.cloudwatch.operations", "engine.metrics.getting")

_HANDLERS: dict[tuple[str, str], Handler] = {}


def operation(name: str, service: str = "sagemaker") -> Callable[[Handler], Handler]:
    """Register the function that answers ``name``. It gets the validated request and returns the wire-form response."""

    def register(handler: Handler) -> Handler:
        if (service, name) in _HANDLERS:
            raise RuntimeError(f"{service}.{name} has two handlers: {_HANDLERS[service, name]} and {handler}")
        _HANDLERS[service, name] = handler
        return handler

    return register


@cache
def _load() -> None:
    for name in SERVICES:
        if find_spec(name):
            import_module(name)
    index.modules("engine")


def handler_for(service: str, name: str) -> Handler | None:
    """The function that answers an operation: its own, or a generic verb on a declared resource. None if there is neither."""
    _load()
    if found := _HANDLERS.get((service, name)):
        return found
    if service == "sagemaker":
        from engine import verbs

        return verbs.handler_for(name)
    return None
