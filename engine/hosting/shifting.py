"""The second half of a deployment: the traffic moves to the new servers in steps, is watched, and goes back if need be."""

from engine.cloudwatch.alarms import Watch
from engine.cloudwatch.series import LAG
from engine.hosting import orders

TAKEN_BACK = "The deployment of {config} was rolled back to {before}. {why}"
LEFT_DOWN = " The servers of {before} did not become healthy again within {seconds:g} seconds: {why}"
REASON = 1024  # characters of a FailureReason


class Shifting:
    """The stages shifting, terminating and reverting of a Machine (engine.hosting.machine), and what they tell of."""

    def watches(self) -> list[Watch]:
        """The alarms that decide about the goal now, with what they are to measure."""
        if self.state["stage"] not in ("shifting", "terminating"):
            return []
        since = self.state.get("shifted", self.state["began"])
        names = self.goal["traffic"].get("alarms", ())
        return [Watch(self.record.connection_id, name, self.name, self.goal["serial"], since) for name in names]

    def _shifting(self, now: float) -> None:
        steps = self.goal["traffic"]["steps"]
        limit = self.goal["traffic"]["limit"]
        if why := self._wrong():
            self._take_back(why, now)
            return
        if limit is not None and now - self.state["began"] > limit:
            self._take_back(f"It took longer than its MaximumExecutionTimeoutInSeconds ({limit}).", now)
            return
        while now >= self.state["until"]:
            self.state["step"] += 1
            if self.state["step"] == len(steps):
                termination = self.goal["traffic"]["termination"]
                self.state.update(stage="terminating", until=now + termination)
                if termination:
                    self._tell_pending("Baking", f"All traffic; the old servers stay for {termination} seconds.", now)
                self._terminating(now)
                return
            share, wait = steps[self.state["step"]]
            self._share(share)
            # What happens in the last seconds of the wait is seen by the alarms a little later.
            self.state["until"] = now + wait + (LAG if wait and self.goal["traffic"].get("alarms") else 0)
            words = (
                f"Step {self.state['step'] + 1} of {len(steps)}: {100 * share:g} % of the traffic for {wait} seconds."
            )
            self._tell_pending("Baking" if wait else "ActivatingTraffic", words, now)

    def _terminating(self, now: float) -> None:
        if why := self._wrong():
            self._take_back(why, now)
        elif now >= self.state["until"]:
            self._deployed(now)

    def _wrong(self) -> str:
        """Why the fleet that gets traffic now must lose it again; "" if it needn't."""
        if self.alarm:
            return self.alarm
        down = next((instance for _, instance in self.instances("rising") if instance["state"] == "down"), None)
        return f"A server of its variant {down['variant']} went down. {down['why']}" if down else ""

    def _take_back(self, why: str, now: float) -> None:
        """All traffic to the old fleet, at once; the endpoint is InService again when that fleet is known to be healthy."""
        before = self.fleets("serving")[0]["plan"]["config"]
        reason = shorten(TAKEN_BACK.format(config=self.goal["plan"]["config"], before=before, why=why))
        for fleet in self.fleets("serving"):
            fleet["share"] = 1.0
        for fleet in self.fleets("rising"):
            self._leave(fleet, now)
        self.state.update(stage="reverting", until=now + self.patience, reason=reason)
        self._tell_pending("Deleting", "", now)
        self.edits.append(lambda document: document.update(EndpointStatus="RollingBack", FailureReason=reason))

    def _reverting(self, now: float) -> None:
        down = [instance for _, instance in self.instances("serving") if instance["state"] != "healthy"]
        if down and now < self.state["until"]:
            return
        reason, status = self.state.pop("reason"), "InService"
        if down:
            before, status = self.fleets("serving")[0]["plan"]["config"], "UpdateRollbackFailed"
            reason += LEFT_DOWN.format(
                before=before, seconds=self.patience, why=down[0].get("why", "no answer to /ping.")
            )
        self.unused = sum(orders.size(fleet["plan"]) for fleet in self.fleets("serving"))
        self._show_serving(status, shorten(reason))

    def _tell_pending(self, status: str, message: str, now: float) -> None:
        shown = {"Status": status, "StartTime": now} | ({"StatusMessage": message} if message else {})

        def edit(document: dict) -> None:
            for variant in document.get("PendingDeploymentSummary", {}).get("ProductionVariants", ()):
                variant["VariantStatus"] = [shown]
                variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"]

        self.edits.append(edit)

    def _share(self, share: float) -> None:
        for fleet in self.fleets("rising"):
            fleet["share"] = share
        for fleet in self.fleets("serving"):
            fleet["share"] = round(1 - share, 6)


def shorten(reason: str) -> str:
    return reason if len(reason) <= REASON else reason[: REASON - 1] + "…"
