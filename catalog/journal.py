"""What was done and what happened: the audit log (catalog.audit) and the events that others react to (catalog.events)."""

from django.db import models


class AuditEntry(models.Model):
    """One change, by whom and from where. Rows are only ever added, by ``catalog.audit.append``.

    ``before``, ``after`` and ``detail`` are canonical JSON texts: what was hashed is what is stored, on every database.
    ``hash`` is the SHA-256 of the entry and the hash before it, so that a row that was altered or taken out is found.
    """

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without gaps
    at = models.DateTimeField(db_index=True)
    user = models.CharField(max_length=256, db_index=True)  # user name; ARN of the principal; "" is the Studio itself
    via = models.CharField(max_length=16)  # catalog.actor: page, rest, wire, worker, admin, command, system
    source = models.CharField(max_length=64, blank=True)  # IP address
    connection = models.CharField(max_length=50, blank=True, db_index=True)  # name; "" for what belongs to none
    action = models.CharField(max_length=96, db_index=True)  # AWS's operation, or a verb of ours: "ApproveModelPackage"
    target = models.CharField(max_length=2048, blank=True)  # ARN, or "User alice"
    outcome = models.CharField(max_length=16, default="Done")  # Done, Refused, Failed
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    detail = models.TextField(blank=True)  # the request, less its secrets; a comment; the reason of a refusal
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["target"], name="audit_target")]

    def __str__(self):
        return f"{self.number} {self.user or 'Atelier'} {self.action} {self.target}"


class AuditHead(models.Model):
    """The last number and hash, apart from the entries: shows when entries at the end were taken out."""

    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self):
        return f"{self.number} {self.hash}"


class Event(models.Model):
    """Something that happened, in the shape of an EventBridge event (``catalog.events``). Rows wait here until what reacts to
    events (webhooks, notifications, deployments) has taken them; the transaction that made the change wrote them."""

    connection = models.ForeignKey("catalog.Connection", null=True, on_delete=models.CASCADE)
    source = models.CharField(max_length=64, default="aws.sagemaker")
    detail_type = models.CharField(max_length=128)  # "SageMaker Model Package State Change"
    resources = models.JSONField(default=list)  # ARNs
    detail = models.JSONField(default=dict)
    time = models.DateTimeField()
    taken = models.DateTimeField(null=True)  # when it was handed out

    class Meta:
        indexes = [
            models.Index(fields=["taken", "id"], name="event_waiting"),
            models.Index(fields=["connection", "detail_type", "id"], name="event_kind"),
        ]

    def __str__(self):
        return f"{self.detail_type} {self.id}"
