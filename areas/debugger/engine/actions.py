"""What a rule does when it fires. Source: developer guide "Debugger built-in actions for rules".

``stoptraining`` stops jobs whose name starts with the prefix, of the same owner only. ``email`` and ``sms`` write one event
each, from which the owner is told; nothing is sent to the address.
"""

import logging

from areas.debugger.engine.checks import actions
from areas.debugger.engine.starting import context_of
from areas.debugger.models import Evaluation
from catalog import events
from catalog.access import EVERYTHING, access_of
from catalog.models import Record
from engine.errors import AwsError
from engine.operations import handler_for

log = logging.getLogger(__name__)
MESSAGE = "SageMaker Debugger Rule Message"


def queue(training: Record, one: Evaluation, reason: str) -> None:
    """An event for each message that the rule asks for, in the transaction of its verdict."""
    for action in actions(one.parameters):
        if action["name"] in ("email", "sms"):
            detail = {
                "Action": action["name"], "Endpoint": action["endpoint"], "TrainingJobName": training.name,
                "RuleConfigurationName": one.name, "Message": f"{one.rule} at step {one.step}: {reason}",
            }  # fmt: skip
            events.emit(training.connection, MESSAGE, detail, resources=[training.arn], source="atelier.debugger")


def stop_jobs(training: Record, one: Evaluation) -> None:
    """Stop what ``stoptraining`` (or the stalled rule's own flag) is about. Stopping twice changes nothing."""
    for prefix in _prefixes(training, one):
        rows = Record.objects.filter(
            connection_id=training.connection_id, kind="TrainingJob", owner=training.owner, status="InProgress",
            name__startswith=prefix,
        )  # fmt: skip
        owner = training.owner
        access = EVERYTHING if owner.startswith("arn:") else access_of(owner, training.connection_id)
        for name in rows.values_list("name", flat=True)[:1000]:
            # SQLite's startswith takes no notice of case.
            if not name.startswith(prefix) or not access.may("stop", "TrainingJob", name):
                continue
            try:
                handler_for("sagemaker", "StopTrainingJob")(context_of(training), {"TrainingJobName": name})
            except AwsError as refusal:
                log.info("%s was not stopped: %s", name, refusal.message)  # it has ended meanwhile


def _prefixes(training: Record, one: Evaluation) -> list[str]:
    found = [
        action.get("training_job_prefix") or training.name
        for action in actions(one.parameters)
        if action["name"] == "stoptraining"
    ]
    if one.rule == "StalledTrainingRule" and one.parameters.get("stop_training_on_fire", "").lower() in ("true", "1"):
        found.append(one.parameters.get("training_job_name_prefix") or training.name)
    return found
