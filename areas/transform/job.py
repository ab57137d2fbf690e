"""A transform job as its pages tell it: read from the catalog; its records are asked of S3."""

import time
from functools import cached_property

from areas.allowed import visible_here
from areas.target import Target
from areas.transform.datasets import DATASET_TAG, LABEL_TAG, SCHEMA_TAG
from areas.transform.resource import TRANSFORM_JOB
from catalog.metric_names import USAGE
from catalog.models import Record
from catalog.points import last_values

# Members of the Describe document that are also members of the Create request.
ASKED = (
    "TransformJobName", "ModelName", "MaxConcurrentTransforms", "ModelClientConfig", "MaxPayloadInMB", "BatchStrategy",
    "Environment", "TransformInput", "TransformOutput", "DataCaptureConfig", "TransformResources", "DataProcessing",
    "ExperimentConfig",
)  # fmt: skip
SILENT = {
    "CompressionType": "None", "SplitType": "None", "AssembleWith": "None", "KmsKeyId": "", "InputFilter": "$",
    "OutputFilter": "$", "JoinSource": "None",
}  # fmt: skip


class Job(Target):
    """One job of a connection: its Record if SageMaker knows it, and the Run that asked for it if the Studio did."""

    resource = TRANSFORM_JOB

    @cached_property
    def described(self) -> dict:
        """What DescribeTransformJob answers."""
        return {name: value for name, value in self.document.items() if name != "LastModifiedTime"}

    @cached_property
    def request(self) -> dict:
        """The CreateTransformJob request that would make this job again."""
        asked = {name: self.document[name] for name in ASKED if self.document.get(name) not in (None, {}, [])}
        cleaned = {name: _without_defaults(value) for name, value in asked.items()}
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items() if key != "atelier:run"]
        return {name: value for name, value in cleaned.items() if value != {}} | ({"Tags": tags} if tags else {})

    @property
    def source(self) -> dict:
        """``{"S3DataType", "S3Uri"}`` of what it reads."""
        return self.document.get("TransformInput", {}).get("DataSource", {}).get("S3DataSource", {})

    @property
    def output(self) -> str:
        return self.document.get("TransformOutput", {}).get("S3OutputPath", "")

    @property
    def resources(self) -> dict:
        return self.document.get("TransformResources", {})

    @property
    def processing(self) -> dict:
        return self.document.get("DataProcessing", {})

    @property
    def dataset(self) -> dict | None:
        """Name and version number of the dataset whose rows it reads, as its tag says."""
        name, _, version = self.tags.get(DATASET_TAG, "").partition("/v")
        return {"name": name, "version": version} if name and version else None

    @property
    def label(self) -> str:
        return self.tags.get(LABEL_TAG, "")

    @property
    def schema_uri(self) -> str:
        return self.tags.get(SCHEMA_TAG, "")

    @property
    def seconds(self) -> float | None:
        begun = self.document.get("TransformStartTime")
        if begun is None:
            return None
        return (self.document.get("TransformEndTime") or time.time()) - begun

    @cached_property
    def usage(self) -> dict[str, float | None]:
        """The last samples of the first instance, percent."""
        values = last_values(self.record.id) if self.record else {}
        return {name: values[name]["last"] for name in USAGE if name in values}

    @cached_property
    def entry(self) -> Record | None:
        """Its entry in the experiments: the run that stands for it."""
        rows = Record.objects.filter(connection=self.connection, kind="TrialComponent", run_row__source=self.record.id)
        return visible_here(self.connection, rows.select_related("run_row"), "TrialComponent").first()


def _without_defaults(value):
    if not isinstance(value, dict):
        return value
    return {key: _without_defaults(one) for key, one in value.items() if key not in SILENT or one != SILENT[key]}
