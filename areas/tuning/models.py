"""The trials of a tuning job: what was tried, as which training job, and what came of it."""

from django.db import models

from catalog.models import Record


class Trial(models.Model):
    """One training job of a tuning job. The row is made with the training job and outlives it.

    What became of the job is written here in the transaction of the job's own change (areas.tuning.engine.following).
    """

    PENDING, SUCCEEDED, FAILED = "Pending", "Succeeded", "Failed"

    tuning = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="tuning_trials", db_index=False)
    number = models.IntegerField()  # from 1: the 003 in the job's name
    slot = models.IntegerField()  # from 0: which proposal; a second try of the same parameters has the same
    name = models.CharField(max_length=63)  # the training job's
    definition = models.CharField(max_length=64, blank=True)  # DefinitionName, where there are several
    parameters = models.JSONField()  # name → value, both text, of what is tuned
    job = models.OneToOneField(Record, null=True, on_delete=models.SET_NULL, related_name="tuning_trial")
    status = models.CharField(max_length=16, default="InProgress")  # TrainingJobStatus
    created = models.FloatField()  # epoch seconds, as the next two
    started = models.FloatField(null=True)
    ended = models.FloatField(null=True)
    reason = models.CharField(max_length=1024, blank=True)  # FailureReason
    objective = models.FloatField(null=True)  # the last value that the job told
    judged = models.CharField(max_length=16, default=PENDING)  # ObjectiveStatus
    curve = models.JSONField(default=list)  # the objective after each epoch, where a rule looks at it
    is_read = models.BooleanField(default=False)  # whether ``curve`` is all there will be

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tuning", "number"], name="one_trial_by_number")]
        indexes = [
            models.Index(fields=["tuning", "status", "number"], name="trial_status"),
            models.Index(fields=["tuning", "objective", "number"], name="trial_objective"),
        ]

    def __str__(self):
        return self.name

    @property
    def has_ended(self) -> bool:
        return self.status in ("Completed", "Failed", "Stopped")

    @property
    def is_retryable(self) -> bool:
        """Whether it failed by no fault of its code or its parameters."""
        return self.status == "Failed" and self.reason.startswith("InternalServerError")
