"""What areas add to the containers of jobs that are another area's: hooks, folders to keep in step, a profiler."""

from collections.abc import Callable
from pathlib import Path

from catalog.models import Record

Add = Callable[[Record, list[dict]], None]
Mirror = Callable[[Record, Path, float], None]

_ADD: dict[str, list[Add]] = {}
_MIRRORS: dict[tuple[str, str], Mirror] = {}


def adds_to(noun: str) -> Callable[[Add], Add]:
    """Register a function that may change the specs (engine/runtime/launch.py) of a noun's jobs, those of all hosts, before
    they start. It may raise JobFailed."""

    def register(add: Add) -> Add:
        _ADD.setdefault(noun, []).append(add)
        return add

    return register


def mirrors(noun: str, name: str) -> Callable[[Mirror], Mirror]:
    """Register the function that takes over a folder of a spec's ``sync`` instead of the noun's driver."""

    def register(mirror: Mirror) -> Mirror:
        _MIRRORS[noun, name] = mirror
        return mirror

    return register


def add_all(record: Record, specs: list[dict]) -> None:
    for add in _ADD.get(record.kind, ()):
        add(record, specs)


def mirror_of(noun: str, name: str) -> Mirror | None:
    return _MIRRORS.get((noun, name))
