"""Notifications, and which of them a person wants where."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Notification(models.Model):
    """A sentence for one person. ``mail`` says what becomes of the e-mail about it; "" if there shall be none."""

    WAITING, SENDING, SENT, FAILED = "Waiting", "Sending", "Sent", "Failed"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=32)  # registry.notices.kinds
    text = models.CharField(max_length=512)
    url = models.CharField(max_length=2048, blank=True)  # path on the Studio
    time = models.DateTimeField(default=timezone.now)
    read = models.DateTimeField(null=True)
    shown = models.BooleanField(default=True)  # False: it was wanted as e-mail only
    mail = models.CharField(max_length=16, blank=True)
    mail_attempts = models.IntegerField(default=0)
    mail_due = models.DateTimeField(null=True)
    mail_error = models.CharField(max_length=256, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "shown", "id"], name="notification_user"),
            models.Index(fields=["user"], condition=Q(read=None, shown=True), name="notification_unread"),
            models.Index(fields=["mail", "mail_due"], name="notification_mail"),
        ]

    def __str__(self):
        return f"{self.kind} for {self.user_id}: {self.text}"


class Wish(models.Model):
    """Where one person wants to hear of one kind of thing; without a row the kind's own defaults hold."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wishes")
    kind = models.CharField(max_length=32)
    here = models.BooleanField()
    mail = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_wish_by_kind")]

    def __str__(self):
        return f"{self.kind} of {self.user_id}"
