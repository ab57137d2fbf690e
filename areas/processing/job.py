"""A processing job as its pages tell it: read from the catalog; its files are asked of S3."""

import time
from functools import cached_property

from areas.allowed import visible_here
from areas.images import find
from areas.processing.resource import PROCESSING_JOB
from areas.target import Target
from catalog.metric_names import USAGE
from catalog.models import Record
from catalog.points import last_values

# Members of the Describe document that are also members of the Create request.
ASKED = (
    "ProcessingJobName", "AppSpecification", "RoleArn", "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources",
    "StoppingCondition", "Environment", "NetworkConfig", "ExperimentConfig",
)  # fmt: skip
SILENT = {"S3CompressionType": ("None",), "AppManaged": (False,), "S3DataDistributionType": ("FullyReplicated",)}


class Job(Target):
    """One job of a connection: its Record if SageMaker knows it, and the Run that asked for it if the Studio did."""

    resource = PROCESSING_JOB

    @cached_property
    def described(self) -> dict:
        """What DescribeProcessingJob answers: the document without what the engine keeps for itself."""
        return {name: value for name, value in self.document.items() if name != "Waiting"}

    @cached_property
    def request(self) -> dict:
        """The CreateProcessingJob request that would make this job again."""
        asked = {name: self.document[name] for name in ASKED if self.document.get(name) not in (None, {}, [], "")}
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items() if key != "atelier:run"]
        return _without_defaults(asked) | ({"Tags": tags} if tags else {})

    @cached_property
    def image(self):
        return find(self.document.get("AppSpecification", {}).get("ImageUri", ""))

    @property
    def image_word(self) -> str:
        return self.document.get("AppSpecification", {}).get("ImageUri", "").rpartition("/")[2]

    @property
    def command(self) -> list[str]:
        """Entrypoint and arguments."""
        asked = self.document.get("AppSpecification", {})
        return [*(asked.get("ContainerEntrypoint") or ()), *(asked.get("ContainerArguments") or ())]

    @property
    def cluster(self) -> dict:
        return self.document.get("ProcessingResources", {}).get("ClusterConfig", {})

    @cached_property
    def inputs(self) -> list[dict]:
        """``{"name", "uri", "path", "kind", "how"}`` of every input from S3."""
        found = []
        for one in self.document.get("ProcessingInputs") or ():
            source = one.get("S3Input") or {}
            how = [source.get("S3InputMode", "File")]
            how += ["sharded by key"] if source.get("S3DataDistributionType") == "ShardedByS3Key" else []
            found.append({"name": one["InputName"], "uri": source.get("S3Uri", ""), "path": source.get("LocalPath", ""),
                          "kind": source.get("S3DataType", ""), "how": ", ".join(how)})  # fmt: skip
        return found

    @cached_property
    def outputs(self) -> list[dict]:
        """``{"name", "uri", "folder", "path", "mode"}`` of every output to S3; ``folder`` is its address as a folder."""
        found = []
        for one in (self.document.get("ProcessingOutputConfig") or {}).get("Outputs") or ():
            target = one.get("S3Output") or {}
            uri = target.get("S3Uri", "")
            found.append({
                "name": one["OutputName"], "uri": uri, "folder": f"{uri.rstrip('/')}/" if uri else "",
                "path": target.get("LocalPath", ""), "mode": target.get("S3UploadMode", ""),
            })  # fmt: skip
        return found

    @cached_property
    def evaluated(self) -> str:
        """The training job whose model is among the inputs, if it may be seen; "" for none."""
        for one in self.inputs:
            name = one["uri"].removesuffix("/output/model.tar.gz").rpartition("/")[2]
            rows = Record.objects.filter(connection=self.connection, kind="TrainingJob", name=name)
            for job in visible_here(self.connection, rows, "TrainingJob"):
                if (job.document.get("ModelArtifacts") or {}).get("S3ModelArtifacts") == one["uri"]:
                    return job.name
        return ""

    def holds(self, uri: str) -> bool:
        """Whether an address is of something that the job has read or written, so that its pages may show it."""
        if any(part in (".", "..") for part in uri.split("/")):
            return False
        places = [one["uri"] for one in (*self.inputs, *self.outputs) if one["uri"]]
        return any(uri == place or uri.startswith(f"{place.rstrip('/')}/") for place in places)

    @property
    def seconds(self) -> float | None:
        begun = self.document.get("ProcessingStartTime")
        if begun is None:
            return None
        return (self.document.get("ProcessingEndTime") or time.time()) - begun

    @property
    def ran_too_long(self) -> bool:
        """Whether its time limit stopped it. Describe doesn't say so: the seconds do."""
        limit = self.document.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 0)
        return bool(self.record) and self.record.status == "Stopped" and bool(limit) and (self.seconds or 0) >= limit

    @cached_property
    def timeline(self) -> list[dict]:
        """``{"word", "at", "note", "status"}`` of what has happened, oldest first; the last one may be going on."""
        document, status = self.document, self.record.status
        begun, ended = document.get("ProcessingStartTime"), document.get("ProcessingEndTime")
        steps = [{"word": "Created", "at": document.get("CreationTime"), "note": "", "status": "ok"}]
        if not begun and not self.ended:
            note = document.get("Waiting") or "Waiting for a free slot."
            return [*steps, {"word": "Waiting", "at": None, "note": note, "status": "running"}]
        if begun:
            steps.append({"word": "Running", "at": begun, "note": "Data is laid down, then the command runs.",
                          "status": "ok" if self.ended else "running"})  # fmt: skip
        if status == "Stopping":
            steps[-1]["status"] = "ok"
            note = "The command was asked to end, and is ended after two minutes."
            steps.append({"word": "Stopping", "at": None, "note": note, "status": "running"})
        if self.ended:
            shown = {"Completed": "ok", "Failed": "fail"}.get(status, "stopped")
            note = document.get("FailureReason") or document.get("ExitMessage", "")
            steps.append({"word": status, "at": ended, "note": note, "status": shown})
        return steps

    @cached_property
    def usage(self) -> dict[str, float | None]:
        """The last samples of the first host, percent."""
        values = last_values(self.record.id) if self.record else {}
        return {name: values[name]["last"] for name in USAGE if name in values}

    @cached_property
    def entry(self) -> Record | None:
        """Its entry in the experiments: the run that stands for it."""
        rows = Record.objects.filter(connection=self.connection, kind="TrialComponent", run_row__source=self.record.id)
        return visible_here(self.connection, rows.select_related("run_row"), "TrialComponent").first()


def _without_defaults(value):
    """A document without what Describe fills in for what nobody said."""
    if isinstance(value, dict):
        cleaned = {key: _without_defaults(one) for key, one in value.items()}
        return {key: one for key, one in cleaned.items() if one not in SILENT.get(key, ())}
    return [_without_defaults(one) for one in value] if isinstance(value, list) else value
