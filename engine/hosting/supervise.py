"""Keeps every endpoint's model servers as they are asked to be. The runner calls ``tick`` every second and when woken."""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections

from engine.cloudwatch import alarms
from engine.hosting import routes, servers
from engine.hosting.machine import Machine
from engine.models import Work

PATIENCE = 0.8  # seconds that one tick waits for starting servers
PAUSE = 0.05  # seconds between two pings of one server
LOOK = 5.0  # seconds between two pings of a server that is healthy
MISSES = 6  # of those in a row that go unanswered: the server hangs
SWEEP = 30.0  # seconds between two looks for servers that belong to nothing

log = logging.getLogger(__name__)
_pings: dict[str, Future] = {}
_pool = ThreadPoolExecutor(16, thread_name_prefix="ping")
_swept = 0.0


def tick() -> None:
    """Take every endpoint one step further. Safe to call again after any crash; one runner at a time."""
    close_old_connections()
    works = Work.objects.filter(kind="endpoint").select_related("record__connection")
    machines = [Machine(work, settings.ENGINE_PING_SECONDS) for work in works]
    machines = [machine for machine in machines if _guard(machine, "prepare", time.time())]
    healthy = _ping_all([servers.socket_path(one) for machine in machines for one in machine.starting()])
    _ask_alarms(machines)
    _find_hanging(machines)
    machines = [machine for machine in machines if _guard(machine, "settle", time.time(), healthy)]
    stuck = {work.record_id for work in works} - {machine.record.id for machine in machines}
    _write_routes(machines, stuck)  # before anybody reads InService
    for machine in machines:
        if _guard(machine, "save") and _guard(machine, "drain", time.time()):
            _guard(machine, "save")
    _sweep()


def _guard(machine: Machine, step: str, *arguments) -> bool:
    """Take a step; an endpoint that can't be taken further must not hold up the others."""
    try:
        getattr(machine, step)(*arguments)
    except Exception:
        log.exception("Endpoint %s: %s failed", machine.name, step)
        return False
    return True


class Look:
    """The pings of one healthy server: nobody waits for them."""

    def __init__(self, path: str):
        self.path, self.ping, self.asked, self.misses = path, None, 0.0, 0

    def go_on(self, now: float) -> bool:
        """Take in the last ping and send the next when it is time. False once the server hangs."""
        if self.ping and self.ping.done():
            self.misses = 0 if self.ping.result() else self.misses + 1
            self.ping = None
        if self.ping is None and now - self.asked >= LOOK:
            self.ping, self.asked = _pool.submit(servers.ping, self.path), now
        return self.misses < MISSES


_looks: dict[str, Look] = {}


def _find_hanging(machines: list[Machine]) -> None:
    """Tell each endpoint which of its healthy servers are alive but answer /ping no more."""
    healthy = {servers.socket_path(one): machine for machine in machines for one in machine.healthy()}
    for gone in set(_looks) - set(healthy):
        del _looks[gone]
    for path, machine in healthy.items():
        if not _looks.setdefault(path, Look(path)).go_on(time.monotonic()):
            machine.hanging.add(path)


def _ask_alarms(machines: list[Machine]) -> None:
    """Evaluate the alarms, and tell each deployment under way which of its own is raised."""
    watches = {watch: machine for machine in machines for watch in machine.watches()}
    try:
        raised = alarms.check(time.time(), list(watches))
    except Exception:
        log.exception("The alarms can't be evaluated")
        return
    for watch, reason in raised.items():
        watches[watch].alarm = reason


def _write_routes(machines: list[Machine], stuck: set[int]) -> None:
    """The routes of all endpoints; those whose step failed (``stuck``, by record) keep what they have."""
    found = {
        routes.key(machine.account, machine.region, machine.name): entry
        for machine in machines
        if (entry := machine.routes())
    }
    if stuck:
        found |= {key: entry for key, entry in routes.read().items() if entry["record"] in stuck}
    routes.write(found)


def _ping_all(sockets: list[str]) -> set[str]:
    """The sockets whose server is healthy. Asks again and again for a moment: most servers take longer to start."""
    for gone in set(_pings) - set(sockets):
        del _pings[gone]
    deadline = time.monotonic() + PATIENCE
    healthy: set[str] = set()
    while open_ := [path for path in sockets if path not in healthy]:
        for path in open_:
            if path not in _pings:
                _pings[path] = _pool.submit(servers.ping, path)
        wait([_pings[path] for path in open_], timeout=PAUSE)
        for path in open_:
            if _pings[path].done() and _pings.pop(path).result():
                healthy.add(path)
        if len(healthy) == len(sockets) or time.monotonic() > deadline:
            break
        time.sleep(PAUSE)
    return healthy


def _sweep() -> None:
    """End servers, and remove folders, that no endpoint knows: of a runner that was killed, or a record that was deleted."""
    global _swept
    if time.monotonic() - _swept < SWEEP and _swept:
        return
    _swept = time.monotonic()
    home = Path(settings.STUDIO_HOME)
    found = {path.name for folder in ("work", "hosting/leases") for path in (home / folder).glob("server-*")}
    known = {
        servers.title(instance)
        for state in Work.objects.filter(kind="endpoint").values_list("state", flat=True)
        for fleet in state.get("fleets", ())
        for instance in fleet["instances"]
    }
    for name in found - known:
        log.warning("Model server %s belongs to no endpoint and is removed.", name)
        servers.remove(servers.from_title(name))
