"""Reports, their versions and drafts, what was frozen of them, links to them, and what people say about them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from areas.markdown import render
from catalog.models import Connection


class Report(models.Model):
    """A page of blocks. ``blocks`` are those of its newest version; what a block holds is in ``areas.reports.blocks``."""

    PRIVATE, CONNECTION = "private", "connection"
    VISIBLE = ((PRIVATE, "Only me"), (CONNECTION, "Everybody on the connection"))

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="reports")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="reports")
    visible = models.CharField(max_length=12, choices=VISIBLE, default=PRIVATE)
    number = models.PositiveIntegerField(default=0)  # of the newest version
    blocks = models.JSONField(default=list)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField()
    modified_by = models.CharField(max_length=256, blank=True)

    class Meta:
        indexes = [models.Index(fields=["connection", "modified"], name="report_modified")]

    def __str__(self):
        return self.title

    @property
    def is_private(self) -> bool:
        return self.visible == self.PRIVATE


class ReportVersion(models.Model):
    """A report as it was saved once. Never changed."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    blocks = models.JSONField(default=list)
    by = models.CharField(max_length=256)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="one_report_version_by_number")]
        ordering = ["-number"]

    def __str__(self):
        return f"{self.title} v{self.number}"


class ReportDraft(models.Model):
    """What somebody has written and not saved. ``base`` is the version that they began with."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    base = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    blocks = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "user"], name="one_report_draft_by_user")]

    def __str__(self):
        return f"draft of {self.title}"


class ReportSnapshot(models.Model):
    """A version with the data that its blocks showed at one moment, by the rights of whoever froze it."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="snapshots")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    blocks = models.JSONField(default=list)
    data = models.JSONField(default=dict)  # id of a block → what it showed (areas.reports.evaluating)
    by = models.CharField(max_length=256)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{self.title} as of {self.at:%Y-%m-%d %H:%M}"


class ReportLink(models.Model):
    """An address that shows a report to whoever has it. Only the SHA-256 of its token is kept."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="links")
    snapshot = models.ForeignKey(ReportSnapshot, null=True, on_delete=models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=8)  # of the token, to tell links apart
    by = models.CharField(max_length=256)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=256, blank=True)
    opened = models.DateTimeField(null=True)  # first
    last_opened = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{self.prefix}… to report {self.report_id}"

    @property
    def works(self) -> bool:
        return self.revoked is None and (self.expires is None or self.expires > timezone.now())

    @staticmethod
    def working() -> Q:
        return Q(revoked=None) & (Q(expires=None) | Q(expires__gt=timezone.now()))


class ReportComment(models.Model):
    """What somebody says about a report."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="comments")
    user = models.CharField(max_length=256)
    text = models.TextField()
    at = models.DateTimeField()
    deleted = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"comment {self.pk} on report {self.report_id}"

    @property
    def html(self) -> str:
        return render(self.text)
