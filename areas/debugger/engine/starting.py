"""A new training job with rules: each gets its processing job, and one Work has them evaluated."""

import re
import secrets

from django.db import transaction

from areas.debugger import catalogue
from areas.debugger.engine import checks
from areas.debugger.models import Evaluation
from areas.index import resources
from catalog.models import Record
from engine import store
from engine.changes import Change, on_change
from engine.context import Context
from engine.models import Work
from engine.runtime import conducting, files, jobs
from engine.runtime.profile import PROFILE

DEBUG, PROFILER = "DebugRuleEvaluationStatuses", "ProfilerRuleEvaluationStatuses"
DEFAULT_INSTANCE, DEFAULT_VOLUME = "ml.t3.medium", 10


@on_change("TrainingJob")
def begin(change: Change) -> None:
    """Check what a job asks of debugger and profiler (what can't be refuses the request), and start the rules that are new."""
    document, before = change.record.document, change.before or {}
    members = ("DebugHookConfig", "DebugRuleConfigurations", "ProfilerConfig", "ProfilerRuleConfigurations")
    if change.is_removal or (not change.is_new and all(document.get(name) == before.get(name) for name in members)):
        return
    checks.check(change.record.connection.account, document)
    document["ProfilingStatus"] = "Enabled" if is_profiled(document) else "Disabled"
    add_rules(
        change.record, *(
            document.get(name, [])[len(before.get(name, [])) :]
            for name in ("DebugRuleConfigurations", "ProfilerRuleConfigurations")
        )
    )  # fmt: skip
    change.record.save(update_fields=["document"])
    if not change.is_new:
        number = change.record.id
        transaction.on_commit(lambda: set_profile(number, profile_of(document)))


def profile_of(document: dict) -> dict:
    """What the sampler of a job's hosts is told (engine/runtime/profile.py)."""
    config = document.get("ProfilerConfig", {})
    return {
        "interval": config.get("ProfilingIntervalInMilliseconds", catalogue.DEFAULT_INTERVAL) / 1000,
        "enabled": is_profiled(document),
    }


def set_profile(record_id: int, profile: dict) -> None:
    """Have a running job's samplers go by ``profile`` from now on. A job that hasn't begun reads its document later."""
    work = Work.objects.filter(record_id=record_id, kind="job").first()
    for folder in jobs.workspaces(work) if work else ():
        if folder.is_dir():
            files.write_json(folder / PROFILE, profile)


def is_profiled(document: dict) -> bool:
    """Whether system metrics are collected: unless somebody says that they shall not be."""
    return not document.get("ProfilerConfig", {}).get("DisableProfiler", False)


def add_rules(training: Record, rules: list[dict], profiling: list[dict]) -> None:
    """Make the processing jobs of rules and the Work that evaluates them. Changes the training job's document in place."""
    if not rules and not profiling:
        return
    context = context_of(training)
    made = []
    for member, is_profiler, configs in ((DEBUG, False, rules), (PROFILER, True, profiling)):
        for config in configs:
            made.append(_make(context, training, config, is_profiler, len(made)))
            training.document.setdefault(member, []).append(
                {
                    "RuleConfigurationName": config["RuleConfigurationName"], "RuleEvaluationJobArn": made[-1].job.arn,
                    "RuleEvaluationStatus": Evaluation.IN_PROGRESS, "LastModifiedTime": context.now,
                }
            )  # fmt: skip
    work = conducting.enqueue(made[0].job, {"training": training.id})
    Evaluation.objects.filter(id__in=[one.id for one in made]).update(group=work.id)


def context_of(training: Record) -> Context:
    """As if the job's owner asked, in its account and region, now."""
    _, _, _, region, account, _ = training.arn.split(":", 5)
    person = {"principal": training.owner} if training.owner.startswith("arn:") else {"user": training.owner}
    return Context("sagemaker", "CreateProcessingJob", account, region, **person)


def _make(context: Context, training: Record, config: dict, is_profiler: bool, place: int) -> Evaluation:
    given, name = config.get("RuleParameters", {}), config["RuleConfigurationName"]
    output = f"{_root(training.document, config, is_profiler)}/{training.name}/rule-output/{name}"
    job = f"{training.name[:26].rstrip('-')}-{_named(name)}-{secrets.token_hex(4)}"
    record = store.create(
        context,
        resources()["ProcessingJob"],
        job,
        _document(training, config, output, is_profiler),
        status="InProgress",
    )
    return Evaluation.objects.create(
        training=training, job=record, place=place, name=name, rule=given["rule_to_invoke"], is_profiler=is_profiler,
        parameters=given, output=output, created=store.when(context.now), modified=store.when(context.now),
    )  # fmt: skip


def _named(name: str) -> str:
    """A rule's name as far as a job's name can hold it: letters, digits and single dashes."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", name)[:26].strip("-") or "rule"


def _root(document: dict, config: dict, is_profiler: bool) -> str:
    """Where a rule's reports go: its own place, else beside what it looks at, else beside the model."""
    beside = document.get("ProfilerConfig" if is_profiler else "DebugHookConfig", {}).get("S3OutputPath")
    return (config.get("S3OutputPath") or beside or document["OutputDataConfig"]["S3OutputPath"]).rstrip("/")


def _document(training: Record, config: dict, output: str, is_profiler: bool) -> dict:
    """The processing job of a rule as Describe shows it."""
    source = tensors_uri(training) if not is_profiler else profiler_uri(training)
    inputs = [
        {
            "InputName": "Debugger", "AppManaged": False,
            "S3Input": {
                "S3Uri": source, "LocalPath": "/opt/ml/processing/input/tensors", "S3DataType": "S3Prefix",
                "S3InputMode": "File", "S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None",
            },
        }
    ] if source else []  # fmt: skip
    stored = {"S3Uri": output, "LocalPath": "/opt/ml/processing/output/rule", "S3UploadMode": "Continuous"}
    return {
        "AppSpecification": {"ImageUri": config["RuleEvaluatorImage"]},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": config.get("InstanceType") or DEFAULT_INSTANCE, "InstanceCount": 1,
                "VolumeSizeInGB": config.get("VolumeSizeInGB") or DEFAULT_VOLUME,
            }
        },
        "RoleArn": training.document["RoleArn"],
        "Environment": config.get("RuleParameters", {}),
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "Rules", "AppManaged": False, "S3Output": stored}]},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "TrainingJobArn": training.arn,
    }  # fmt: skip


def tensors_uri(training: Record) -> str:
    """Where the job's tensors lie; "" if it has no DebugHookConfig."""
    root = training.document.get("DebugHookConfig", {}).get("S3OutputPath", "").rstrip("/")
    return f"{root}/{training.name}/debug-output" if root else ""


def profiler_uri(training: Record) -> str:
    """Where the job's system metrics lie."""
    document = training.document
    root = document.get("ProfilerConfig", {}).get("S3OutputPath") or document["OutputDataConfig"]["S3OutputPath"]
    return f"{root.rstrip('/')}/{training.name}/profiler-output"
