"""Keys of the predict gateway: what lets a client outside the account call one endpoint."""

import hashlib
import secrets

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from catalog import audit
from catalog.models import Connection

PREFIX = "atk_"


def digest(key: str) -> str:
    """What is stored of a key: SHA-256 in hex. The key is 32 random bytes, so a fast hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


class PredictKey(models.Model):
    """A revocable key for ``POST /predict/<endpoint>``. Only its digest is kept; ``prefix`` is what pages show."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="predict_keys")
    endpoint = models.CharField(max_length=63, db_index=True)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    hashed = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    per_minute = models.PositiveIntegerField(default=600)  # requests a minute; 0 is no limit
    origins = models.JSONField(default=list)  # for browsers: ["https://example.org"], or ["*"]
    used = models.BigIntegerField(default=0)  # requests let through, up to ``last_used``
    last_used = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self):
        return f"{self.prefix}… for {self.endpoint}"

    @property
    def state(self) -> str:
        """Active, Revoked or Expired."""
        if self.revoked:
            return "Revoked"
        return "Expired" if self.expires and self.expires <= timezone.now() else "Active"

    def allows_origin(self, origin: str) -> bool:
        return "*" in self.origins or origin in self.origins


def make_key(*, actor, connection: Connection, endpoint: str, name: str, per_minute: int = 600,
             origins: list[str] = (), expires=None) -> tuple[str, PredictKey]:  # fmt: skip
    """Make a key and return it with its row. The key can't be read again."""
    key = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        row = PredictKey.objects.create(
            connection=connection, endpoint=endpoint, name=name, prefix=key[:10], hashed=digest(key), created_by=actor,
            per_minute=per_minute, origins=list(origins), expires=expires,
        )  # fmt: skip
        told = {
            "name": name,
            "prefix": row.prefix,
            "per_minute": per_minute,
            "origins": row.origins,
            "expires": expires,
        }
        audit.append("CreatePredictKey", f"Endpoint {endpoint}", on=connection.name, after=told)
    return key, row


def revoke_key(key: PredictKey) -> None:
    """Shut a key for good. Revoking twice keeps the first time."""
    with transaction.atomic():
        if PredictKey.objects.filter(pk=key.pk, revoked=None).update(revoked=timezone.now()):
            told = {"name": key.name, "prefix": key.prefix}
            audit.append("RevokePredictKey", f"Endpoint {key.endpoint}", on=key.connection.name, before=told)


from areas.endpoints.deployments import DeployedModel, Deployment  # noqa: E402, F401  (models of the same app)
