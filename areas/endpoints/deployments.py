"""What ran on an endpoint when: a row for each deployment, written by the engine with the endpoint's own changes."""

from django.db import models
from django.db.models import QuerySet

from catalog.models import Connection


class Deployment(models.Model):
    """One configuration on one endpoint, from when it was asked for until something else took its place.

    Written for embedded connections by ``areas.endpoints.engine.timeline``, inside the transaction of each change.
    ``served`` is when all traffic was its: NULL for one that failed or was rolled back. ``ended`` is NULL while it serves.
    """

    DEPLOYING, SERVING = "Deploying", "Serving"  # open
    REPLACED, DELETED, FAILED, ROLLED_BACK = "Replaced", "Deleted", "Failed", "RolledBack"  # over

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="deployments")
    endpoint = models.CharField(max_length=63)
    config = models.CharField(max_length=63)
    started = models.DateTimeField()
    served = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    by = models.CharField(max_length=256, blank=True)  # user name, or ARN of the principal
    outcome = models.CharField(max_length=16, default=DEPLOYING)
    reason = models.TextField(blank=True)  # why it failed or was rolled back

    class Meta:
        ordering = ["-started", "-id"]
        indexes = [models.Index(fields=["connection", "endpoint", "started"], name="deployment_of_endpoint")]

    def __str__(self):
        return f"{self.config} on {self.endpoint}: {self.outcome}"

    @property
    def packages(self) -> list[str]:
        """ARNs of the model packages in it. Read with ``prefetch_related("models")`` for several rows."""
        return sorted({one.package for one in self.models.all() if one.package})

    @classmethod
    def of_endpoint(cls, connection: Connection, endpoint: str) -> "QuerySet[Deployment]":
        """The deployments of an endpoint, newest first, also of an endpoint that is gone."""
        return cls.objects.filter(connection=connection, endpoint=endpoint).prefetch_related("models")

    @classmethod
    def of_package(cls, arn: str) -> "QuerySet[Deployment]":
        """Where a model package runs (``ended`` is NULL) and ran, on every connection, newest first."""
        mine = DeployedModel.objects.filter(package=arn).values("deployment")
        return cls.objects.filter(id__in=mine).select_related("connection").prefetch_related("models")


class DeployedModel(models.Model):
    """What a variant of a deployment ran."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="models")
    variant = models.CharField(max_length=63)
    model = models.CharField(max_length=63)
    package = models.CharField(max_length=2048, blank=True)  # ARN, if the model was made from a package
    data = models.CharField(max_length=1024, blank=True)  # S3 URI of the model's data, if it has any

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["package"], name="deployed_package")]

    def __str__(self):
        return f"{self.variant}: {self.model}"
