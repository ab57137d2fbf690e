"""All rules of a training job in one process: shows each the new steps, and tells the engine what they find.

/opt/ml/input/config/rules.json     {"job": {…}, "metrics_are_tensors": bool, "rules": [{"name", "rule",
                                    "parameters", "folder", "other"}]}
/opt/ml/input/tensors/…             the job's tensors (areas.debugger.hook.writer), filled while training runs
/opt/ml/input/metrics.jsonl         metrics of the job's log that count as tensors
/opt/ml/input/profiler/…            system metrics
/opt/ml/input/ended.json            training is over; nothing comes any more: {"start", "end", "status"}
/opt/ml/output/events.jsonl         what the rules say: {"rule": number, "event": "log" | "step" | "fired" | "clear" |
                                    "error", "step", "text"}
/opt/ml/output/rule-output/…        their reports
"""

import json
import os
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path

from areas.debugger import catalogue
from areas.debugger.profiler.rules import Facts, look
from areas.debugger.profiler.samples import Samples
from areas.debugger.rules import RULES
from areas.debugger.rules.base import NoTensors
from areas.debugger.trial import Trial

PAUSE = 0.5  # seconds
SCAN = 60.0  # seconds between looks at the profiler's samples, at least


class Events:
    def __init__(self, path: Path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")

    def say(self, rule: int, event: str, text: str = "", step: int | None = None) -> None:
        line = {"rule": rule, "event": event, "text": text, "step": step, "t": time.time()}
        with open(self.path, "a") as file:
            file.write(json.dumps(line) + "\n")


class Judge:
    """One rule on its way to its verdict. A fault of a rule is its own verdict, ``error``; the others go on."""

    def __init__(self, number: int, asked: dict, world: "World"):
        self.number, self.asked, self.world, self.events = number, asked, world, world.events
        self.done = False
        self.declared = catalogue.RULES[asked["rule"]]
        self.rule = None
        self.guard(self.start)

    def guard(self, part, *arguments) -> None:
        if self.done:
            return
        try:
            part(*arguments)
        except NoTensors as problem:
            self.end("error", f"{problem}")
        except Exception as error:
            traceback.print_exc()
            self.end("error", f"The rule failed: {type(error).__name__}: {error}")

    def start(self) -> None:
        self.parameters = self.declared.read(self.asked["parameters"])
        self.say("log", f"{self.declared.name} looks at {self.world.job['name']} with {self.parameters}.")
        if self.declared.name in RULES:
            module = import_module(f"areas.debugger.rules.{RULES[self.declared.name]}")
            self.rule = getattr(module, self.declared.name)(self.world.trial, self.parameters)
            if self.asked.get("other"):
                self.rule.other = Trial(self.world.base / self.asked["other"])
            elif self.declared.name == "SimilarAcrossRuns":
                raise NoTensors("the other job: the parameter other_trial must be given")

    def step(self, step: int) -> None:
        if self.rule is None:
            return
        if reason := self.rule.judge(step):
            self.fire(step, reason)

    def rest(self, now: float) -> None:
        if self.rule is not None and (reason := self.rule.rest(now)):
            self.fire(max(self.world.trial.index, default=0), reason)

    def scan(self) -> None:
        """A rule of the profiler fires as soon as it is met; the report waits for the end."""
        if self.declared.is_profiler and self.declared is not catalogue.REPORT:
            finding = look(self.declared.name, self.world.samples, self.world.facts(), self.parameters)
            if finding.fires:
                self.fire(max(self.world.trial.index, default=0), finding.text)

    def conclude(self) -> None:
        if self.rule is not None:
            self.rule.conclude()
        elif self.declared.is_profiler:
            self.scan()
            if self.declared is catalogue.REPORT and not self.done:
                self._write_profiler_report()
        elif self.declared.name == "CreateXgboostReport":
            from areas.debugger.report.xgboost import write

            write(self.world.trial, self.folder())
        if not self.done:
            self.end("clear", "No issues found.")

    def _write_profiler_report(self) -> None:
        from areas.debugger.report.profiler import write

        if not self.world.samples.count:
            raise NoTensors("the profiler: no system metrics were collected")
        met = write(self.world.samples, self.world.facts(), self.world.job, self.parameters, self.folder())
        if met:
            self.fire(max(self.world.trial.index, default=0), f"Met: {', '.join(met)}.")

    def folder(self) -> Path:
        folder = self.world.base / "output" / "rule-output" / self.asked["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def fire(self, step: int, reason: str) -> None:
        self.end("fired", reason, step)

    def end(self, event: str, text: str, step: int | None = None) -> None:
        self.done = True
        self.say(event, text, step)

    def say(self, event: str, text: str = "", step: int | None = None) -> None:
        self.events.say(self.number, event, text, step)


class World:
    """What all rules see."""

    def __init__(self):
        self.base = Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml")
        config = json.loads((self.base / "input/config/rules.json").read_text())
        self.job = config["job"]
        self.trial = Trial(
            self.base / "input/tensors", self.base / "input/metrics.jsonl", are_tensors=config["metrics_are_tensors"]
        )
        self.samples = Samples(self.base / "input/profiler")
        self.events = Events(self.base / "output" / "events.jsonl")
        self.judges = [Judge(number, asked, self) for number, asked in enumerate(config["rules"])]
        self.ended: dict | None = None

    def facts(self) -> Facts:
        moments = sorted((self.trial.moments or self.trial.times).values())
        ended = self.ended or {}
        times = {"start": ended.get("start", self.job.get("start")), "first_step": moments[0] if moments else None,
                 "last_step": moments[-1] if moments else None, "end": ended.get("end")}  # fmt: skip
        return Facts(times, moments)

    def open(self) -> list[Judge]:
        return [judge for judge in self.judges if not judge.done]


def main() -> int:
    """Run until every rule has its verdict; exit code 0."""
    world, scanned = World(), 0.0
    while world.open():
        ended = world.base / "input/ended.json"
        over = ended.exists()  # before the look at what is there: nothing comes after it
        _show(world, world.trial.refresh())
        now = time.time()
        if over:
            world.ended = json.loads(ended.read_text())
            _show(world, world.trial.close())
            world.samples.refresh()
            for judge in world.open():
                judge.guard(judge.conclude)
            break
        if now - scanned >= SCAN:
            scanned = now
            world.samples.refresh()
            for judge in world.open():
                judge.guard(judge.scan)
        for judge in world.open():
            judge.guard(judge.rest, now)
        time.sleep(PAUSE)
    return 0


def _show(world: World, steps: list[int]) -> None:
    for step in steps:
        for judge in world.open():
            judge.guard(judge.step, step)
        world.trial.mark_shown(step)
    if steps and world.open():
        world.events.say(-1, "step", "", steps[-1])


if __name__ == "__main__":
    sys.exit(main())
