"""ExperimentConfig: the entry that a job has in an experiment. Every noun with that member is listened to.

The entry itself, ``<job>-aws-training-job``, is written by the lineage; here it gets its place in a trial.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ExperimentConfig.html
"""

import logging

from django.db import transaction

from areas.experiments.engine.members import join
from areas.experiments.engine.trials import make_trial
from areas.experiments.resource import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from catalog import runs
from catalog.models import Record
from engine import edits, store
from engine.changes import Change, on_change
from engine.context import Context
from engine.errors import AwsError, invalid

log = logging.getLogger(__name__)

SUFFIXES = {
    "TrainingJob": "aws-training-job", "ProcessingJob": "aws-processing-job", "TransformJob": "aws-transform-job",
}  # fmt: skip


@on_change(*SUFFIXES, late=True)  # lineage makes the job's entry
def place_job(change: Change) -> None:
    """Put a new job's entry into its trial. What the client got wrong refuses the job; a fault of ours doesn't."""
    config = change.record.document.get("ExperimentConfig")
    if not (config and change.is_new):
        return
    try:
        with transaction.atomic():
            _place(change.record, config)
    except AwsError:
        raise
    except Exception:
        log.exception("%s %s was not put into its experiment", change.record.kind, change.record.name)


def _place(job: Record, config: dict) -> None:
    context = _context(job)
    trial = _trial(context, job, config)
    entry = store.find(context, TRIAL_COMPONENT, f"{job.name}-{SUFFIXES[job.kind]}")
    if entry and (shown := config.get("TrialComponentDisplayName")):
        entry = store.change(entry.id, lambda document: document.update(DisplayName=shown), TRIAL_COMPONENT)
    if name := config.get("RunName"):
        run = _run(context, job, name)
        if trial:
            join(run, trial)
    if entry and trial:
        join(entry, trial)
    elif entry:
        runs.index([entry])


def _context(job: Record) -> Context:
    """As if the job's owner asked, in its account and region."""
    _, _, _, region, account, _ = job.arn.split(":", 5)
    person = {"principal": job.owner} if job.owner.startswith("arn:") else {"user": job.owner}
    return Context("sagemaker", f"Create{job.kind}", account, region, now=job.created.timestamp(), **person)


def _trial(context: Context, job: Record, config: dict) -> Record | None:
    """The trial that is named, or one made for the job in the experiment that is named."""
    experiment, name = config.get("ExperimentName"), config.get("TrialName")
    if experiment:
        store.get(context, EXPERIMENT, experiment)
    if name:
        trial = store.get(context, TRIAL, name)
        if experiment and trial.parent != experiment:
            raise invalid(f"Trial {name} belongs to Experiment {trial.parent}, not to {experiment}.")
        return trial
    if not experiment:
        return None
    name = f"{job.name}-aws-trial"
    found = store.find(context, TRIAL, name)
    if found and found.parent == experiment:
        return found
    request = {"ExperimentName": experiment, "Source": {"SourceArn": job.arn, "SourceType": f"SageMaker{job.kind}"}}
    return make_trial(context, name, request)


def _run(context: Context, job: Record, name: str) -> Record:
    """The component of the run that the job works for (made if it isn't there), which names the job among its sources."""
    source = {"SourceArn": job.arn, "SourceType": f"SageMaker{job.kind}"}
    found = store.find(context, TRIAL_COMPONENT, name)
    if found is None:
        document = {"DisplayName": name, **edits.stamped(context, {"Sources": [source]}, is_lineage=True)}
        return store.create(context, TRIAL_COMPONENT, name, document)

    def add_source(document: dict) -> None:
        if source not in document.setdefault("Sources", []):
            document["Sources"].append(source)

    return store.change(found.id, add_source, TRIAL_COMPONENT, now=context.now)
