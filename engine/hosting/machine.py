"""The state machine of one endpoint: from what is asked (``Work.goal``) to what runs (``Work.state``).

``Work.state`` is ``{"serial", "stage", "fleets": [fleet, …]}`` and, while the stage needs them, ``began``, ``step`` and
``until``. ``serial`` is the goal that is being worked on or reached. A fleet is ``{"role", "plan", "share", "instances"}``:

    rising    is being started for a deploy; gets traffic when the stage is shifting; its ``number`` tells it apart
    serving   answers
    leaving   gets nothing new; each server ends once nobody sends to it (``left`` is since when)

Stages: idle, rising (servers are to become healthy), shifting (the traffic moves in steps), terminating (the old fleet
is still up), reverting (the old fleet has all traffic again), failed, deleting. A rising server that ends or stays silent
fails the goal, and takes it back once it has traffic, as an alarm of the deployment does; a serving one is restarted.
Every step can be taken again after any crash: it looks at processes and files, not at what it did before.
"""

import copy
from collections.abc import Callable, Iterator

from django.db import transaction

from areas import index
from catalog.models import Record
from engine import store
from engine.hosting import orders, servers
from engine.hosting.shifting import Shifting, shorten
from engine.models import Work

UNHEALTHY = (
    "The primary container for production variant {variant} did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint. {why}"
)
HUNG = "The model server was alive, but did not answer /ping with 200 for half a minute."
DRAIN = 65  # seconds after which a server is ended though somebody holds its lease: no invocation takes that long


class Machine(Shifting):
    """One endpoint in one tick: ``prepare``, pings by the supervisor, ``settle``, ``save``, ``drain``, ``save``."""

    def __init__(self, work: Work, patience: float):
        self.id, self.goal = work.id, work.goal
        self.record: Record = work.record
        self.account, self.region = self.record.connection.account, self.record.connection.region
        self.name = self.record.name
        self.patience = patience
        self.before = work.state
        self.state = copy.deepcopy(work.state) or {"serial": 0, "stage": "idle", "fleets": []}
        self.edits: list[Callable[[dict], None]] = []
        self.unused: int | None = None  # servers that the goal asked for and that its failure gives back
        self.alarm = ""  # why the deployment is to be taken back: set between ``prepare`` and ``settle``
        self.hanging: set[str] = set()  # sockets of healthy servers that answer /ping no more: set before ``settle``
        self.gone = False

    # What there is

    def fleets(self, *roles: str) -> list[dict]:
        return [fleet for fleet in self.state["fleets"] if fleet["role"] in roles]

    def instances(self, *roles: str) -> Iterator[tuple[dict, dict]]:
        for fleet in self.fleets(*roles):
            for instance in fleet["instances"]:
                yield fleet, instance

    def awaited(self) -> list[dict]:
        """The instances whose health decides about the goal."""
        if self.goal["kind"] == "scale":
            return [instance for _, instance in self.instances("serving") if instance.get("fresh")]
        return [instance for _, instance in self.instances("rising")]

    def starting(self) -> list[dict]:
        return [one for _, one in self.instances("rising", "serving") if one["state"] == "starting"]

    def healthy(self) -> list[dict]:
        return [one for _, one in self.instances("rising", "serving") if one["state"] == "healthy"]

    def routes(self) -> dict | None:
        """This endpoint's entry of the routes; None if it takes no traffic."""
        if self.gone or self.state["stage"] in ("failed", "deleting"):
            return None
        fleets = [
            {
                "share": fleet["share"],
                "number": fleet.get("number", 0),
                "config": fleet["plan"]["config"],
                "variants": [_route(variant, fleet) for variant in fleet["plan"]["variants"]],
            }
            for fleet in self.fleets("serving", "rising")
            if fleet["share"] > 0
        ]
        return {"record": self.record.id, "fleets": fleets} if fleets else None

    # A tick, in this order

    def prepare(self, now: float) -> None:
        """Take up a new goal, notice what ended, start what is due."""
        if self.goal["serial"] != self.state["serial"]:
            self._begin(now)
        self._reap(now)
        due = [
            (fleet, instance)
            for fleet, instance in self.instances("rising", "serving")
            if instance["state"] == "new" or (instance["state"] == "down" and instance.get("restart", now + 1) <= now)
        ]
        for _, instance in due:
            if instance["attempt"]:
                servers.remove(instance)
            instance.update(state="starting", attempt=instance["attempt"] + 1, began=now)
            for stale in ("restart", "healthy", "why"):
                instance.pop(stale, None)
        if due:
            self.save()  # first, so that a runner that takes over finds what we start
        for fleet, instance in due:
            servers.start(self.account, self.region, self.name, _variant(fleet, instance), instance)
            if instance["state"] == "down":
                servers.mark_down(instance, instance["why"], now, restart=self._restarts(fleet, instance))
                servers.note(self.account, self.region, self.name, instance, instance["why"])

    def settle(self, now: float, healthy: set[str]) -> None:
        """Take in the pings (the sockets of those that answered) and move on."""
        for fleet, instance in self.instances("rising", "serving"):
            if instance["state"] == "healthy" and servers.socket_path(instance) in self.hanging:
                servers.remove(instance)
                self._down(fleet, instance, HUNG, now)
            if instance["state"] != "starting":
                continue
            if servers.socket_path(instance) in healthy:
                instance.update(state="healthy", healthy=now)
            elif now - instance["began"] > self._patience(fleet, instance):
                self._give_up(fleet, instance, now)
        stage = getattr(self, f"_{self.state['stage']}", None)
        if stage:
            stage(now)
        self._count()

    def drain(self, now: float) -> None:
        """End what left, once nobody sends to it. Call it after the routes were written."""
        for _, instance in self.instances("leaving"):
            if instance["state"] != "stopping" and (servers.drained(instance) or now - instance["left"] > DRAIN):
                servers.stop(instance)
        for fleet in self.fleets("leaving"):
            for instance in list(fleet["instances"]):
                found = servers.process(instance)
                if instance["state"] == "stopping" and (found is None or not found.alive()):
                    servers.remove(instance)
                    fleet["instances"].remove(instance)
        self.state["fleets"] = [fleet for fleet in self.state["fleets"] if fleet["instances"]]
        if self.state["stage"] == "deleting" and not self.state["fleets"]:
            self.gone = True

    def save(self) -> None:
        """Write state and record together. Nothing is written if nothing changed."""
        if not self.gone and self.state == self.before and not self.edits and self.unused is None:
            return
        with transaction.atomic():
            work = Work.objects.select_for_update().filter(id=self.id).first()
            if work is None:
                return
            if self.gone:
                if record := Record.objects.filter(id=self.record.id).first():
                    store.remove(record)
                return
            work.state = self.state
            if self.unused is not None and work.goal["serial"] == self.goal["serial"]:
                work.goal["instances"] = self.unused
            work.save(update_fields=["state", "goal"])
            if self.edits:
                store.change(self.record.id, self._edit, index.resources()["Endpoint"])
        self.before, self.edits, self.unused = copy.deepcopy(self.state), [], None

    def _edit(self, document: dict) -> None:
        for edit in self.edits:
            edit(document)
        self.record.document = document

    # The goals

    def _begin(self, now: float) -> None:
        self.state.update(serial=self.goal["serial"], began=now, step=-1, until=0)
        getattr(self, f"_begin_{self.goal['kind']}")(now)

    def _begin_deploy(self, now: float) -> None:
        plan = self.goal["plan"]
        rising = [servers.new(variant["name"]) for variant in plan["variants"] for _ in range(variant["count"])]
        fleet = {"role": "rising", "number": self.goal["serial"], "plan": plan, "share": 0.0, "instances": rising}
        self.state["fleets"].append(fleet)
        self.state["stage"] = "rising"

    def _begin_scale(self, now: float) -> None:
        for fleet in self.fleets("serving"):
            for variant in fleet["plan"]["variants"]:
                count = sum(instance["variant"] == variant["name"] for instance in fleet["instances"])
                for _ in range(self.goal["desired"][variant["name"]]["count"] - count):
                    fleet["instances"].append(servers.new(variant["name"]) | {"fresh": True})
        self.state["stage"] = "rising"

    def _begin_delete(self, now: float) -> None:
        for fleet in self.state["fleets"]:
            self._leave(fleet, now)
        self.state["stage"] = "deleting"

    # The stages

    def _rising(self, now: float) -> None:
        awaited = self.awaited()
        down = next((instance for instance in awaited if instance["state"] == "down"), None)
        if down is not None:
            self._fail(UNHEALTHY.format(variant=down["variant"], why=down["why"]), now)
        elif any(instance["state"] != "healthy" for instance in awaited):
            return
        elif self.goal["kind"] == "scale":
            self._scaled(now)
        elif self.fleets("serving"):
            self.state.update(stage="shifting", shifted=now)
            self._shifting(now)
        else:
            self._deployed(now)

    def _deployed(self, now: float) -> None:
        """The rising fleet is the endpoint's now."""
        for fleet in self.fleets("serving"):
            self._leave(fleet, now)
        for fleet in self.fleets("rising"):
            fleet.update(role="serving", share=1.0)
        plan = self.goal["plan"]
        self.state["stage"] = "idle"

        def edit(document: dict) -> None:
            document["EndpointStatus"] = "InService"
            document["EndpointConfigName"] = plan["config"]
            document["ProductionVariants"] = orders.summaries(plan, current=self._healthy())
            document.pop("PendingDeploymentSummary", None)

        self.edits.append(edit)

    def _scaled(self, now: float) -> None:
        """The new servers are healthy: weights change, servers too many leave."""
        for fleet in self.fleets("serving"):
            extra = []
            for variant in fleet["plan"]["variants"]:
                variant.update(self.goal["desired"][variant["name"]])
                mine = [instance for instance in fleet["instances"] if instance["variant"] == variant["name"]]
                extra += mine[variant["count"] :]
            for instance in fleet["instances"]:
                instance.pop("fresh", None)
            self._split(fleet, extra, now)
        self._show_serving("InService")

    def _fail(self, reason: str, now: float) -> None:
        """Give the goal up: what served goes on, and says why nothing changed. Without that the endpoint is Failed."""
        if self.state["stage"] == "rising":  # nobody was sent to them yet
            for instance in self.awaited():
                servers.remove(instance)
        for fleet in self.fleets("rising"):
            self._leave(fleet, now)
        for fleet in self.fleets("serving"):
            fleet["share"] = 1.0
            self._split(fleet, [instance for instance in fleet["instances"] if instance.get("fresh")], now)
        reason = shorten(reason)
        if self.fleets("serving"):
            self._show_serving("InService", reason)
            self.unused = sum(orders.size(fleet["plan"]) for fleet in self.fleets("serving"))
            return
        self.state["stage"] = "failed"
        self.unused = 0
        self.edits.append(lambda document: document.update(EndpointStatus="Failed", FailureReason=reason))

    # Details

    def _show_serving(self, status: str, reason: str = "") -> None:
        self.state["stage"] = "idle"
        plan = copy.deepcopy(self.fleets("serving")[0]["plan"])

        def edit(document: dict) -> None:
            document["EndpointStatus"] = status
            document["ProductionVariants"] = orders.summaries(plan, current=self._healthy())
            document.pop("PendingDeploymentSummary", None)
            if reason:
                document["FailureReason"] = reason

        self.edits.append(edit)

    def _leave(self, fleet: dict, now: float) -> None:
        fleet.update(role="leaving", share=0.0)
        for instance in fleet["instances"]:
            instance.setdefault("left", now)

    def _split(self, fleet: dict, extra: list[dict], now: float) -> None:
        if extra:
            fleet["instances"] = [instance for instance in fleet["instances"] if instance not in extra]
            leaving = {"role": "leaving", "plan": fleet["plan"], "share": 0.0, "instances": extra}
            self._leave(leaving, now)
            self.state["fleets"].append(leaving)

    def _reap(self, now: float) -> None:
        for fleet, instance in self.instances("rising", "serving"):
            if instance["state"] not in ("starting", "healthy"):
                continue
            found = servers.process(instance)
            if found is None:
                instance["state"] = "new"  # the runner ended before it started this one
            elif not found.alive():
                why = servers.ended(self.account, self.region, self.name, instance, found.result())
                self._down(fleet, instance, why, now)

    def _give_up(self, fleet: dict, instance: dict, now: float) -> None:
        words = servers.last_words(self.account, self.region, self.name, instance)
        servers.remove(instance)
        why = f"It had {self._patience(fleet, instance):g} seconds to answer /ping with 200.{words}"
        self._down(fleet, instance, why, now)

    def _down(self, fleet: dict, instance: dict, why: str, now: float) -> None:
        restart = self._restarts(fleet, instance)
        servers.mark_down(instance, why, now, restart=restart)
        text = f"Down: {why}"
        if restart:
            text += f" It is started again in {instance['restart'] - now:.1f} seconds."
        servers.note(self.account, self.region, self.name, instance, text)

    def _restarts(self, fleet: dict, instance: dict) -> bool:
        fails_goal = self.state["stage"] == "rising" and (fleet["role"] == "rising" or instance.get("fresh"))
        return not fails_goal

    def _patience(self, fleet: dict, instance: dict) -> float:
        return _variant(fleet, instance)["patience"] or self.patience

    def _healthy(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for _, instance in self.instances("serving"):
            counts[instance["variant"]] = counts.get(instance["variant"], 0) + (instance["state"] == "healthy")
        return counts

    def _count(self) -> None:
        """Show how many servers are up, when that changed."""
        if self.state["stage"] != "idle" or self.edits or not self.fleets("serving"):
            return
        counts = self._healthy()
        shown = self.record.document.get("ProductionVariants", ())
        if any(variant["CurrentInstanceCount"] != counts.get(variant["VariantName"], 0) for variant in shown):

            def edit(document: dict) -> None:
                for variant in document.get("ProductionVariants", ()):
                    variant["CurrentInstanceCount"] = counts.get(variant["VariantName"], 0)

            self.edits.append(edit)


def _variant(fleet: dict, instance: dict) -> dict:
    return next(variant for variant in fleet["plan"]["variants"] if variant["name"] == instance["variant"])


def _route(variant: dict, fleet: dict) -> dict:
    up = [
        servers.route(instance)
        for instance in fleet["instances"]
        if instance["variant"] == variant["name"] and instance["state"] == "healthy" and not instance.get("fresh")
    ]
    return {"name": variant["name"], "weight": variant["weight"], "routing": variant["routing"], "instances": up}
