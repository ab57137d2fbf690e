"""The embedded engine's own tables: what S3 and Logs hold, what the runner is doing."""

from django.db import models

from catalog.models import Connection, Record


class ClientToken(models.Model):
    """The answer to a request that carried an idempotency token (engine.wire.idempotency), kept for a day."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    operation = models.CharField(max_length=64)
    token = models.CharField(max_length=128)
    digest = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    created = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "operation", "token"], name="one_client_token")]

    def __str__(self):
        return f"{self.operation} {self.token}"


class Bucket(models.Model):
    name = models.CharField(max_length=63, unique=True)
    account = models.CharField(max_length=12, db_index=True)
    region = models.CharField(max_length=32)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.name


class S3Object(models.Model):
    """An object: its bytes are the file ``blob`` below ``$STUDIO_HOME/s3``, never changed once written."""

    bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, related_name="objects_in")
    key = models.CharField(max_length=1024)
    blob = models.CharField(max_length=128)
    size = models.BigIntegerField()
    etag = models.CharField(max_length=64)  # without quotes
    content_type = models.CharField(max_length=255, blank=True)
    headers = models.JSONField(default=dict)  # Content-Encoding, Cache-Control … as stored
    metadata = models.JSONField(default=dict)  # x-amz-meta-*
    checksums = models.JSONField(default=dict)  # {"crc32": base64, "type": "FULL_OBJECT" or "COMPOSITE"}
    tags = models.JSONField(default=dict)
    modified = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "key"], name="one_object_by_key")]
        indexes = [models.Index(fields=["blob"], name="object_by_blob")]

    def __str__(self):
        return f"s3://{self.bucket}/{self.key}"


class Upload(models.Model):
    """A multipart upload that is under way."""

    id = models.CharField(max_length=64, primary_key=True)
    bucket = models.ForeignKey(Bucket, on_delete=models.CASCADE)
    key = models.CharField(max_length=1024)
    attributes = models.JSONField(default=dict)  # what the object will have: content_type, headers, metadata, tags
    checksum = models.CharField(max_length=16, blank=True)  # algorithm, "crc32"; the parts must have it
    checksum_type = models.CharField(max_length=16, blank=True)  # FULL_OBJECT or COMPOSITE
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["bucket", "key", "id"], name="upload_by_key")]

    def __str__(self):
        return self.id


class Part(models.Model):
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    number = models.IntegerField()
    blob = models.CharField(max_length=128)
    size = models.BigIntegerField()
    etag = models.CharField(max_length=64)
    checksums = models.JSONField(default=dict)
    modified = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="one_part_by_number")]
        indexes = [models.Index(fields=["blob"], name="part_by_blob")]

    def __str__(self):
        return f"{self.upload_id}/{self.number}"


class LogGroup(models.Model):
    account = models.CharField(max_length=12)
    region = models.CharField(max_length=32)
    name = models.CharField(max_length=512)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "region", "name"], name="one_log_group")]

    def __str__(self):
        return self.name


class LogStream(models.Model):
    """A log stream: its events are lines of the append-only file ``file`` below ``$STUDIO_HOME/logs`` (engine.logs)."""

    group = models.ForeignKey(LogGroup, on_delete=models.CASCADE, related_name="streams")
    name = models.CharField(max_length=512)
    file = models.CharField(max_length=128)
    ordered = models.BooleanField(default=True)  # False once a client put an event older than the one before it
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "name"], name="one_log_stream")]

    def __str__(self):
        return self.name


class Work(models.Model):
    """What the runner does for one record: a job that runs, or an endpoint whose servers it keeps up.

    The row outlives every process. A runner claims it by a conditional UPDATE of ``claim``; when that runner is gone,
    the next one takes over and finds the processes by ``state``.
    """

    record = models.OneToOneField(Record, on_delete=models.CASCADE, related_name="work")
    kind = models.CharField(max_length=32)  # "job" or "endpoint"
    phase = models.CharField(max_length=32, default="queued", db_index=True)  # queued, running, ending, done
    claim = models.CharField(max_length=64, blank=True)  # id of the runner that has it
    attempt = models.IntegerField(default=1)
    stop_asked = models.DateTimeField(null=True)
    workspace = models.CharField(max_length=255, blank=True)
    state = models.JSONField(default=dict)  # pids, offsets, sockets: what a new runner needs to go on
    goal = models.JSONField(default=dict)  # what was asked of an endpoint: the engine writes it, the runner reads it
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.kind} {self.record_id} {self.phase}"


from engine.cloudwatch.models import Alarm, TrafficSlice  # noqa: E402, F401  (models of the same app)
