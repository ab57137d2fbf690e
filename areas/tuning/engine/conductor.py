"""How a tuning job goes on: one look at what is known, then start, stop or end. Nothing is remembered between two looks but what
the database holds, so that it may be interrupted anywhere."""

import time

from django.db import transaction

from areas.tuning.engine import children, watching
from areas.tuning.engine.study import Study
from areas.tuning.models import Trial
from areas.tuning.resource import TUNING_JOB
from areas.tuning.strategies import propose
from engine import store
from engine.errors import AwsError
from engine.models import Work
from engine.runtime.conducting import conducts


@conducts(TUNING_JOB.noun)
def step(work: Work) -> None:
    """Bring a tuning job as far as it gets without waiting."""
    record = work.record
    if record.status in TUNING_JOB.terminal:
        work.delete()
        return
    study = Study(record)
    _give_up_lost(study)
    stopping = record.status == "Stopping"
    verdict = work.state.get("verdict") or (None if stopping else study.verdict(record.document["CreationTime"]))
    if stopping or verdict:
        if verdict and verdict != work.state.get("verdict"):
            _remember(work, verdict)
        for trial in study.running:
            if trial.status == "InProgress":
                children.stop(record, trial)
        if study.running:
            _tell(study)
        else:
            _end(study, work)
        return
    watching.stop_hopeless(study)
    _start(study, work)
    _tell(study)


def _start(study: Study, work: Work) -> None:
    """Start as many training jobs as may run at once."""
    record = study.record
    parallel = study.config["ResourceLimits"]["MaxParallelTrainingJobs"]
    account, region = record.connection.account, record.connection.region
    while len(study.running) < parallel and (found := study.next_slot()):
        slot, failed = found
        definition, own = study.placed(slot)
        parameters = failed.parameters if failed else propose(
            study.config["Strategy"], definition.dimensions, slot=own, seed=work.state["seed"],
            history=study.history(definition), maximize=study.maximize,
        )  # fmt: skip
        context = children.context_of(account, region, record.owner, "CreateTrainingJob", work.state["nouns"])
        number = study.trials[-1].number + 1 if study.trials else 1
        try:
            trial = children.launch(context, record, definition, parameters, number=number, slot=slot)
        except AwsError as error:
            if error.code == "ResourceInUse":
                raise  # somebody has a job of this name; the next look draws another
            reason = f"ClientError: Training job {number} could not be created: {error.message}"
            _remember(work, {"status": "Failed", "reason": reason[:1024]})
            return
        study.trials.append(trial)


def _remember(work: Work, verdict: dict) -> None:
    """A verdict is final: what the training jobs tell while they are being stopped doesn't change it."""
    work.state = {**work.state, "verdict": verdict}
    work.save(update_fields=["state"])


def _give_up_lost(study: Study) -> None:
    for trial in study.running:
        if trial.job_id is None:
            trial.status, trial.judged, trial.reason = "Failed", Trial.FAILED, "The training job was removed."
            trial.save(update_fields=["status", "judged", "reason"])


def _tell(study: Study) -> None:
    """Write to the document what changed of what the trials say."""
    members = study.members()
    if any(study.document.get(name) != value for name, value in members.items()):
        store.change(study.record.id, lambda document: _write(document, members), TUNING_JOB)


def _write(document: dict, members: dict, now: float | None = None) -> None:
    document.update(members)
    if now:
        document["ConsumedResources"] = {"RuntimeInSeconds": max(1, round(now - document["CreationTime"]))}
        document["HyperParameterTuningEndTime"] = now


def _end(study: Study, work: Work) -> None:
    members, now = study.members(), time.time()
    verdict = work.state.get("verdict") or {"status": "Stopped", "reason": ""}

    def edit(document: dict) -> None:
        _write(document, members, now)
        stopped = document[TUNING_JOB.status_field] == "Stopping"
        document[TUNING_JOB.status_field] = "Stopped" if stopped else verdict["status"]
        if verdict["reason"] and not stopped:
            document["FailureReason"] = verdict["reason"]

    with transaction.atomic():
        store.change(study.record.id, edit, TUNING_JOB, now=now)
        work.delete()
