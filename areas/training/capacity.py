"""What a job runs on and what became of it: its hosts, spot interruptions, warm pool; and the two things to do about them."""

import time
from functools import cached_property

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from areas.allowed import allowed
from areas.calls import CallFailed, call

INTERRUPT = "atelier:interrupt"  # the tag that the embedded engine watches: areas/training/engine/spot.py


class Capacity:
    """Part of ``areas.training.job.Job``: read from its ``document``."""

    @cached_property
    def machines(self) -> list[dict]:
        """``{"group", "type", "count"}`` of each instance group; one without a name where the job has no groups."""
        resources = self.document.get("ResourceConfig") or {}
        groups = [
            {"group": one["InstanceGroupName"], "type": one["InstanceType"], "count": one["InstanceCount"]}
            for one in resources.get("InstanceGroups") or ()
        ]
        single = {"group": "", "type": resources.get("InstanceType", "–"), "count": resources.get("InstanceCount") or 1}
        return groups or [single]

    @property
    def host_count(self) -> int:
        return sum(one["count"] for one in self.machines)

    @property
    def is_spot(self) -> bool:
        return bool(self.document.get("EnableManagedSpotTraining"))

    @property
    def interruptions(self) -> int:
        return sum(one["Status"] == "Interrupted" for one in self.document.get("SecondaryStatusTransitions") or ())

    @property
    def may_be_interrupted(self) -> bool:
        """Whether an interruption by hand would do something now."""
        under_way = self.document.get("SecondaryStatus") in ("Downloading", "Training")
        return self.is_spot and under_way and not self.ended and self.connection.is_embedded

    @property
    def spot_saving(self) -> int | None:
        """Percent as the SageMaker SDK shows it: 1 − billable seconds / training seconds; None before the end."""
        billable, training = (self.document.get(f"{word}TimeInSeconds") for word in ("Billable", "Training"))
        return round((1 - billable / training) * 100) if self.is_spot and billable and training else None

    @property
    def pool(self) -> dict:
        """WarmPoolStatus; empty where there is none."""
        return self.document.get("WarmPoolStatus") or {}

    @property
    def pool_until(self) -> float | None:
        """When an available pool is over, as it was asked for at creation."""
        ended, seconds = self.document.get("TrainingEndTime"), self.document.get("ResourceConfig", {})
        keep = seconds.get("KeepAlivePeriodInSeconds")
        return ended + keep if self.pool.get("Status") == "Available" and ended and keep else None


@allowed("update", "TrainingJob")
@require_POST
def interrupt(request, name):
    """Interrupt a spot job of the embedded engine, as if its instances were taken away."""
    try:
        found = call(request.connection, "DescribeTrainingJob", TrainingJobName=name)
        if not request.connection.is_embedded:
            messages.error(request, "Only the embedded engine can be asked for an interruption.")
        elif not found.get("EnableManagedSpotTraining") or found["TrainingJobStatus"] != "InProgress":
            messages.error(request, f"{name} is no spot job that runs.")
        else:
            call(request.connection, "AddTags", ResourceArn=found["TrainingJobArn"],
                 Tags=[{"Key": INTERRUPT, "Value": f"{time.time():.3f}"}])  # fmt: skip
            messages.success(request, f"{name} gets two minutes' notice, and starts again when there is capacity.")
    except CallFailed as failed:
        messages.error(request, f"{failed.code}: {failed.message}")
    return redirect("training_job", name=name)


@allowed("update", "TrainingJob")
@require_POST
def keep_warm(request, name):
    """Change how long the job's warm pool is kept: ``seconds`` from the job's end, 0 ends it."""
    seconds = request.POST.get("seconds", "")
    if not (seconds.isascii() and seconds.isdigit() and int(seconds[:6]) <= 21600):
        messages.error(request, "A warm pool is kept for 0 to 21,600 seconds.")
        return redirect("training_job", name=name)
    try:
        call(request.connection, "UpdateTrainingJob", TrainingJobName=name,
             ResourceConfig={"KeepAlivePeriodInSeconds": int(seconds)})  # fmt: skip
        messages.success(
            request, f"The warm pool is kept for {seconds} s." if int(seconds) else "The warm pool is over."
        )
    except CallFailed as failed:
        messages.error(request, f"{failed.code}: {failed.message}")
    return redirect("training_job", name=name)
