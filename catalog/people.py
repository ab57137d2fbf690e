"""Who may do what, and with which keys: the tables that pages, REST and the wire decide by (catalog.access)."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce


class Role(models.Model):
    """A named set of permissions. ``rules`` is a list of

    ``{"verbs": ["view"], "nouns": ["TrainingJob"], "names": ["churn-*"], "tags": {"team": "nlp"}}``

    where ``"*"`` stands for every verb or noun, and ``names`` and ``tags`` may be left out: then any thing is meant. In
    patterns ``*`` is any text and ``?`` any character. A thing may be acted on if one rule of one role allows it.
    """

    name = models.CharField(max_length=64, unique=True)
    description = models.CharField(max_length=256, blank=True)
    rules = models.JSONField(default=list)
    is_builtin = models.BooleanField(default=False)  # ships with the Studio: can't be changed or deleted

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Grant(models.Model):
    """A role that a user, or everybody of a group, has on a connection; on every connection where that is NULL."""

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="grants")
    connection = models.ForeignKey("catalog.Connection", null=True, blank=True, on_delete=models.CASCADE)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="grants"
    )
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="grants")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None), name="grant_to_one"
            ),
            models.UniqueConstraint(
                F("role"), Coalesce("connection", 0), Coalesce("user", 0), Coalesce("group", 0), name="one_grant"
            ),
        ]

    def __str__(self):
        return f"{self.role} on {self.connection or 'every connection'} for {self.user or self.group}"


class AccessKey(models.Model):
    """An access key of an embedded account. ``secret`` must be readable: SigV4 is verified by signing again.

    A key with a ``user`` may do what that person's roles allow on the connection, at the moment of each call. One without
    a user is the account's root: only a command on the host makes it.
    """

    key_id = models.CharField(max_length=128, primary_key=True)
    secret = models.CharField(max_length=128)
    session_token = models.CharField(max_length=2048, blank=True)
    account = models.CharField(max_length=12, db_index=True)
    principal = models.CharField(max_length=2048)  # ARN
    user = models.CharField(max_length=150, blank=True)  # the Studio's user name, if it is a person's
    label = models.CharField(max_length=64, blank=True)  # what its owner calls it
    speaks_for_others = models.BooleanField(default=False)  # the Studio's own: names the person whom it acts for
    nouns = models.JSONField(default=list)  # what it is good for, if a limited token started the job; empty: every noun
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["user"], name="key_user")]

    def __str__(self):
        return self.key_id
