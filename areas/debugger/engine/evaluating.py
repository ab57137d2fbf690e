"""Evaluating the rules of a training job: one container for all of them, beside the job's own and without a slot of its own.

A Work of kind "conducted" hangs on the first rule's processing job. A runner that is killed costs nothing: the container
goes on. One that has to start again reads the tensors from the first step, and comes to the same verdicts.
"""

import json
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from areas.debugger.engine import feeding, verdicts
from areas.debugger.engine.additions import hook_of
from areas.debugger.models import Evaluation
from catalog.models import Record
from engine.models import Work
from engine.runtime import files, jobs, launch
from engine.runtime.conducting import conducts

CALL = "areas.debugger.rules.run:main"
MEMORY = 2 << 30  # bytes
BEFORE = ("Starting", "Pending", "Downloading", "Restarting", "LaunchingMLInstances", "PreparingTrainingStack")
ATTEMPTS = 3
SPARE = 7 * 86400  # seconds that a container without a job lives at most


@conducts("ProcessingJob")
def evaluate(work: Work) -> None:
    """Bring a job's rules as far as they get without waiting."""
    evaluations = list(Evaluation.objects.filter(group=work.id).select_related("job").order_by("place"))
    training = Record.objects.select_related("connection").filter(id=work.state["training"]).first()
    for one in evaluations:
        if one.job.status == "Stopping":
            verdicts.stop(one, "The rule was stopped.")
    waiting = [one for one in evaluations if one.status in Evaluation.OPEN]
    if training is None:
        for one in waiting:
            verdicts.stop(one, "The training job was deleted.")
        waiting = []
    if not waiting:
        _end(work)
        return
    if not work.workspace and not _begin(work, training, evaluations, waiting):
        return
    _follow(work, training, evaluations, waiting)


def _begin(work: Work, training: Record, evaluations: list[Evaluation], waiting: list[Evaluation]) -> bool:
    """Start the container once the job trains. False while there is nothing to look at."""
    document = training.document
    ended = document["TrainingJobStatus"] in ("Completed", "Failed", "Stopped")
    if not document.get("TrainingStartTime"):
        if ended:
            for one in waiting:
                verdicts.stop(one, "The training job ended before it began to train.")
        return False
    if not ended and document.get("SecondaryStatus") in BEFORE:
        return False
    work.workspace = str(jobs.work_folder() / f"rules-{work.id}-{work.attempt}")
    work.state = {"training": work.state["training"]}
    work.save()
    _launch(work, training, evaluations)
    verdicts.begin(waiting)
    return True


def _launch(work: Work, training: Record, evaluations: list[Evaluation]) -> None:
    folder = Path(work.workspace)
    shutil.rmtree(folder, ignore_errors=True)
    document = training.document
    told = {
        "job": {"name": training.name, "status": document["TrainingJobStatus"], "start": document.get("TrainingStartTime"),
                "instance": document.get("ResourceConfig", {}).get("InstanceType", "")},
        # Where a built-in algorithm's hook saves tensors, its log says the same once more.
        "metrics_are_tensors": not (hook_of(document) and document.get("DebugHookConfig")),
        "rules": [
            {"name": one.name, "rule": one.rule, "parameters": one.parameters, "folder": _folder(one),
             "other": f"input/other/{one.place}" if one.parameters.get("other_trial") else ""}
            for one in evaluations
        ],
    }  # fmt: skip
    spec = {
        "inputs": [
            *({"kind": "folder", "to": name} for name in ("input/tensors", "input/profiler", "input/other", "output")),
            {"kind": "text", "to": "input/config/rules.json", "text": json.dumps(told)},
        ],
        "run": {"call": CALL, "preloaded": True},
        "env": {},
        "log": "",
        "limits": {"memory": MEMORY, "cpus": 1, "max_runtime": SPARE},
        "network": False,
        "hostname": "algo-1",
    }
    with suppress(FileExistsError):  # the runner before us has started it
        launch.start(spec, folder)


def _follow(work: Work, training: Record, evaluations: list[Evaluation], waiting: list[Evaluation]) -> None:
    folder = Path(work.workspace)
    process = launch.find(folder)
    if process is None:
        _launch(work, training, evaluations)
        return
    alive, result = process.alive(), process.result()
    ml = folder / "ml"
    if alive and (ml / "output").is_dir():  # the shim has laid down its folders
        before = json.dumps(work.state)
        whole = feeding.feed(work, training, ml)
        for one in waiting:
            if other := one.parameters.get("other_trial"):
                whole &= feeding.copy_new(
                    work, training, f"other{one.place}", other, ml / "input/other" / str(one.place)
                )
        ended = training.document["TrainingJobStatus"] in ("Completed", "Failed", "Stopped")
        if ended and whole and work.state.get("complete"):
            _say_ended(ml, training)
        work.state["complete"] = ended  # and one more look, for what came between the two
        if json.dumps(work.state) != before:
            work.save(update_fields=["state"])
    _hear(work, training, evaluations, ml)
    still = [one for one in evaluations if one.status in Evaluation.OPEN]
    if still and (result or not alive):
        _lost(work, still, result)


def _say_ended(ml: Path, training: Record) -> None:
    document = training.document
    files.write_json(
        ml / "input" / "ended.json",
        {"start": document.get("TrainingStartTime"), "end": document.get("TrainingEndTime"),
         "status": document["TrainingJobStatus"]},
    )  # fmt: skip
    (ml / "input" / "ended.json").chmod(0o644)


def _hear(work: Work, training: Record, evaluations: list[Evaluation], ml: Path) -> None:
    """Take what the rules have said since the last time."""
    try:
        with os.fdopen(files.open_below(ml, "output/events.jsonl"), "rb") as file:
            file.seek(work.state.get("heard", 0))
            block = file.read()
    except OSError:
        return
    whole = block[: block.rfind(b"\n") + 1]
    for line in whole.splitlines():
        verdicts.take(training, evaluations, json.loads(line), ml)
    if whole:
        work.state["heard"] = work.state.get("heard", 0) + len(whole)
        work.save(update_fields=["state"])


def _lost(work: Work, waiting: list[Evaluation], result: dict | None) -> None:
    """The container is gone with rules left over: start again if the Studio was shut down, else say so."""
    shut_down = (Path(work.workspace) / jobs.SHUT_DOWN).exists()
    if result is None and (shut_down or work.attempt < ATTEMPTS):
        shutil.rmtree(work.workspace, ignore_errors=True)
        work.attempt += 0 if shut_down else 1
        work.workspace, work.state = "", {"training": work.state["training"]}
        work.save()
        return
    why = (result or {}).get("message") or "The process of the rules was killed from outside."
    for one in waiting:
        verdicts.fail(one, why)


def _end(work: Work) -> None:
    if work.workspace:
        if process := launch.find(Path(work.workspace)):
            deadline = time.monotonic() + 0.5
            while process.alive() and time.monotonic() < deadline:
                time.sleep(0.01)
            process.kill()
        shutil.rmtree(work.workspace, ignore_errors=True)
    work.delete()


def _folder(one: Evaluation) -> str:
    """A rule's folder in the container: its own name may have any characters."""
    return f"{one.place}-{one.rule}"
