"""Personal tokens: of the REST API, and of MLflow clients, whom the engine answers. Made and revoked by ``studio.rest.tokens``."""

import hashlib

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
        app_label = "catalog"
        db_table = "studio_apitoken"

    def __str__(self):
        return f"{self.prefix}… of {self.user_id}"

    def narrow(self, access: Access, connection_id: int | None) -> Access:
        """What of its owner's ``access`` on a connection the token may use."""
        if self.connection_id and self.connection_id != connection_id:
            return NOBODY
        return access.only(None if self.writes else ("view",), self.nouns or None)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
