"""The table of the bin (``catalog.bin``)."""

from django.db import models

from catalog.models import Record


class Binned(models.Model):
    """A Record that waits in the bin: what it was, and since when it is there."""

    record = models.OneToOneField(Record, on_delete=models.CASCADE, primary_key=True, related_name="binned")
    kind = models.CharField(max_length=64)
    name = models.CharField(max_length=256)
    arn = models.CharField(max_length=2048)
    at = models.DateTimeField(db_index=True)
    by = models.CharField(max_length=256, blank=True)  # user name or ARN of the principal
    along = models.BigIntegerField(null=True, db_index=True)  # id of the Record of the experiment that it went with

    def __str__(self):
        return f"{self.kind} {self.name}"
