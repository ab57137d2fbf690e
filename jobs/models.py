"""A Run: what a person or the API asked for, as the calls to make, in order, and how far they got."""

from django.conf import settings
from django.db import models

from catalog.models import Connection


class Run(models.Model):
    """Calls to SageMaker that somebody asked for. The database is the truth; RQ carries only the id.

    ``plan`` is a list of ``{"call": "CreateTrainingJob", "request": {…}}``, with ``"service"`` where that isn't SageMaker; a
    call with a dot in its name (``datasets.prepare``) is a function of that area's ``runs`` module instead. ``position`` is
    the next one to make. After the last, the thing ``kind``/``name`` is followed until it ends.
    """

    QUEUED, SUBMITTING, FOLLOWING = "Queued", "Submitting", "Following"
    COMPLETED, FAILED, STOPPED = "Completed", "Failed", "Stopped"
    OPEN = (QUEUED, SUBMITTING, FOLLOWING)

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=64)
    name = models.CharField(max_length=256)
    plan = models.JSONField(default=list)
    position = models.IntegerField(default=0)
    state = models.CharField(max_length=16, default=QUEUED)
    status = models.CharField(max_length=64, blank=True)  # the followed thing's own status, last seen
    error = models.TextField(blank=True)  # the service's own words
    attempts = models.IntegerField(default=0)
    due = models.DateTimeField(db_index=True)
    claimed = models.DateTimeField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    nouns = models.JSONField(default=list)  # what the token is limited to that asked for it; empty: nothing
    created = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["connection", "kind", "name"], name="run_target"),
            models.Index(fields=["state", "due"], name="run_due"),
        ]

    def __str__(self):
        return f"{self.kind} {self.name} {self.state}"


class Mark(models.Model):
    """How far the catalog has followed a connection's nouns: everything modified until ``until`` has been seen."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="marks")
    kind = models.CharField(max_length=64)
    until = models.DateTimeField(null=True)
    tokens = models.FloatField(default=0)  # of the connection's token bucket
    refilled = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "kind"], name="one_mark_by_kind")]

    def __str__(self):
        return f"{self.kind} until {self.until}"
