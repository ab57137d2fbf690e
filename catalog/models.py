"""The tables that every room reads. The engine writes them for an embedded Connection, jobs.sync for an AWS one."""

from django.db import models
from django.db.models import F, Q


class Connection(models.Model):
    """One SageMaker: an account and region of the embedded engine, or of AWS."""

    EMBEDDED, AWS = "embedded", "aws"

    name = models.SlugField(unique=True)
    backend = models.CharField(max_length=10, choices=[(EMBEDDED, "Embedded"), (AWS, "AWS")])
    account = models.CharField(max_length=12)
    region = models.CharField(max_length=32)
    endpoint_url = models.CharField(max_length=255, blank=True)
    role_arn = models.CharField(max_length=2048, blank=True, help_text="Role that the Studio assumes (AWS only).")
    execution_role_arn = models.CharField(max_length=2048, blank=True, help_text="Role that jobs get by default.")
    colour = models.CharField(max_length=16, blank=True)
    is_default = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "region"], condition=Q(backend="embedded"), name="one_embedded_connection"
            ),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_connection"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_embedded(self) -> bool:
        return self.backend == self.EMBEDDED

    @property
    def default_bucket(self) -> str:
        """The bucket that the Studio (and, by its own rule, the SageMaker SDK) uses: ``sagemaker-<region>-<account>``."""
        return f"sagemaker-{self.region}-{self.account}"


class Record(models.Model):
    """One thing of SageMaker's. ``document`` is exactly the wire form of its Describe response: times are epoch seconds."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="records")
    kind = models.CharField(max_length=64)  # AWS's noun: TrainingJob
    name = models.CharField(max_length=256)
    arn = models.CharField(max_length=2048)
    parent = models.CharField(max_length=256, blank=True)  # name of the thing it belongs to, if any
    status = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField()
    modified = models.DateTimeField()
    owner = models.CharField(max_length=256, blank=True)  # user name, or ARN of the principal that made it
    document = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "kind", "name"], name="one_record_by_name")]
        indexes = [
            models.Index(F("connection"), F("kind"), F("created"), F("id"), name="record_created"),
            models.Index(F("connection"), F("kind"), F("modified"), F("id"), name="record_modified"),
            models.Index(F("connection"), F("kind"), F("status"), F("created"), F("id"), name="record_status"),
            models.Index(F("connection"), F("kind"), F("parent"), name="record_parent"),
            models.Index(F("arn"), name="record_arn"),
        ]

    def __str__(self):
        return f"{self.kind} {self.name}"


class Tag(models.Model):
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="tags")
    key = models.CharField(max_length=128)
    value = models.CharField(max_length=256, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "key"], name="one_tag_by_key")]
        indexes = [models.Index(fields=["key", "value"], name="tag_key_value")]

    def __str__(self):
        return f"{self.key}={self.value}"


class TrafficPoint(models.Model):
    """A minute of an endpoint: one counted or measured value, overwritten while the minute lasts, kept for 15 days."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="traffic")
    name = models.CharField(max_length=255)
    step = models.BigIntegerField(null=True)
    time = models.DateTimeField()
    value = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["record", "name", "id"], name="point_series")]

    def __str__(self):
        return f"{self.name}={self.value}"


from catalog.discarded import Binned  # noqa: E402, F401
from catalog.journal import AuditEntry, AuditHead, Event  # noqa: E402, F401  (models of the same app)
from catalog.measures import MetricBlock, MetricSeries  # noqa: E402, F401
from catalog.people import AccessKey, Grant, Role  # noqa: E402, F401
from catalog.runs import RunParameter, RunRow, TrialMember  # noqa: E402, F401
from catalog.tokens import ApiToken  # noqa: E402, F401
