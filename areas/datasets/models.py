"""Datasets, their versions and the splits of a version."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from areas.datasets.errors import DatasetError
from catalog.models import Connection

NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


class Dataset(models.Model):
    """A table under one name. What it says about itself may change; its versions may not."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=63, validators=[RegexValidator(rf"^{NAME}\Z")])
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    label = models.CharField(max_length=255, blank=True, help_text="The column that one usually predicts.")
    licence = models.CharField(max_length=200, blank=True)
    source_url = models.URLField(max_length=500, blank=True)
    citation = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    last_number = models.PositiveIntegerField(default=0)  # a deleted version's number is never given again
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="one_dataset_by_name")]
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def latest(self) -> "DatasetVersion | None":
        """The newest version that is ready, else the newest."""
        versions = sorted(self.versions.all(), key=lambda version: version.number, reverse=True)
        return next((version for version in versions if version.state == DatasetVersion.READY), None) or (
            versions[0] if versions else None
        )


class DatasetVersion(models.Model):
    """Files that never change, with what a worker found in them.

    ``files`` is ``[{"path", "size", "sha256", "uri"}]``; ``digest`` the sha256 of their (path, size, sha256);
    ``columns`` ``[{"name", "physical", "logical", "nullable", "role", "unit", "description"}]`` in file order;
    ``statistics`` is described in ``areas.datasets.profile``.
    """

    DRAFT, PROFILING, READY = "Draft", "Profiling", "Ready"
    FAILED, ARCHIVED, CORRUPT = "Failed", "Archived", "Corrupt"
    FIXED = ("number", "dataset_id", "digest", "rows", "bytes", "format", "location", "files", "columns", "statistics")

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, default=DRAFT)
    digest = models.CharField(max_length=64, blank=True, db_index=True)
    rows = models.BigIntegerField(null=True)
    bytes = models.BigIntegerField(null=True)
    format = models.CharField(max_length=16, blank=True)  # csv, tsv, jsonl, parquet
    location = models.CharField(max_length=1100)  # s3://bucket/prefix/ that holds these files and nothing else
    ours = models.BooleanField(default=True)  # False: somebody else's objects, pointed at
    files = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    statistics = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    source = models.CharField(max_length=1100, blank=True)  # "upload of penguins.csv", or the S3 URI
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created = models.DateTimeField(auto_now_add=True)
    profiled = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="one_version_by_number")]
        ordering = ["-number"]

    def __str__(self):
        return f"{self.dataset.name} v{self.number}"

    def save(self, *args, **kwargs):
        """Save; DatasetError if this would change what a finished version holds."""
        finished = Q(state__in=(self.READY, self.ARCHIVED, self.CORRUPT))
        stored = self.pk and type(self).objects.filter(finished, pk=self.pk).first()
        if stored and any(getattr(stored, name) != getattr(self, name) for name in self.FIXED):
            raise DatasetError(f"Version {stored.number} is ready and can't change; make a new version.")
        super().save(*args, **kwargs)

    @property
    def tag(self) -> str:
        """The value of the tag ``atelier:dataset`` on what uses this version: ``penguins/v1``."""
        return f"{self.dataset.name}/v{self.number}"

    @property
    def is_usable(self) -> bool:
        return self.state in (self.READY, self.ARCHIVED)

    @property
    def column_count(self) -> int:
        return len(self.columns)

    def column(self, name: str) -> dict:
        """The column of that name; DatasetError if there is none."""
        found = next((column for column in self.columns if column["name"] == name), None)
        if found is None:
            raise DatasetError(f"Dataset {self.dataset.name} v{self.number} has no column {name!r}.")
        return found

    def derived(self, *parts: str) -> str:
        """``s3://<default bucket>/datasets/<name>/<parts…>/``: beside the version's files, never among them."""
        return f"s3://{self.dataset.connection.default_bucket}/datasets/{self.dataset.name}/{'/'.join(parts)}/"


class Split(models.Model):
    """A version divided into parts that share no row. ``parts`` is ``[{"name", "rows", "uri", "shares"}]``."""

    MAKING, READY, FAILED = "Making", "Ready", "Failed"

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="splits")
    digest = models.CharField(max_length=64)
    method = models.CharField(max_length=12)  # random, stratified, group, time
    options = models.JSONField(default=dict)  # fractions, seed, by (label, group or time column), key
    state = models.CharField(max_length=12, default=MAKING)
    parts = models.JSONField(default=list)
    overlap = models.BigIntegerField(null=True)  # rows in more than one part
    leakage = models.JSONField(default=dict)  # {"keys": n, "identical_rows": n, "examples": [...]}
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "digest"], name="one_split_by_options")]
        ordering = ["-created"]

    def __str__(self):
        return f"{self.version} {self.method}"
