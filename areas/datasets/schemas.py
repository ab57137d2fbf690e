"""Datasets as the REST API takes and tells them."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema

from areas.datasets import prepare, splits
from areas.datasets.models import Dataset, DatasetVersion, Split
from jobs.schemas import RunOut

Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class Details(Schema):
    """What a dataset says about itself; taken when the first version makes the dataset."""

    title: str = ""
    description: str = ""
    label: str = Field("", description="The column that one usually predicts.")
    licence: str = ""
    source_url: str = ""
    citation: str = ""


class DetailsPatch(Schema):
    """What to change of it."""

    title: str | None = None
    description: str | None = None
    label: str | None = None
    licence: str | None = None
    source_url: str | None = None
    citation: str | None = None

    model_config = {"json_schema_extra": {"examples": [{"title": "Palmer penguins", "licence": "CC0-1.0"}]}}


class UploadQuery(Details):
    name: str = Field(description="The dataset's name; a new one makes a dataset.")


class NamedUploadQuery(UploadQuery):
    filename: str = Field("the file", description="Its ending helps to recognise the format.")


class PointIn(Details):
    name: str
    uri: str = Field(description="One object, or a folder with its slash: s3://bucket/folder/.")

    model_config = {"json_schema_extra": {"examples": [
        {"name": "sales", "uri": "s3://sagemaker-us-east-1-000000000000/incoming/sales/", "label": "amount"}
    ]}}  # fmt: skip


class VersionOut(Schema):
    """A version; ``digest`` is the sha256 over its files' paths, sizes and sha256, ``error`` why reading it failed."""

    dataset: str
    number: int
    state: str
    digest: str
    rows: int | None
    bytes: int | None
    format: str
    location: str
    source: str
    error: str
    created: datetime
    profiled: datetime | None


class VersionDetail(VersionOut):
    files: list[dict[str, Any]]
    columns: list[dict[str, Any]]
    statistics: dict[str, Any]


class VersionPage(Schema):
    items: list[VersionOut]
    next_cursor: str | None = None


class DatasetOut(Details):
    """A dataset; ``latest`` is its newest ready version, else its newest."""

    name: str
    owner: str
    created: datetime
    modified: datetime
    version_count: int
    latest: VersionOut | None


class DatasetPage(Schema):
    items: list[DatasetOut]
    next_cursor: str | None = None


class SplitIn(Schema):
    fractions: list[Share] = Field([0.8, 0.2], description="Two or three shares that sum to 1.")
    method: str = Field("random", description=", ".join(splits.METHODS))
    seed: int = Field(0, ge=-(2**53), le=2**53)
    by: str = Field("", description="The column of a stratified, group or time split.")
    key: str = Field("", description="A column whose values should not stand in two parts: checked, not enforced.")

    model_config = {"json_schema_extra": {"examples": [
        {"fractions": [0.7, 0.15, 0.15], "method": "stratified", "by": "species", "seed": 1}
    ]}}  # fmt: skip


class SplitOut(Schema):
    """A split; ``parts`` are there once it is Ready, each with its rows and the S3 folder of its file."""

    id: int
    dataset: str
    version: int
    state: str
    method: str
    options: dict[str, Any]
    parts: list[dict[str, Any]]
    overlap: int | None
    leakage: dict[str, Any]
    error: str
    created: datetime


class SplitPage(Schema):
    items: list[SplitOut]
    next_cursor: str | None = None


class ChannelsIn(Schema):
    label: str = Field(description="The column to predict.")
    features: list[str] | None = Field(None, description="Columns to learn from; null takes every fitting one.")
    fractions: list[Share] = Field([0.8, 0.2], description="Two or three shares that sum to 1.")
    method: str = Field("random", description=", ".join(splits.METHODS))
    seed: int = Field(0, ge=-(2**53), le=2**53)
    by: str = Field("", description="The column of a group or time split.")
    form: str = Field("csv-label-first", description=", ".join(prepare.FORMS))

    model_config = {"json_schema_extra": {"examples": [{"label": "species", "method": "stratified"}]}}


class ChannelsOut(Schema):
    """S3 folders by channel name, as InputDataConfig takes them; they are there once ``run`` is Completed."""

    channels: dict[str, str]
    schema_uri: str
    content_type: str
    run: RunOut


class ColumnDiff(Schema):
    """How far a column moved: ``psi`` of 0.1 is moved, of 0.25 changed; pairs are of the old and the new version."""

    name: str
    psi: float
    ks: float | None
    verdict: str
    missing: list[float]
    mean: list[float | None]


class DiffOut(Schema):
    rows: list[int]
    added: list[str]
    removed: list[str]
    retyped: list[list[str]] = Field(description="[column, old type, new type]")
    columns: list[ColumnDiff]


def version_out(version: DatasetVersion, name: str = "") -> dict:
    """``VersionOut`` of a version; ``name`` is its dataset's, where that isn't loaded."""
    names = [field for field in VersionOut.model_fields if field != "dataset"]
    return {"dataset": name or version.dataset.name} | {field: getattr(version, field) for field in names}


def dataset_out(dataset: Dataset) -> dict:
    """``DatasetOut`` of a dataset with ``version_count`` and ``shown``."""
    names = [*Details.model_fields, "name", "created", "modified", "version_count"]
    latest = version_out(dataset.shown, dataset.name) if dataset.shown else None
    owner = dataset.owner.username if dataset.owner else ""
    return {field: getattr(dataset, field) for field in names} | {"owner": owner, "latest": latest}


def split_out(split: Split, version: DatasetVersion) -> dict:
    names = [field for field in SplitOut.model_fields if field not in ("dataset", "version")]
    where = {"dataset": version.dataset.name, "version": version.number}
    return where | {field: getattr(split, field) for field in names}
