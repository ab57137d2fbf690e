"""What the REST API keeps: which requests were done already."""

from django.db import models


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
