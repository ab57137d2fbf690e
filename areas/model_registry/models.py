"""What a model package group has beside its Describe document, and what people say about groups and versions."""

from django.db import models

from catalog.models import Connection, Record


class Group(models.Model):
    """The number of a group's latest version (numbers are never given twice) and its resource policy, a JSON text."""

    record = models.OneToOneField(Record, on_delete=models.CASCADE, primary_key=True, related_name="+")
    last_version = models.PositiveIntegerField(default=0)
    policy = models.TextField(blank=True)

    def __str__(self):
        return f"Group {self.record_id} at version {self.last_version}"


class Alias(models.Model):
    """A name for one version of a group that moves from version to version: ``churn@champion``."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=63)
    name = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    is_protected = models.BooleanField(default=False)  # moved by who may approve, to Approved versions only
    moved = models.DateTimeField()
    by = models.CharField(max_length=256, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "group", "name"], name="one_alias_by_name")]

    def __str__(self):
        return f"{self.group}@{self.name}"

    @property
    def package(self) -> str:
        """``churn/3``"""
        return f"{self.group}/{self.version}"


class AliasMove(models.Model):
    """Where an alias pointed before and after one change; None: nowhere."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=63)
    name = models.CharField(max_length=40)
    before = models.PositiveIntegerField(null=True)
    after = models.PositiveIntegerField(null=True)
    is_protected = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.CharField(max_length=256, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["connection", "group", "name", "id"], name="alias_move")]

    def __str__(self):
        return f"{self.group}@{self.name}: {self.before} → {self.after}"


class Note(models.Model):
    """What a group or version is about, in Markdown. Each save adds a row; the newest holds."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=64)  # ModelPackage, ModelPackageGroup
    name = models.CharField(max_length=256)
    text = models.TextField(blank=True)
    user = models.CharField(max_length=256)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["connection", "kind", "name", "id"], name="note_of")]

    def __str__(self):
        return f"Note of {self.name} by {self.user}"

    @property
    def html(self) -> str:
        from areas.markdown import render  # the engine's processes do without a parser of Markdown

        return render(self.text)


class Comment(models.Model):
    """A line of the thread below a group or version, in Markdown. One that is deleted keeps its place, not its text."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=64)
    name = models.CharField(max_length=256)
    text = models.TextField(blank=True)
    user = models.CharField(max_length=256)
    at = models.DateTimeField()
    edited = models.DateTimeField(null=True)
    deleted = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["connection", "kind", "name", "id"], name="comment_on")]

    def __str__(self):
        return f"Comment {self.id} on {self.name} by {self.user}"

    @property
    def html(self) -> str:
        from areas.markdown import render  # the engine's processes do without a parser of Markdown

        return render(self.text)


class CommentText(models.Model):
    """What a comment said until it was edited."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="earlier")
    text = models.TextField()
    until = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"Comment {self.comment_id} until {self.until}"


class Upload(models.Model):
    """A model.tar.gz that somebody uploads to register it: tried out before it becomes a version.

    ``scratch`` names what the trial has made, so that it is taken down after a kill, too. ``answer`` is what the model said.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=63)
    filename = models.CharField(max_length=255)
    uri = models.CharField(max_length=1024)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    image = models.CharField(max_length=255)
    environment = models.JSONField(default=dict)
    content_type = models.CharField(max_length=255)
    sample = models.TextField()
    scratch = models.JSONField(default=dict)
    measured = models.CharField(max_length=256, blank=True)
    answer = models.CharField(max_length=512, blank=True)
    run = models.BigIntegerField(null=True, unique=True)  # id of the Run; no key: the engine's processes load no jobs
    user = models.CharField(max_length=256)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.filename} for {self.group}"
