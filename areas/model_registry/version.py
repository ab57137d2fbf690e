"""A model version as its pages, the comparison and REST tell it: what it is, and what it was made from."""

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

from areas.model_registry import who
from areas.model_registry.resource import PACKAGE
from areas.permissions import of_arn
from catalog.models import Connection, MetricSeries, Record
from registry import artifacts
from registry.checks.metric import find_jobs

JOB = "TrainingJob"
DATASET_TAG = "atelier:dataset"  # "penguins/v1"


@dataclass(frozen=True)
class Channel:
    """Data that the training job read; ``dataset`` is ``penguins/v1`` if it came from a dataset of the Studio's."""

    name: str
    uri: str


@dataclass(frozen=True)
class File:
    """An S3 object or prefix of a container, and its ETag when the version was registered."""

    uri: str
    etag: str

    @property
    def is_prefix(self) -> bool:
        return self.uri.endswith("/")


class Version:
    """One model package of a connection. What is of the training job is shown only to who may view that job."""

    def __init__(self, record: Record):
        self.record, self.document, self.connection = record, record.document, record.connection

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def group(self) -> str:
        return self.record.parent

    @property
    def number(self) -> int | None:
        return self.document.get("ModelPackageVersion")

    @property
    def label(self) -> str:
        """``version 3``, or the name of a package without versions."""
        return f"version {self.number}" if self.number else self.name

    @property
    def status(self) -> str:
        """Its approval, or, where there is none, its status."""
        return self.document.get("ModelApprovalStatus") or self.record.status

    @property
    def stage(self) -> dict:
        return self.document.get("ModelLifeCycle") or {}

    @property
    def properties(self) -> dict[str, str]:
        return self.document.get("CustomerMetadataProperties") or {}

    @cached_property
    def job(self) -> Record | None:
        """The training job that made it."""
        found = find_jobs(self.connection, self.document)
        return found[0] if found and who.may(self.connection, "view", JOB, found[0].name) else None

    @property
    def source(self) -> str:
        """What it says that it was made by, if that is no training job that is known here."""
        made_by = (self.document.get("MetadataProperties") or {}).get("GeneratedBy", "")
        return "" if self.job and of_arn(made_by)[0] in ("", JOB) else made_by

    @cached_property
    def metrics(self) -> dict[str, float]:
        rows = MetricSeries.objects.filter(record=self.record, last__isnull=False)
        return dict(sorted(rows.values_list("name", "last")))

    @property
    def parameters(self) -> dict[str, str]:
        found = (self.job.document.get("HyperParameters") or {}) if self.job else {}
        return {name: value for name, value in sorted(found.items()) if not name.startswith("sagemaker_")}

    @cached_property
    def channels(self) -> list[Channel]:
        given = (self.job.document.get("InputDataConfig") or ()) if self.job else ()
        return [
            Channel(one["ChannelName"], ((one.get("DataSource") or {}).get("S3DataSource") or {}).get("S3Uri", ""))
            for one in given
        ]

    @cached_property
    def dataset(self) -> str:
        """``penguins/v1``, or ""."""
        tags = self.job.tags if self.job else self.record.tags
        return tags.filter(key=DATASET_TAG).values_list("value", flat=True).first() or ""

    @property
    def dataset_url(self) -> str:
        return f"/datasets/{self.dataset.partition('/')[0]}/"

    @property
    def code(self) -> dict[str, str]:
        """Script, source, repository and commit, as far as the version or its job say."""
        parameters = (self.job.document.get("HyperParameters") or {}) if self.job else {}
        metadata = self.document.get("MetadataProperties") or {}
        found = {
            "Script": parameters.get("sagemaker_program", "").strip('"'),
            "Source": parameters.get("sagemaker_submit_directory", "").strip('"') or self.document.get("SourceUri", ""),
            "Repository": metadata.get("Repository", ""), "Commit": metadata.get("CommitId", ""),
            "Project": metadata.get("ProjectId", ""),
        }  # fmt: skip
        return {label: value for label, value in found.items() if value}

    @property
    def containers(self) -> list[dict]:
        return (self.document.get("InferenceSpecification") or {}).get("Containers") or []

    @property
    def files(self) -> list[File]:
        etags = {one.get("ModelDataUrl"): one.get("ModelDataETag", "") for one in self.containers}
        return [File(uri, etags.get(uri, "")) for uri in artifacts.container_uris(self.document)]


def find_version(connection: Connection, name: str) -> Version | None:
    rows = Record.objects.filter(connection=connection, kind=PACKAGE.noun, name=name).select_related("connection")
    record = rows.first()
    return Version(record) if record else None


def registration_request(document: dict, group: str = "") -> dict:
    """The CreateModelPackage request that registers the same again, in ``group`` if given: it waits for approval anew."""
    members = (
        "ModelPackageDescription", "InferenceSpecification", "AdditionalInferenceSpecifications", "ModelMetrics",
        "DriftCheckBaselines", "Domain", "Task", "SamplePayloadUrl", "CustomerMetadataProperties", "MetadataProperties",
        "SkipModelValidation", "SourceUri", "ModelCard", "ModelLifeCycle",
    )  # fmt: skip
    found = {member: deepcopy(document[member]) for member in members if document.get(member)}
    if "InferenceSpecification" in found:
        found.pop("SourceUri", None)  # they can't be given together
    if "ModelCard" in found:
        found["ModelCard"] = {
            member: value
            for member, value in found["ModelCard"].items()
            if member in ("ModelCardContent", "ModelCardStatus")
        }
    for specification in (found.get("InferenceSpecification"), *found.get("AdditionalInferenceSpecifications", ())):
        if specification:
            specification["Containers"] = [
                {member: value for member, value in one.items() if member != "ModelDataETag"}
                for one in specification["Containers"]
            ]
    if metadata := found.get("MetadataProperties"):
        found["MetadataProperties"] = {name: value for name, value in metadata.items() if value}
    name = group or document.get("ModelPackageGroupName", "")
    return (
        {"ModelPackageGroupName": name, **found}
        if name
        else {"ModelPackageName": document["ModelPackageName"], **found}
    )
