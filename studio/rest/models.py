"""What the REST API keeps: tokens, and which requests were done already."""

from django.conf import settings
from django.db import models

from catalog.access import NOBODY, Access


class ApiToken(models.Model):
    """A personal token. Only the SHA-256 of its 32 random bytes is kept; ``prefix`` tells tokens apart in a list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    writes = models.BooleanField(default=True)  # False: a token that may only read
    connection = models.ForeignKey("catalog.Connection", null=True, blank=True, on_delete=models.CASCADE)  # NULL: all
    nouns = models.JSONField(default=list)  # what it is good for; empty: every noun
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)

    class Meta:
        app_label = "studio"

    def __str__(self):
        return f"{self.prefix}… of {self.user_id}"

    def narrow(self, access: Access, connection_id: int | None) -> Access:
        """What of its owner's ``access`` on a connection the token may use."""
        if self.connection_id and self.connection_id != connection_id:
            return NOBODY
        return access.only(None if self.writes else ("view",), self.nouns or None)


class Claim(models.Model):
    """A request that must be done once (``studio.rest.claims``): who claimed which key, and what was answered.

    ``status`` is NULL until the answer is there; ``nonce`` tells whose claim it is.
    """

    scope = models.CharField(max_length=32)
    key = models.CharField(max_length=64)  # sha256
    nonce = models.CharField(max_length=32)
    request = models.CharField(max_length=64, blank=True)  # sha256 of method, address, connection and body
    created = models.DateTimeField(db_index=True)
    status = models.IntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    is_secret = models.BooleanField(default=False)  # the answer was not kept

    class Meta:
        app_label = "studio"
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_claim_by_key")]

    def __str__(self):
        return f"claim of {self.scope}"
