"""Where events are sent, and what became of each sending."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Webhook(models.Model):
    """An address that is told of events. It hears of one connection, or of everything where that is NULL.

    An event is meant if one of ``events`` matches its detail-type, ``group`` the model package group that it is about, and
    ``statuses`` holds one of its statuses; an empty ``group`` or ``statuses`` asks for nothing. ``*`` is any text.
    """

    connection = models.ForeignKey("catalog.Connection", null=True, blank=True, on_delete=models.CASCADE)
    name = models.CharField(max_length=64, unique=True)
    url = models.CharField(max_length=2048)
    secret = models.CharField(max_length=128)  # readable, because every message is signed with it
    old_secret = models.CharField(max_length=128, blank=True)  # signs too, until a day after ``rotated``
    rotated = models.DateTimeField(null=True)
    events = models.JSONField(default=list)  # patterns of detail-types
    group = models.CharField(max_length=256, blank=True)
    statuses = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    disabled_because = models.CharField(max_length=256, blank=True)  # "" if a person did it
    failing_since = models.DateTimeField(null=True)  # first failed attempt since the last that was delivered
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.name


class Delivery(models.Model):
    """One message to one webhook. ``body`` is the very text that is sent, again on every attempt, under the same ``message``.

    ``attempts`` counts since it was last queued; ``log`` keeps every attempt: ``{"at", "status", "error", "seconds"}``.
    """

    WAITING, SENDING, DELIVERED, FAILED = "Waiting", "Sending", "Delivered", "Failed"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey("catalog.Event", null=True, on_delete=models.SET_NULL, related_name="+")
    message = models.CharField(max_length=64)  # header webhook-id: a receiver knows a repetition by it
    detail_type = models.CharField(max_length=128)
    body = models.TextField()
    state = models.CharField(max_length=16, default=WAITING)
    attempts = models.IntegerField(default=0)
    due = models.DateTimeField(default=timezone.now)
    claimed = models.DateTimeField(null=True)
    status = models.IntegerField(null=True)  # HTTP status of the last answer
    response = models.CharField(max_length=1024, blank=True)  # how it began
    error = models.CharField(max_length=512, blank=True)  # of the last attempt, in a sentence
    log = models.JSONField(default=list)
    created = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_by_event")]
        indexes = [
            models.Index(fields=["state", "due"], name="delivery_due"),
            models.Index(fields=["webhook", "state", "due", "id"], name="delivery_webhook"),
        ]

    def __str__(self):
        return f"{self.message} to {self.webhook_id}: {self.state}"
