"""On whose behalf this thread acts: the web sets it for every request, a worker for every Run. Access and audit read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

PAGE, REST, WIRE, WORKER, ADMIN, COMMAND, SYSTEM = "page", "rest", "wire", "worker", "admin", "command", "system"


@dataclass(frozen=True)
class Actor:
    """A person by their user name, or the Studio itself (``via`` is SYSTEM or COMMAND and ``user`` is empty)."""

    user: str = ""
    via: str = SYSTEM
    source: str = ""  # IP address of the client, as far as it is known
    principal: str = ""  # ARN, on the wire
    nouns: tuple[str, ...] = ()  # what the token is limited to; (): nothing. The key of a job that it starts is, too

    @property
    def is_system(self) -> bool:
        """Whether this is the Studio's own work (reconciling, syncing) or a command on the host: nobody's rules apply."""
        return not self.user and self.via in (SYSTEM, COMMAND)


_SYSTEM = Actor()
_current: ContextVar[Actor] = ContextVar("actor")


def current() -> Actor:
    return _current.get(_SYSTEM)


def become(actor: Actor) -> None:
    """From here on, to the end of the innermost ``acting``, it is ``actor`` who acts: for a caller known only later."""
    _current.set(actor)


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """What the block does, ``actor`` does."""
    token = _current.set(actor)
    try:
        yield actor
    finally:
        _current.reset(token)
