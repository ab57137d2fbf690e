"""What the Studio keeps of people beside their accounts: open sessions, and who they are elsewhere."""

import uuid

from django.conf import settings
from django.db import models


class SignedIn(models.Model):
    """One browser in which somebody is signed in. Its session carries ``id``; without this row the session is over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins")
    by = models.CharField(max_length=16)  # "password" or "oidc"
    browser = models.CharField(max_length=256, blank=True)  # as it calls itself
    source = models.CharField(max_length=64, blank=True)  # IP address
    created = models.DateTimeField(auto_now_add=True)
    seen = models.DateTimeField()  # exact to a minute

    class Meta:
        app_label = "studio"

    def __str__(self):
        return f"user {self.user_id} from {self.source}"


class Identity(models.Model):
    """A user's account at an OpenID provider: the pair of issuer and subject never changes and is never given anew."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=512)
    subject = models.CharField(max_length=255)
    email = models.CharField(max_length=254, blank=True)
    groups = models.JSONField(default=list)  # names of our groups that the provider put the user into
    created = models.DateTimeField(auto_now_add=True)
    used = models.DateTimeField(null=True)

    class Meta:
        app_label = "studio"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_identity")]

    def __str__(self):
        return f"{self.subject} of {self.issuer}"
