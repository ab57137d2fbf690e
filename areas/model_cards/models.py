"""Every version of a card's content that ever was. The embedded engine writes them; a card's Record holds the latest."""

from django.db import models

from catalog.models import Record


class CardVersion(models.Model):
    """One version: its content never changes, its status may. ``created_by`` and ``modified_by`` are UserContexts."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="card_versions")
    number = models.IntegerField()
    content = models.TextField()
    status = models.CharField(max_length=16)
    created = models.DateTimeField()
    created_by = models.JSONField(default=dict)
    modified = models.DateTimeField()
    modified_by = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "number"], name="one_card_version")]

    def __str__(self):
        return f"{self.record.name} version {self.number}"
