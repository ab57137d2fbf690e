"""What a rule says, written where people read it: its processing job, the training job's Describe, the log, events."""

import logging
import os
import time
from pathlib import Path

from django.db import transaction

from areas.debugger import catalogue
from areas.debugger.engine import actions
from areas.debugger.engine.starting import DEBUG, PROFILER
from areas.debugger.models import Evaluation
from areas.index import resources
from catalog import events
from catalog.models import Record
from engine import store
from engine.logs import store as logs
from engine.runtime import files
from engine.s3 import store as s3

log = logging.getLogger(__name__)
EVENT = "SageMaker Debugger Rule Evaluation Status Change"
GROUP = "/aws/sagemaker/ProcessingJobs"


def begin(evaluations: list[Evaluation]) -> None:
    """The container runs: so do the processing jobs."""
    now = time.time()
    for one in evaluations:
        store.change(one.job_id, lambda document: document.setdefault("ProcessingStartTime", now), _resource())


def take(training: Record, evaluations: list[Evaluation], said: dict, ml: Path) -> None:
    """A line of the container's events (areas/debugger/rules/run.py). What a rule says after its verdict is nothing."""
    if said["event"] == "step":
        open_ones = [one.id for one in evaluations if one.status in Evaluation.OPEN]
        Evaluation.objects.filter(id__in=open_ones).update(last_step=said["step"])
        return
    one = evaluations[said["rule"]]
    if one.status not in Evaluation.OPEN:
        return
    write_log(one, said["text"], said["t"])
    if said["event"] == "log":
        return
    keep_reports(training, one, ml)
    if said["event"] == "fired":
        fire(training, one, said["step"], said["text"])
    elif said["event"] == "clear":
        settle(one, Evaluation.NO_ISSUES, said["text"])
    else:
        fail(one, said["text"])


def fire(training: Record, one: Evaluation, step: int, reason: str) -> None:
    """The rule is met: say so, and do what it asks for."""
    details = f"RuleEvaluationConditionMet: Evaluation of the rule {one.rule} at step {step} resulted in the condition being met"
    with transaction.atomic():
        one.step = step
        if settle(one, Evaluation.ISSUES, reason, details):
            actions.queue(training, one, reason)
    actions.stop_jobs(training, one)


def fail(one: Evaluation, reason: str) -> None:
    settle(one, Evaluation.ERROR, reason, reason)


def stop(one: Evaluation, reason: str) -> None:
    settle(one, Evaluation.STOPPED, reason)


def settle(one: Evaluation, status: str, reason: str, details: str = "") -> bool:
    """Make an evaluation's status final, once. False if it was already."""
    now = time.time()
    with transaction.atomic():
        taken = Evaluation.objects.filter(id=one.id, status__in=Evaluation.OPEN).update(
            status=status, reason=reason, step=one.step, modified=store.when(now)
        )
        if not taken:
            return False
        one.status, one.reason = status, reason
        store.change(one.job_id, lambda document: _end_job(document, status, reason, now), _resource())
        store.change(one.training_id, lambda document: _show(document, one, status, details, now),
                     resources()["TrainingJob"])  # fmt: skip
        _emit(one, status, details)
    return True


def _end_job(document: dict, status: str, reason: str, now: float) -> None:
    ended = {Evaluation.ERROR: "Failed", Evaluation.STOPPED: "Stopped"}.get(status, "Completed")
    document["ProcessingJobStatus"], document["ProcessingEndTime"] = ended, now
    if ended == "Failed":
        document["FailureReason"] = f"AlgorithmError: {reason}"[:1024]
    else:
        document["ExitMessage"] = reason[:1024]


def _show(document: dict, one: Evaluation, status: str, details: str, now: float) -> None:
    for entry in document.get(PROFILER if one.is_profiler else DEBUG, ()):
        if entry["RuleConfigurationName"] == one.name:
            entry["RuleEvaluationStatus"], entry["LastModifiedTime"] = status, now
            if details:
                entry["StatusDetails"] = details[:1024]


def _emit(one: Evaluation, status: str, details: str) -> None:
    training = Record.objects.select_related("connection").filter(id=one.training_id).first()
    if training is None:
        return
    detail = {
        "TrainingJobName": training.name, "TrainingJobArn": training.arn, "RuleConfigurationName": one.name,
        "RuleEvaluationJobArn": one.job.arn, "RuleEvaluationStatus": status, "StatusDetails": details, "Step": one.step,
        "Reason": one.reason, "Advice": catalogue.RULES[one.rule].advice if status == Evaluation.ISSUES else "",
    }  # fmt: skip
    events.emit(training.connection, EVENT, detail, resources=[training.arn, one.job.arn])


def write_log(one: Evaluation, text: str, moment: float) -> None:
    """A line of the rule's own log stream."""
    connection = one.job.connection
    stream = f"{one.job.name}/algo-1-{int(one.created.timestamp())}"
    path = logs.open_stream(connection.account, connection.region, GROUP, stream)
    with open(path, "ab") as file:
        file.write(logs.format_line(int(moment * 1000), text))


def keep_reports(training: Record, one: Evaluation, ml: Path) -> None:
    """Put what a rule wrote into S3. A rule without a report has nothing there."""
    connection = training.connection
    bucket, prefix = s3.split_uri(one.output)
    for path, _, handle in files.walk(ml, f"output/rule-output/{one.place}-{one.rule}"):
        with files.open_walked(path, handle) as file:
            body = file.read()
        kind = {".html": "text/html; charset=utf-8", ".json": "application/json"}.get(os.path.splitext(path)[1], "")
        try:
            s3.put_bytes(connection.account, connection.region, bucket, f"{prefix}/{path}", body, content_type=kind)
        except Exception as error:
            log.warning("The report of %s can't be stored: %s", one, error)
            write_log(one, f"The report can't be stored at {one.output}: {error}", time.time())
            return


def _resource():
    return resources()["ProcessingJob"]
