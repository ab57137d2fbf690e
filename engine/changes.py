"""Who wants to know that a record changed: lineage, events and the audit log listen here, inside the change's own transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from catalog.models import Record


@dataclass(frozen=True)
class Change:
    """What happened to a record. ``before`` is its document until now, None if the record is new."""

    record: Record  # as it is now; as it was last, if it is gone
    before: dict | None
    is_removal: bool = False

    @property
    def is_new(self) -> bool:
        return self.before is None


Listener = Callable[[Change], None]

_listeners: dict[str, list[Listener]] = {}
_late: dict[str, list[Listener]] = {}
_collected: ContextVar[list[Change] | None] = ContextVar("changes", default=None)


def on_change(*nouns: str, late: bool = False) -> Callable[[Listener], Listener]:
    """Register a function for every change of records of these nouns (``"*"``: all). It runs in the change's transaction, in
    the gateway or in the runner: what it raises undoes the change. ``late`` ones need what others made of the change, and run
    after them, in whatever order the areas were imported."""

    def register(listener: Listener) -> Listener:
        for noun in nouns:
            (_late if late else _listeners).setdefault(noun, []).append(listener)
        return listener

    return register


def tell(record: Record, before: dict | None, *, is_removal: bool = False) -> None:
    """Called by ``engine.store`` alone."""
    change = Change(record, before, is_removal)
    if (made := _collected.get()) is not None:
        made.append(change)
    for kept in (_listeners, _late):
        for listener in (*kept.get(record.kind, ()), *kept.get("*", ())):
            listener(change)


@contextmanager
def collected() -> Iterator[list[Change]]:
    """The changes that the block makes, in order."""
    made: list[Change] = []
    token = _collected.set(made)
    try:
        yield made
    finally:
        _collected.reset(token)
