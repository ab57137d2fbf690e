"""What a training job runs on, in the form: instances, spot, warm pool. The form inherits it, the request is completed by it."""

from django import forms

MOST_INSTANCES = 20
MOST_KEEP_ALIVE = 21600


class ComputeForm(forms.Form):
    """Fields of the form's Instances part. ``instance_type`` and ``max_runtime`` are the form's own."""

    instance_count = forms.IntegerField(
        label="Instances", min_value=1, max_value=MOST_INSTANCES, initial=1, required=False
    )
    spot = forms.BooleanField(label="Managed spot training", required=False)
    max_wait = forms.IntegerField(
        label="Wait at most, s", min_value=1, max_value=28 * 86400, required=False,
        help_text="All in all, waits for capacity included; the longest runtime if empty.",
    )  # fmt: skip
    keep_alive = forms.IntegerField(
        label="Keep warm, s", min_value=0, max_value=MOST_KEEP_ALIVE, required=False,
        help_text="A matching job within that time starts from what this one installed.",
    )  # fmt: skip

    def check_compute(self, cleaned: dict) -> None:
        """The service's own rules, beside the fields that they are about."""
        runtime, wait = cleaned.get("max_runtime") or 86400, cleaned.get("max_wait")
        if cleaned.get("spot"):
            if wait and wait < runtime:
                self.add_error("max_wait", f"It must be at least the longest runtime, {runtime} s.")
            if cleaned.get("keep_alive"):
                self.add_error("keep_alive", "A warm pool can't be used with managed spot training.")
        elif wait:
            self.add_error("max_wait", "It can be given with managed spot training only.")


def complete(request: dict, fields: dict) -> None:
    """Put the fields into a CreateTrainingJob request that has its ResourceConfig and StoppingCondition."""
    resources = request["ResourceConfig"]
    resources["InstanceCount"] = fields.get("instance_count") or 1
    if fields.get("keep_alive"):
        resources["KeepAlivePeriodInSeconds"] = fields["keep_alive"]
    if fields.get("spot"):
        stopping = request["StoppingCondition"]
        request["EnableManagedSpotTraining"] = True
        stopping["MaxWaitTimeInSeconds"] = fields.get("max_wait") or stopping["MaxRuntimeInSeconds"]


def values_of(document: dict) -> dict:
    """The fields again, from a request or Describe document."""
    resources, stopping = document.get("ResourceConfig") or {}, document.get("StoppingCondition") or {}
    spot = bool(document.get("EnableManagedSpotTraining"))
    return {
        "instance_count": resources.get("InstanceCount") or 1, "spot": spot,
        "max_wait": stopping.get("MaxWaitTimeInSeconds", "") if spot else "",
        "keep_alive": resources.get("KeepAlivePeriodInSeconds") or "",
    }  # fmt: skip
