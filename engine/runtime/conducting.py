"""Work that starts jobs instead of being one: a tuning job and its trials. Areas say how one goes on; the runner has it do so.

A Work row of kind "conducted" lasts as long as there is something to conduct. All that a step needs it reads from the
database, so a runner that is killed costs nothing: the next one goes on from there.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from areas import index
from catalog.actor import current
from engine.models import Work
from engine.runtime.wake import poke

log = logging.getLogger(__name__)
KIND = "conducted"

_STEPS: dict[str, Callable[[Work], None]] = {}


def conducts(noun: str) -> Callable[[Callable[[Work], None]], Callable[[Work], None]]:
    """Register the function that brings a noun's work as far as it gets without waiting; it deletes the row at the end.
    It is safe to repeat, and called by one thread of one process only: about every second, and when something happens."""

    def register(step: Callable[[Work], None]) -> Callable[[Work], None]:
        _STEPS[noun] = step
        return step

    return register


def enqueue(record, state: dict) -> Work:
    """Give a new record its Work, inside the transaction that makes the record, and wake the runner after it. ``state`` gets
    the nouns that the maker's token is limited to, which limit what is started too."""
    work = Work.objects.create(record=record, kind=KIND, state={**state, "nouns": list(current().nouns)})
    stir()
    return work


def stir() -> None:
    """Have the runner look at once, after the transaction that surrounds this."""
    transaction.on_commit(lambda: poke(settings.RUN_DIR))


def tick() -> None:
    """One step of everything that is conducted; what fails is logged and tried again, and costs the others nothing."""
    index.modules("engine")
    for work in Work.objects.filter(kind=KIND).select_related("record__connection").order_by("id"):
        try:
            _STEPS[work.record.kind](work)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("%s could not go on", work.record)
