"""How the rules of a training job stand, for people: from the job's Describe, and from our own rows where there are any."""

import re
from dataclasses import dataclass, field

from areas.allowed import visible_here
from areas.calls import CallFailed, call
from areas.debugger.catalogue import RULES
from areas.debugger.models import Evaluation
from catalog.models import Record

_STEP = re.compile(r"at step (\d+)")
MEMBERS = ("DebugRuleEvaluationStatuses", "ProfilerRuleEvaluationStatuses")
REPORTS = (".html", ".ipynb")


@dataclass
class Verdict:
    """One rule of a job. ``step`` is where it was met, ``reason`` what it said, ``job`` its processing job."""

    name: str
    status: str
    rule: str = ""
    step: int | None = None
    reason: str = ""
    job: str = ""
    output: str = ""
    reports: list[str] = field(default_factory=list)

    @property
    def fires(self) -> str:
        return RULES[self.rule].fires if self.rule in RULES else ""

    @property
    def advice(self) -> str:
        return RULES[self.rule].advice if self.rule in RULES else ""


def verdicts(job: Record) -> list[Verdict]:
    """The rules of a training job's record, those that are met first."""
    ours = {one.name: one for one in Evaluation.objects.filter(training=job)}
    found = []
    for member, configs in zip(MEMBERS, ("DebugRuleConfigurations", "ProfilerRuleConfigurations"), strict=True):
        asked = {one["RuleConfigurationName"]: one for one in job.document.get(configs) or ()}
        for told in job.document.get(member) or ():
            name = told["RuleConfigurationName"]
            config, own = asked.get(name, {}), ours.get(name)
            details = told.get("StatusDetails") or ""
            step = _STEP.search(details)
            found.append(
                Verdict(
                    name, told["RuleEvaluationStatus"], config.get("RuleParameters", {}).get("rule_to_invoke", ""),
                    own.step if own else int(step[1]) if step else None, own.reason if own else details,
                    told.get("RuleEvaluationJobArn", "").rpartition("/")[2], own.output if own else "",
                )
            )  # fmt: skip
    order = {Evaluation.ISSUES: 0, Evaluation.ERROR: 1, Evaluation.IN_PROGRESS: 2}
    return sorted(found, key=lambda one: order.get(one.status, 3))


def find_reports(connection, found: list[Verdict]) -> None:
    """Look up what the rules that write reports have left in S3."""
    for one in found:
        if one.rule in ("ProfilerReport", "CreateXgboostReport") and one.output and one.status not in Evaluation.OPEN:
            bucket, _, prefix = one.output.removeprefix("s3://").partition("/")
            try:
                listed = call(connection, "ListObjectsV2", service="s3", Bucket=bucket, Prefix=f"{prefix}/")
            except CallFailed:
                continue
            keys = (row["Key"][len(prefix) + 1 :] for row in listed.get("Contents", ()))
            one.reports = [key for key in keys if key.endswith(REPORTS)]


def evaluations(connection, *, status: str = "", rule: str = "", text: str = ""):
    """The evaluations of the jobs that whoever acts may see, newest first, filtered."""
    jobs = visible_here(connection, Record.objects.filter(connection=connection, kind="TrainingJob"), "TrainingJob")
    rows = Evaluation.objects.filter(training__in=jobs).select_related("training", "job").order_by("-id")
    if status:
        rows = rows.filter(status=status)
    if rule:
        rows = rows.filter(rule=rule)
    return rows.filter(training__name__icontains=text) if text else rows
