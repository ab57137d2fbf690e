"""What a model package group has beside its Describe document."""

from django.db import models

from catalog.models import Record


class Group(models.Model):
    """The number of a group's latest version (numbers are never given twice) and its resource policy, a JSON text."""

    record = models.OneToOneField(Record, on_delete=models.CASCADE, primary_key=True, related_name="+")
    last_version = models.PositiveIntegerField(default=0)
    policy = models.TextField(blank=True)

    def __str__(self):
        return f"Group {self.record_id} at version {self.last_version}"
